"""Do both sides agree again? What a reconciliation has to show before it may be closed."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext as _

from telemetry.models import Reconciliation, StreamState, SyncOutcome, SyncSession


@dataclass(frozen=True)
class Books:
    """The figures of one site since its limits were lifted."""

    pending_records: int
    conflicts_open: int
    sessions_ok: int
    mismatches: int

    def what_is_left(self) -> Iterator[str]:
        """Reasons why it cannot be closed yet."""
        if self.pending_records:
            yield _("%(number)s records are not home yet") % {"number": self.pending_records}
        if self.conflicts_open:
            yield _("%(number)s conflicts are open") % {"number": self.conflicts_open}
        if not self.sessions_ok:
            yield _("no sync has worked since the limits were lifted")
        if self.mismatches:
            yield _("the newest digests of %(number)s streams do not agree") % {
                "number": self.mismatches
            }

    def as_json(self) -> dict[str, Any]:
        """For the row that keeps them."""
        return asdict(self)


def books_of(reconciliation: Reconciliation) -> Books:
    """Add up what the site has told since; three questions."""
    streams = StreamState.objects.filter(stream__site=reconciliation.site_id).aggregate(
        pending=Sum("pending_records"), conflicts=Sum("conflicts_open")
    )
    since = SyncSession.objects.filter(
        device__site=reconciliation.site_id, started_at__gte=reconciliation.opened_at
    )
    counted = since.aggregate(
        ok=Count("pk", filter=Q(outcome=SyncOutcome.OK, is_mismatch=False)),
    )
    newest: dict[str, bool] = {}
    for name, differs in since.order_by("started_at").values_list("stream_name", "is_mismatch"):
        newest[name] = differs
    return Books(
        pending_records=streams["pending"] or 0,
        conflicts_open=streams["conflicts"] or 0,
        sessions_ok=counted["ok"],
        mismatches=sum(newest.values()),
    )
