"""What each reply tells a device about the portal itself."""

from dataclasses import dataclass
from datetime import datetime

from bcp_portal.audit.models import AuditCheckpoint
from bcp_portal.engine.models import SweepMark
from bcp_portal.shared.on_disk import wait_for_disk


@dataclass(frozen=True, slots=True)
class PortalNews:
    """When the engine last looked, and the newest signed checkpoint."""

    read_at: datetime | None = None
    engine_fresh_at: datetime | None = None
    audit_checkpoint: str = ""


def read_news(*, at: datetime) -> PortalNews:
    """Read what changes by the second."""
    ran_at = SweepMark.objects.filter(name="engine.cycle").values_list("ran_at", flat=True).first()
    newest = AuditCheckpoint.objects.newest()
    line = newest.line if newest else ""
    # Sites keep it as witnesses: one that a crash took back would look like a trail rolled back.
    wait_for_disk(if_behind=True)
    return PortalNews(read_at=at, engine_fresh_at=ran_at, audit_checkpoint=line)
