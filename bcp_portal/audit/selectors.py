"""What the pages of the trail show: how far it can be trusted, one row, one thing's history."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.audit.models import AuditCheckpoint, AuditKey, AuditRow, ChainCheck
from bcp_portal.audit.sealing import MARK, is_sealed, unseal

SHOWN = 200
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*\+00:00\Z")


@dataclass(frozen=True)
class Trust:
    """How far the trail is known to be whole, and what vouches for it."""

    rows: int
    checkpoint: AuditCheckpoint | None
    unsigned: int
    check: ChainCheck | None
    key: str

    @property
    def is_broken(self) -> bool:
        """Whether the portal's own walk met a row that is not what was written."""
        return self.check is not None and self.check.broken_seq is not None


@dataclass(frozen=True)
class Difference:
    """One field before and after."""

    name: str
    before: str
    after: str
    is_changed: bool


@dataclass(frozen=True)
class RowPage:
    """One row with its differences and its place in the chain."""

    row: AuditRow
    differences: list[Difference]
    earlier: AuditRow | None
    later: AuditRow | None
    checkpoint: AuditCheckpoint | None
    is_whole: bool


@dataclass(frozen=True)
class History:
    """Everything that was done to one thing, newest first."""

    kind: str
    code: str
    entries: list[tuple[AuditRow, list[Difference]]]


def trust() -> Trust:
    """Gather what vouches for the trail; four queries."""
    last = AuditRow.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    newest = AuditCheckpoint.objects.newest()
    key = AuditKey.objects.filter(signs=True).first()
    return Trust(
        rows=last,
        checkpoint=newest,
        unsigned=last - (newest.size if newest else 0),
        check=ChainCheck.objects.first(),
        key=str(key or ""),
    )


def row_page(row: AuditRow) -> RowPage:
    """Gather one row, with sealed values as far as they still exist."""
    is_whole = row.hash == row.content_hash()
    around = AuditRow.objects.filter(object_kind=row.object_kind, object_id=row.object_id).only(
        "seq", "at", "action"
    )
    covering = AuditCheckpoint.objects.filter(size__gte=row.seq).order_by("size").first()
    shown = unseal([row], forgotten=_("erased"))[0]
    return RowPage(
        row=shown,
        differences=differences(shown),
        earlier=around.filter(seq__lt=row.seq).order_by("-seq").first(),
        later=around.filter(seq__gt=row.seq).order_by("seq").first(),
        checkpoint=covering,
        is_whole=is_whole,
    )


def history(rows: Iterable[AuditRow]) -> History | None:
    """Gather what was done to one thing; None if nothing ever was."""
    found = unseal(rows, forgotten=_("erased"))
    if not found:
        return None
    entries = [(row, differences(row)) for row in found]
    return History(found[0].object_kind, found[0].object_code, entries)


def differences(row: AuditRow) -> list[Difference]:
    """The fields of a row, each with what it was and what it became."""
    names = sorted({*row.before, *row.after})
    return [
        Difference(
            name=name.replace("_", " "),
            before=words(row.before.get(name)),
            after=words(row.after.get(name)),
            is_changed=row.before.get(name) != row.after.get(name),
        )
        for name in names
    ]


def words(value: object) -> str:
    """A value of a row as people read it."""
    if value is None or value == "":
        return ""
    if is_sealed(value):
        return _("sealed, %s…") % value[MARK][:8]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(words(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {words(one)}" for name, one in value.items())
    text = str(value)
    return f"{text[:10]} {text[11:16]} UTC" if _MOMENT.match(text) else text


def kinds() -> list[tuple[str, str]]:
    """The kinds of things the trail speaks of, for a filter; one query."""
    found = AuditRow.objects.order_by("object_kind").values_list("object_kind", flat=True)
    return [(kind, kind.split(".")[-1]) for kind in found.distinct()]


def actions() -> list[tuple[str, str]]:
    """The actions that occur in the trail, for a filter; one query."""
    found = AuditRow.objects.order_by("action").values_list("action", flat=True).distinct()
    return [(action, action) for action in found]


def people() -> list[tuple[int, str]]:
    """Everybody who did something, for a filter; one query."""
    found = AuditRow.objects.exclude(actor_id=None).order_by("actor_name")
    named: dict[int, str] = {}
    for pk, name in found.values_list("actor_id", "actor_name").distinct():
        named[pk or 0] = name
    return list(named.items())


def newest_words(at: datetime) -> str:
    """The newest checkpoint of a moment, as it stands in the foot of every paper."""
    newest = AuditCheckpoint.objects.filter(signed_at__lte=at).newest()
    if newest is None:
        return ""
    _size, root, *_signature = newest.line.split()
    return _("Audit checkpoint %(size)d %(root)s") % {"size": newest.size, "root": root}
