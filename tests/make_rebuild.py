"""Makers of rebuilds and of the copies that sites bring."""

import zlib
from datetime import timedelta

from assets.models import Site
from bcp_portal.accounts.models import User
from telemetry.models import Rebuild, SiteCopy, Stream
from tests.make import NOON


def make_rebuild(*, by: User) -> Rebuild:
    """The one rebuild that is known to all."""
    return Rebuild.objects.get_or_create(
        number=1,
        defaults={
            "code": "RB-1",
            "reason": "The storage burnt",
            "restored_to": NOON - timedelta(hours=6),
            "lost_at": NOON,
            "opened_at": NOON,
            "opened_by": by,
        },
    )[0]


def make_site_copy(site: Site, *, by: User, scope: str = "day 2026-03-02") -> SiteCopy:
    """A copy in quarantine."""
    stream = Stream.objects.create(site=site, name=f"sales {site.code}"[:64])
    return SiteCopy.objects.create(
        rebuild=make_rebuild(by=by),
        stream=stream,
        scope=scope,
        first_at=NOON,
        last_at=NOON,
        rows=1,
        digest="0" * 64,
        match="unproven",
        records=zlib.compress(b"{}"),
        sha256=f"{stream.pk:064d}",
        brought_by=by,
        brought_at=NOON,
    )
