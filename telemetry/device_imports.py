"""Devices as a spreadsheet: which column is which fact, and each cell as a value or a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from assets.site_imports import SiteSheet
from bcp_portal.shared.durations import parse_duration
from bcp_portal.shared.errors import DomainError

# What a column is called: the fact, then names for it in both languages.
HEADS = {
    "site": ("site", "site code", "branch", "branch code", "lokasi", "kode lokasi", "cabang"),
    "name": ("name", "device", "device name", "machine", "nama", "perangkat", "nama perangkat"),
    "kind": ("kind", "type", "jenis", "tipe"),
    "heartbeat_every_s": ("reports every", "heartbeat", "interval", "melapor tiap"),
}
MEANING = {other: key for key, others in HEADS.items() for other in (*others, key)}
# A file of secrets for more machines than this is nobody's to carry about.
MOST = 1000
_BEATS = range(5, 86_401)


class UnreadableDevicesError(DomainError):
    """The file cannot be understood; the sentence says why and what to do."""


@dataclass(frozen=True)
class DeviceDraft:
    """One device as a row describes it; `facts` are still words."""

    line: int
    site: str
    name: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """What people call it: site and name."""
        return f"{self.site}/{self.name}"


def drafts_of(sheet: SiteSheet, keys: Sequence[str]) -> list[DeviceDraft]:
    """The rows under a mapping of columns to facts."""
    chosen = [key for key in keys if key]
    if "site" not in chosen or "name" not in chosen:
        raise UnreadableDevicesError(
            _("Say which columns hold the code of the site and the name of the device.")
        )
    if len(set(chosen)) != len(chosen):
        raise UnreadableDevicesError(_("Two columns are said to be the same fact."))
    if len(sheet.rows) > MOST:
        raise UnreadableDevicesError(
            _("The file has more than %(most)d rows. Send it in parts.") % {"most": MOST}
        )
    drafts = []
    for line, cells in sheet.rows:
        facts = {key: cell for key, cell in zip(keys, cells, strict=False) if key and cell}
        site, name = facts.pop("site", "").upper(), facts.pop("name", "")
        drafts.append(DeviceDraft(line, site, name, facts))
    return drafts


def read_fact(name: str, text: str) -> Any:
    """A cell as the value it means; ValueError with a sentence when it means none."""
    if name != "heartbeat_every_s":
        return text
    seconds = int(text) if text.isdecimal() else round(parse_duration(text).total_seconds())
    if seconds not in _BEATS:
        raise ValueError(_("A device reports every 5 seconds at most, and once a day at least."))
    return seconds
