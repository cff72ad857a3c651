"""A cell of an overview: a plain value, shown as words on page and paper, typed in a sheet."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from bcp_portal.shared.durations import format_duration
from bcp_portal.shared.lists.labels import Label

NOTHING = "–"


@dataclass(frozen=True)
class Mark:
    """A state: a word with colour and shape on paper, the word alone in a sheet."""

    label: Label
    tone: str = "calm"

    def __str__(self) -> str:
        return str(self.label)


def shown(cell: object, *, css: str = "mark tone-") -> str | SafeString:
    """A cell as a person reads it; paper and page have classes of their own for a state."""
    if cell is None or cell == "":
        return NOTHING
    if isinstance(cell, Mark):
        return format_html('<span class="{}{}">{}</span>', css, cell.tone, cell.label)
    if isinstance(cell, datetime):
        return date_format(timezone.localtime(cell), "j M Y H:i")
    if isinstance(cell, date):
        return date_format(cell, "j M Y")
    if isinstance(cell, timedelta):
        return format_duration(cell)
    if isinstance(cell, float):
        return number_format(cell, 1)
    return number_format(cell, force_grouping=True) if isinstance(cell, int) else str(cell)


def typed(cell: object) -> object:
    """A cell as a sheet keeps it: numbers, days and spans as such, all else as its words."""
    if isinstance(cell, Mark | Promise):
        return str(cell)
    return cell
