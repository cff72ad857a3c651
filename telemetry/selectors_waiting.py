"""What waits in the streams of many assets, added to their rows without a question of its own."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from assets.models import Asset
from bcp_portal.accounts.models import User
from telemetry.models import Stream, StreamState


def with_oldest_waiting(rows: QuerySet[Asset], user: User) -> QuerySet[Asset]:
    """Add `is_heard` and `oldest_waiting`: the same streams as on the page of one asset."""
    carried = Q(stream__asset=OuterRef("pk")) | Q(
        stream__site=OuterRef("site"), stream__name=OuterRef("stream_name")
    )
    heard = StreamState.objects.filter(carried, stream__in=Stream.objects.visible_to(user))
    waits = heard.filter(pending_records__gt=0, oldest_pending_at__isnull=False)
    oldest = waits.order_by("oldest_pending_at").values("oldest_pending_at")[:1]
    return rows.annotate(is_heard=Exists(heard), oldest_waiting=Subquery(oldest))
