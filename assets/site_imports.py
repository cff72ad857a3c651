"""Sites as a spreadsheet: which column is which fact, and each cell as a value or a sentence."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import IO, Any

from django.utils.translation import gettext as _

from assets.models import Sector, SiteKind
from bcp_portal.reports.sheets import UnreadableSheetError, read_sheet
from bcp_portal.shared.errors import DomainError

# What a column is called: the fact, then names for it in both languages.
HEADS = {
    "code": ("code", "site code", "site", "branch code", "kode", "kode lokasi", "kode cabang"),
    "name": ("name", "site name", "branch", "nama", "nama lokasi", "cabang"),
    "kind": ("kind", "type", "jenis", "tipe"),
    "region": ("region", "area", "wilayah"),
    "provider": ("provider", "isp", "penyedia"),
    "shard": ("shard", "sync shard"),
    "sector": ("sector", "sector profile", "sektor"),
    "time_zone": ("time zone", "timezone", "zona waktu"),
    "latitude": ("latitude", "lat", "lintang"),
    "longitude": ("longitude", "lon", "lng", "bujur"),
    "criticality": ("criticality", "priority", "kekritisan"),
    "data_volume_bytes": ("data volume", "bytes", "volume data"),
    "offline_is_normal": ("offline is normal", "offline normal", "luring wajar"),
    "address": ("address", "alamat"),
    "phone": ("phone", "telephone", "telepon"),
    "opened_on": ("opened on", "opened", "dibuka"),
}
MEANING = {other: key for key, others in HEADS.items() for other in (*others, key)}
_ZONES = {"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
_YES = {"yes", "y", "true", "1", "ya", "x"}
_NO = {"no", "n", "false", "0", "tidak"}


class UnreadableSitesError(DomainError):
    """The file cannot be understood; the sentence says why and what to do."""


@dataclass(frozen=True)
class SiteSheet:
    """A file as it was read: headings, and rows with their line numbers."""

    heads: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(frozen=True)
class SiteDraft:
    """One site as a row describes it; `facts` are still words."""

    line: int
    code: str
    facts: dict[str, str] = field(default_factory=dict)


def read_sites(file: IO[bytes]) -> SiteSheet:
    """Read a spreadsheet, CSV or XLSX."""
    try:
        sheet = read_sheet(file)
    except UnreadableSheetError as error:
        raise UnreadableSitesError(str(error)) from error
    rows = [
        (number, ["" if cell is None else str(cell).strip() for cell in row])
        for number, row in enumerate(sheet.rows, start=sheet.first_row)
    ]
    return SiteSheet([str(head) for head in sheet.heads], [row for row in rows if any(row[1])])


def guessed(heads: Sequence[str], meaning: Mapping[str, str] = MEANING) -> list[str]:
    """Which fact each column is by its heading; the first of two that claim the same."""
    keys: list[str] = []
    for head in heads:
        key = meaning.get(head.strip().casefold().replace("_", " "), "")
        keys.append("" if key in keys else key)
    return keys


def drafts_of(sheet: SiteSheet, keys: Sequence[str]) -> list[SiteDraft]:
    """The rows under a mapping of columns to facts."""
    chosen = [key for key in keys if key]
    if "code" not in chosen:
        raise UnreadableSitesError(_("Say which column holds the code of the site."))
    if len(set(chosen)) != len(chosen):
        raise UnreadableSitesError(_("Two columns are said to be the same fact."))
    drafts = []
    for line, cells in sheet.rows:
        facts = {key: cell for key, cell in zip(keys, cells, strict=False) if key and cell}
        drafts.append(SiteDraft(line, facts.pop("code", "").upper(), facts))
    return drafts


def read_fact(name: str, text: str) -> Any:
    """A cell as the value it means; ValueError with a sentence when it means none."""
    reader = _READERS.get(name)
    return reader(text) if reader else text


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(_("“%(text)s” is not a number.") % {"text": text}) from None


def _whole(text: str) -> int:
    number = _number(text)
    if number != int(number):
        raise ValueError(_("“%(text)s” is not a whole number.") % {"text": text})
    return int(number)


def _yes_or_no(text: str) -> bool:
    word = text.casefold()
    if word in _YES | _NO:
        return word in _YES
    raise ValueError(_("“%(text)s” is neither yes nor no.") % {"text": text})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError(
            _("“%(text)s” is not a date. Write for example 2026-03-31.") % {"text": text}
        ) from None


def _one_of(pairs: Iterable[tuple[str, Any]]) -> Callable[[str], str]:
    def read(text: str) -> str:
        choices = {value: str(label) for value, label in pairs}
        words = {str(label).casefold(): value for value, label in choices.items()}
        word = text.casefold()
        if word.replace(" ", "_") in choices:
            return word.replace(" ", "_")
        if word in words:
            return words[word]
        raise ValueError(
            _("“%(text)s” is none of: %(known)s.") % {"text": text, "known": ", ".join(choices)}
        )

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "kind": _one_of(SiteKind.choices),
    "sector": _one_of(Sector.choices),
    "time_zone": lambda text: _ZONES.get(text.casefold(), text),
    "latitude": _number,
    "longitude": _number,
    "criticality": _whole,
    "data_volume_bytes": _whole,
    "offline_is_normal": _yes_or_no,
    "opened_on": _day,
}
