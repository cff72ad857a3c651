"""What people write into cells: days and steps in the forms of both languages."""

import re
from datetime import date

from django.utils.translation import gettext as _

from assets.changes import BadFactsError
from risks.scoring import Scale, Step

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januari",
            "feb february februari",
            "mar march maret",
            "apr april",
            "may mei",
            "jun june juni",
            "jul july juli",
            "aug august agu agustus agt",
            "sep sept september",
            "oct october okt oktober",
            "nov november nop nopember",
            "dec december des desember",
        ),
        start=1,
    )
    for name in names.split()
}
ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$")
NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$")
WORDS = re.compile(r"(\d{1,2})[-/. ]+([A-Za-z]{3,9})\.?,?[-/. ]+(\d{4})$")
AMERICAN = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})$")


def read_day(text: str) -> date | None:
    """A day as people write it; day before month where both could be meant, as in Indonesia."""
    text = text.strip()
    if not text:
        return None
    try:
        day = _day(text)
    except ValueError:
        day = None
    if day is None:
        raise BadFactsError(_("“%s” is not a date. Write 2026-12-31.") % text)
    return day


def _day(text: str) -> date | None:
    if found := ISO.match(text):
        return date(*map(int, found.groups()))
    if found := NUMBERS.match(text):
        first, second, year = map(int, found.groups())
        year += 2000 if year < 100 else 0
        # 12/31/2026 can only be month first; 31/12/2026 and 5/6/2026 are day first.
        return date(year, first, second) if second > 12 else date(year, second, first)
    if found := WORDS.match(text):
        month = MONTHS.get(found[2].lower())
        return date(int(found[3]), month, int(found[1])) if month else None
    if found := AMERICAN.match(text):
        month = MONTHS.get(found[1].lower())
        return date(int(found[3]), month, int(found[2])) if month else None
    return None


def read_step(text: str, steps: tuple[Step, ...]) -> int | None:
    """A step of likelihood or impact: “3”, “3,0”, “3 - Possible”, “Mungkin”."""
    folded = text.strip().casefold()
    if not folded:
        return None
    if found := re.match(r"([0-9]+)(?:[.,]0+)?(?:\D|$)", folded):
        step = int(found[1])
        if 1 <= step <= len(steps):
            return step
    else:
        for one in steps:
            if folded in (one.en.casefold(), one.id.casefold()):
                return one.value
    raise BadFactsError(
        _("“%(text)s” is no step from 1 to %(most)d and no word of the matrix.")
        % {"text": text, "most": len(steps)}
    )


def read_place(likelihood: str, impact: str, scale: Scale) -> tuple[int, int] | None:
    """A judgement; both halves or none."""
    one, other = read_step(likelihood, scale.likelihoods), read_step(impact, scale.impacts)
    if one is None and other is None:
        return None
    if one is None or other is None:
        raise BadFactsError(_("Likelihood and impact go together."))
    return one, other
