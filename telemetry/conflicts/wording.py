"""What the arithmetic's words mean, said to people."""

import json
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

REFUSALS: dict[str, Promise] = {
    "no_rule": gettext_lazy("No rule covers this field."),
    "by_hand": gettext_lazy("The rule says: by hand."),
    "clock_jumped": gettext_lazy("A clock jumped; “the latest wins” is refused."),
    "clock_unknown": gettext_lazy(
        "The uncertainty of a clock was not measured; “the latest wins” is refused."
    ),
    "clock_overlap": gettext_lazy("The measured intervals touch; which was later cannot be known."),
    "no_master": gettext_lazy("The master source told nothing, or several things."),
    "no_role": gettext_lazy("A role is not told, or not in the order of roles."),
    "same_role": gettext_lazy("Two people of the same role said different things."),
    "no_ancestor": gettext_lazy("Without the value before, changes cannot be added up."),
    "not_a_number": gettext_lazy("Not every value is a number."),
    "no_path": gettext_lazy("None of the states can follow from all others."),
    "guarded": gettext_lazy("Data of this class are never settled without a person."),
    "over_limit": gettext_lazy("The amount is over the limit: two people."),
    "below_safety": gettext_lazy("The stock is below the safety stock, or that is not known."),
    "critical": gettext_lazy("The site told this conflict as critical."),
    "incomplete": gettext_lazy("Only one version has been told."),
}


def in_words(word: str) -> str:
    """The sentence for a word; empty for none."""
    return str(REFUSALS.get(word, word)) if word else ""


def shown(value: Any) -> str:
    """A value of a record as people read it; nothing is a dash, never a blank."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_typed(text: str, like: list[Any]) -> Any:
    """What somebody typed, as the kind of value that the sides hold; ValueError if it is none."""
    word = text.strip()
    known = [value for value in like if value is not None]
    if known and all(isinstance(value, bool) for value in known):
        return {"true": True, "yes": True, "false": False, "no": False}[word.lower()]
    if known and all(isinstance(value, int | float) for value in known):
        return float(word) if any(isinstance(value, float) for value in known) else int(word)
    if known and all(isinstance(value, dict | list) for value in known):
        return json.loads(word)
    return word
