"""The rows of the audit trail about one incident, and where the chain stood."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Model, Q

from bcp_portal.audit.models import GENESIS, AuditRow


@dataclass(frozen=True)
class Trail:
    """What the trail says about an incident, and the newest row of the whole chain."""

    rows: list[AuditRow]
    head_seq: int
    head_hash: str

    @property
    def text(self) -> str:
        """The rows as lines of text, as a reader compares them with an export."""
        return "\n".join(
            f"{row.seq:>7} {row.at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ} {row.action:<22}"
            f" {row.object_code[:22]:<22} {row.actor_name[:18]:<18} {row.hash}"
            for row in self.rows
        )


def incident_trail(things: Iterable[Model], *, at: datetime) -> Trail:
    """The history of these things up to a moment; two queries."""
    keys: dict[str, list[str]] = defaultdict(list)
    for thing in things:
        keys[thing._meta.label_lower].append(str(thing.pk))
    about = Q()
    for kind, ids in keys.items():
        about |= Q(object_kind=kind, object_id__in=ids)
    rows = AuditRow.objects.filter(about, at__lte=at)
    head = AuditRow.objects.filter(at__lte=at).order_by("-seq").values_list("seq", "hash").first()
    seq, digest = head or (0, GENESIS)
    return Trail(list(rows.order_by("seq")), seq, digest)
