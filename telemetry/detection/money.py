"""What is at stake, in numbers that move only when it matters."""


def value_sums(value_minor: int | None, currency: str) -> dict[str, object]:
    """The value at stake to two digits: it moves when it matters, not with every sale."""
    if not value_minor:
        return {}
    size = 10 ** max(len(str(abs(value_minor))) - 2, 0)
    return {"value_minor": value_minor // size * size, "currency": currency}
