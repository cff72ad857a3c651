"""Verbs of a site's pack: a new edition, who holds it, what was ticked on it at the site."""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext_noop

from assets.models import Site
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.live.services import publish
from bcp_portal.shared.hashing import sha256_hex
from telemetry.models import Device, PackCopy, PackMark, PackMarkKind, SitePack
from telemetry.ordering.signing import sign

PACK_TYPE = "application/vnd.siaga.pack+json"
VIEW = "telemetry.view_sitepack"
# What a device repeats about its copy is written down no more often than this.
HEARD_EVERY = timedelta(minutes=5)
# More in a day is a loop gone wild, or a thief.
MARKS_A_DAY = 2_000
_ANOTHERS = gettext_noop("Another device has told this mark.")
_TOO_MANY = gettext_noop("This device has told too many marks today.")


@dataclass(frozen=True)
class ToldMark:
    """One mark as a device tells it; `offset_ms` is how far its clock is ahead of ours."""

    op_id: UUID
    kind: PackMarkKind
    item: str
    digest: str
    said_at: datetime
    offset_ms: int | None = None
    uncertainty_ms: int | None = None
    who: str = ""
    words: str = ""


@verb
def publish_pack(
    *, site: Site, number: int, facts: dict[str, Any], facts_digest: str, html: bytes, at: datetime
) -> SitePack | None:
    """Put a new edition into force and seal it; None when somebody else was quicker."""
    Site.objects.select_for_update().get(pk=site.pk)
    if number != next_number(site):
        return None
    SitePack.objects.current().filter(site=site).update(superseded_at=at)
    digest = sha256_hex(html)
    sealed = {
        "version": 1,
        "site": site.code,
        "number": number,
        "sha256": digest,
        "made_at": at.isoformat(),
    }
    pack = SitePack.objects.create(
        site=site,
        number=number,
        facts=facts,
        facts_digest=facts_digest,
        html=gzip.compress(html, mtime=0),
        digest=digest,
        envelope=sign(sealed, kind=PACK_TYPE),
        made_at=at,
    )
    audit(
        action="pack.publish",
        obj=pack,
        actor=None,
        at=at,
        after={"site": site.code, "number": number, "sha256": digest, "facts": facts_digest},
    )
    publish(topic=f"site:{site.pk}", kind="pack", at=at, permission=VIEW, site_id=site.pk)
    return pack


def next_number(site: Site) -> int:
    """Above every number that was given here or that a device of the site has ever told.

    A device that moved here, or that outlived a restore of the portal, refuses anything lower.
    """
    given = SitePack.objects.filter(site=site).aggregate(most=Max("number"))["most"] or 0
    told = PackCopy.objects.filter(device__site=site).aggregate(most=Max("number"))["most"] or 0
    return int(max(given, told)) + 1


@verb
def note_copy(*, device: Device, number: int, digest: str, at: datetime) -> None:
    """Write down which edition a device says it holds."""
    copy = PackCopy.objects.select_for_update().filter(device=device).first()
    if copy is None:
        PackCopy.objects.create(device=device, number=number, digest=digest, since=at, heard_at=at)
    elif copy.digest != digest or copy.number != number:
        copy.number, copy.digest, copy.since, copy.heard_at = number, digest, at, at
        copy.save(update_fields=["number", "digest", "since", "heard_at"])
    elif at - copy.heard_at >= HEARD_EVERY:
        copy.heard_at = at
        copy.save(update_fields=["heard_at"])
        return
    else:
        return
    publish(
        topic=f"site:{device.site_id}", kind="pack", at=at, permission=VIEW, site_id=device.site_id
    )


@verb
def take_marks(*, device: Device, told: Iterable[ToldMark], at: datetime) -> dict[UUID, str]:
    """Take marks in, each once however often it is told; returns why some were refused."""
    asked = {mark.op_id: mark for mark in told}
    owners = dict(PackMark.objects.filter(op_id__in=asked).values_list("op_id", "device_id"))
    refused = {op_id: _ANOTHERS for op_id, owner in owners.items() if owner != device.pk}
    fresh = [mark for op_id, mark in asked.items() if op_id not in owners]
    day = at - timedelta(days=1)
    room = MARKS_A_DAY - PackMark.objects.filter(device=device, received_at__gt=day).count()
    refused |= {mark.op_id: _TOO_MANY for mark in fresh[max(room, 0) :]}
    fresh = fresh[: max(room, 0)]
    packs = {
        pack.digest: pack
        for pack in SitePack.objects.filter(
            site=device.site_id, digest__in={mark.digest for mark in fresh}
        )
    }
    rows = [_row(mark, packs.get(mark.digest), device=device, at=at) for mark in fresh]
    # Two requests may carry the same mark at the same moment: the second one changes nothing.
    PackMark.objects.bulk_create(rows, ignore_conflicts=True)
    for row in PackMark.objects.filter(op_id__in=[row.op_id for row in rows], received_at=at):
        audit(
            action=f"pack.{row.kind}",
            obj=row,
            actor=None,
            at=at,
            after={
                "device": str(device),
                "item": row.item,
                "words": row.words,
                "who": row.who,
                "happened_at": row.happened_at,
            },
        )
    if rows:
        ring("engine")
        publish(
            topic=f"site:{device.site_id}",
            kind="pack",
            at=at,
            permission=VIEW,
            site_id=device.site_id,
        )
    return refused


def _row(mark: ToldMark, pack: SitePack | None, *, device: Device, at: datetime) -> PackMark:
    is_known = mark.offset_ms is not None and mark.uncertainty_ms is not None
    return PackMark(
        op_id=mark.op_id,
        device=device,
        site_id=device.site_id,
        pack=pack,
        kind=mark.kind,
        item=mark.item,
        words=mark.words or (pack.words_of(mark.item, "en") if pack else ""),
        who=mark.who,
        said_at=mark.said_at,
        happened_at=min(_corrected(mark), at),
        uncertainty_ms=mark.uncertainty_ms if is_known else None,
        received_at=at,
    )


def _corrected(mark: ToldMark) -> datetime:
    try:
        return mark.said_at - timedelta(milliseconds=mark.offset_ms or 0)
    except OverflowError:
        return mark.said_at


@verb
def settle_mark(*, mark: PackMark, incident_code: str, at: datetime) -> bool:
    """Note which incident took a mark up; False when that was settled before."""
    locked = PackMark.objects.select_for_update().get(pk=mark.pk)
    if locked.taken_up_at is not None:
        return False
    locked.taken_up_at, locked.incident_code = at, incident_code
    locked.save(update_fields=["taken_up_at", "incident_code"])
    return True
