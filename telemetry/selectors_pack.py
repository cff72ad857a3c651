"""Read models of the site's pack: its editions, who holds which, what was ticked on it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language

from assets.models import Site
from telemetry.models import Device, PackMark, PackStanding, SitePack, with_pack

SHOWN = 100


@dataclass(frozen=True)
class CopyLine:
    """One device of the site and the copy it holds; written None: it never told of one."""

    device: Device
    standing: str
    label: str
    number: int | None
    since: datetime | None
    heard_at: datetime | None


@dataclass(frozen=True)
class MarkLine:
    """One thing that somebody did on the site's page."""

    mark: PackMark
    words: str
    is_late: bool


@dataclass(frozen=True)
class PackPage:
    """What the page of a site's pack shows."""

    site: Site
    pack: SitePack | None
    size: int
    copies: list[CopyLine]
    editions: list[SitePack]
    marks: list[MarkLine]

    @property
    def stale(self) -> int:
        """How many devices would show something old, or nothing."""
        bad = (PackStanding.STALE, PackStanding.MISSING)
        return sum(1 for line in self.copies if line.standing in bad)


def pack_page(site: Site, *, at: datetime) -> PackPage:
    """Gather the page in a fixed number of queries."""
    editions = list(
        SitePack.objects.filter(site=site).defer("html", "facts").order_by("-number")[:20]
    )
    in_force = SitePack.objects.current().filter(site=site).select_related("site").first()
    return PackPage(
        site=site,
        pack=in_force,
        size=len(in_force.html) if in_force else 0,
        copies=copies_at(site, at=at),
        editions=editions,
        marks=_marks(site),
    )


def copies_at(site: Site, *, at: datetime) -> list[CopyLine]:
    """Each device in service at the site, with its copy; one query."""
    rows = with_pack(Device.objects.in_service().filter(site=site), at=at)
    return [copy_line(row) for row in rows.select_related("pack_copy").order_by("name")]


def copy_line(device: Device) -> CopyLine:
    """The copy of a device that was fetched `with_pack`."""
    copy = getattr(device, "pack_copy", None)
    standing = PackStanding(getattr(device, "pack_standing", PackStanding.NOT_MADE))
    return CopyLine(
        device=device,
        standing=standing.value,
        label=str(standing.label),
        number=copy.number if copy and copy.digest else None,
        since=copy.since if copy and copy.digest else None,
        heard_at=copy.heard_at if copy else None,
    )


def _marks(site: Site) -> list[MarkLine]:
    language = get_language() or "en"
    rows = PackMark.objects.filter(site=site).select_related("device", "pack")
    return [
        MarkLine(
            mark=row,
            words=_words(row, language),
            is_late=(row.received_at - row.happened_at).total_seconds() > 60,
        )
        for row in rows.order_by("-happened_at", "-pk")[:SHOWN]
    ]


def _words(mark: PackMark, language: str) -> str:
    """In the reader's language where the edition is known, else as the site told it."""
    line = mark.pack.words_of(mark.item, language) if mark.pack else ""
    return line or mark.words or mark.item
