"""Amounts as people read them at a glance: "Rp 1.2 m"."""

from django.utils.translation import gettext as _

_SIGNS = {"IDR": "Rp", "USD": "$", "EUR": "€"}


def money_words(minor: int | None, currency: str) -> str:
    """Write an amount given in hundredths; nothing, or nothing known, is an empty text."""
    if not minor:
        return ""
    amount = minor / 100
    sign = _SIGNS.get(currency, currency)
    for size, word in ((1e9, _("bn")), (1e6, _("m")), (1e3, _("k"))):
        if amount >= size:
            return f"{sign} {amount / size:.1f} {word}"
    return f"{sign} {amount:.0f}"
