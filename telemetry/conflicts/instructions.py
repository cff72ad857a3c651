"""What a site is told about decided conflicts: the record as it shall be, with a number.

`telemetry.ingest.settlements` seals it and hands it over beside the orders; the verb
`telemetry.services.conflict_agreement.mark_instructions_sent` notes that it has been.
"""

from datetime import UTC
from typing import Any

from telemetry.models import ConflictDecision
from telemetry.models.conflict_case import PlaceState

MOST_AT_ONCE = 100


def instructions_for(site_id: int) -> list[dict[str, Any]]:
    """The decisions that a site must carry out and has not confirmed yet, oldest first.

    Handed over again until the site agrees: applying one twice changes nothing.
    """
    decisions = (
        ConflictDecision.objects.in_force()
        .filter(
            case__places__site_id=site_id,
            case__places__state__in=[PlaceState.WAITING, PlaceState.SENT, PlaceState.DISAGREES],
        )
        .select_related("case")
        .prefetch_related("case__reports__device")
        .order_by("pk")[:MOST_AT_ONCE]
    )
    return [_instruction(decision, site_id) for decision in decisions]


def _instruction(decision: ConflictDecision, site_id: int) -> dict[str, Any]:
    case = decision.case
    reports = [one for one in case.reports.all() if one.device.site_id == site_id]
    return {
        "kind": "settle_conflict",
        "decision_id": str(decision.uid),
        # A site carries out the newest decision about a record, whatever comes again later.
        "decided_at": decision.decided_at.astimezone(UTC).isoformat(),
        "stream": case.stream_name,
        # The numbers under which this very site knows the conflict.
        "conflict_ids": sorted({report.conflict_id for report in reports}),
        "entity": case.entity,
        "key": case.key,
        "values": decision.values,
        # What the site reports as a digest of this scope once it holds these values.
        "scope": case.scope,
        "digest": decision.digest,
    }
