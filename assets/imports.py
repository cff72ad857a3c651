"""Assets as a spreadsheet or a docker compose file: read, and compared with what there is."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import IO, Any

import yaml
from django.utils.translation import gettext as _

from assets.models import AssetKind, DependencyKind
from bcp_portal.reports.sheets import UnreadableSheetError, read_sheet
from bcp_portal.shared.durations import parse_duration
from bcp_portal.shared.errors import DomainError

MOST_BYTES = 1024 * 1024
# What other programs call the organisational unit, in small letters.
UNIT_NAMES = (
    "organisational unit",
    "organizational unit",
    "business unit",
    "unit name",
    "department",
    "division",
    "unit kerja",
    "unit bisnis",
    "unit organisasi",
    "departemen",
    "divisi",
    "bagian",
)
# What a column is called: the key, then other names for it in both languages.
HEADS = {
    "code": ("code", "asset code", "id", "kode", "kode aset"),
    "name": ("name", "asset", "asset name", "title", "nama", "nama aset"),
    "kind": ("kind", "type", "jenis", "tipe"),
    "criticality": ("criticality", "priority", "kekritisan", "tingkat kepentingan"),
    "business_owner": ("business owner", "owner", "pemilik", "pemilik bisnis"),
    "technical_owner": ("technical owner", "it owner", "pemilik teknis"),
    "unit": ("unit", *UNIT_NAMES),
    "zone": ("zone", "zona"),
    "site": ("site", "site code", "lokasi", "kode lokasi"),
    "third_party": ("run by", "vendor", "dijalankan oleh", "pemasok"),
    "own_restore": ("own restore time", "own restore", "restore time", "waktu pemulihan sendiri"),
    "backup_every": ("backup every", "backup", "cadangan tiap"),
    "description": ("description", "deskripsi", "keterangan"),
    "if_it_fails": ("if it fails", "impact", "bila gagal"),
    "if_it_is_abused": ("if it is abused", "abuse", "bila disalahgunakan"),
    "needs": ("needs", "depends on", "dependencies", "membutuhkan", "bergantung pada"),
}
MEANING = {other: key for key, others in HEADS.items() for other in others}
SPANS = ("own_restore", "backup_every")
NOT_CODE = re.compile(r"[^A-Z0-9._-]+")


class UnreadableAssetsError(DomainError):
    """The file cannot be understood; the sentence says why and what to do."""


@dataclass(frozen=True)
class Draft:
    """One asset as a file describes it; `needs` are pairs of code and kind of dependency."""

    line: int
    code: str
    facts: dict[str, str] = field(default_factory=dict)
    needs: list[tuple[str, str]] = field(default_factory=list)


def read_assets(name: str, file: IO[bytes], more: Mapping[str, str] | None = None) -> list[Draft]:
    """Understand a file: a compose file by its name, everything else as a spreadsheet.

    `more`: the headings of custom fields in small letters, with the facts they stand for.
    """
    if name.lower().endswith((".yml", ".yaml")):
        content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UnreadableAssetsError(_("The file is larger than 1 MB."))
        return from_compose(content)
    try:
        sheet = read_sheet(file)
    except UnreadableSheetError as error:
        raise UnreadableAssetsError(str(error)) from error
    meaning = {**(more or {}), **MEANING}
    keys = [meaning.get(head.strip().casefold(), "") for head in sheet.heads]
    if "code" not in keys:
        raise UnreadableAssetsError(
            _("No column is called “Code”: the first row must hold the headings.")
        )
    drafts = []
    for number, row in enumerate(sheet.rows, start=sheet.first_row):
        cells = {
            key: str(cell).strip()
            for key, cell in zip(keys, row, strict=False)
            if key and cell not in (None, "")
        }
        if cells:
            code = cells.pop("code", "").upper()
            drafts.append(Draft(number, code, cells, needs_of(cells.pop("needs", ""))))
    return drafts


def needs_of(text: str) -> list[tuple[str, str]]:
    """Read "DB-SALES, DWH:data": codes with a kind; without one the need is hard."""
    found = []
    for word in re.split(r"[,;\n]+", text):
        code, _colon, kind = word.strip().partition(":")
        if code:
            found.append((code.strip().upper(), kind.strip().lower() or DependencyKind.HARD.value))
    return found


def from_compose(content: bytes) -> list[Draft]:
    """Take the services of a docker compose file as assets and `depends_on` as hard needs."""
    try:
        told = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UnreadableAssetsError(
            _("This is not a compose file that can be read: %(why)s")
            % {"why": str(error).splitlines()[0][:120]}
        ) from error
    services = told.get("services") if isinstance(told, dict) else None
    if not isinstance(services, dict) or not services:
        raise UnreadableAssetsError(_("The compose file names no services."))
    return [
        Draft(
            number,
            code_of(name),
            {"name": name, "kind": _kind_of(service), "description": _image_of(service)},
            [(code_of(one), DependencyKind.HARD.value) for one in _depends_on(service)],
        )
        for number, (name, service) in enumerate(services.items(), start=1)
        if isinstance(name, str)
    ]


def code_of(name: str) -> str:
    """The code that a service gets: capitals, without what a code may not hold."""
    return NOT_CODE.sub("-", name.upper()).strip("-")[:40]


def _depends_on(service: object) -> list[str]:
    named = service.get("depends_on", ()) if isinstance(service, Mapping) else ()
    # Only plain names: a nest of aliases written out as text could fill the memory.
    return [one for one in named if isinstance(one, str)] if isinstance(named, list | dict) else []


def _image_of(service: object) -> str:
    image = service.get("image", "") if isinstance(service, Mapping) else ""
    return image[:200] if isinstance(image, str) else ""


def _kind_of(service: object) -> str:
    databases = ("postgres", "mysql", "mariadb", "mongo", "redis", "mssql", "couchdb", "cassandra")
    image = _image_of(service).lower()
    is_database = any(one in image for one in databases)
    return (AssetKind.DATABASE if is_database else AssetKind.APPLICATION).value


def plain(drafts: Iterable[Draft]) -> list[dict[str, Any]]:
    """The drafts as plain values, to be carried from the preview to the import."""
    return [asdict(draft) for draft in drafts]


def from_plain(rows: Iterable[Mapping[str, Any]]) -> list[Draft]:
    """The drafts again."""
    return [
        Draft(
            row["line"],
            row["code"],
            dict(row["facts"]),
            [(code, kind) for code, kind in row["needs"]],
        )
        for row in rows
    ]


def _criticality(text: str) -> int:
    if text not in ("1", "2", "3", "4"):
        raise ValueError(_("Criticality is 1 to 4; “%(text)s” is not.") % {"text": text})
    return int(text)


def _kind(text: str) -> str:
    words = {str(kind.label).casefold(): kind.value for kind in AssetKind}
    word = text.casefold().replace(" ", "_")
    if word in AssetKind.values:
        return word
    if text.casefold() in words:
        return words[text.casefold()]
    raise ValueError(_("“%(text)s” is no kind of asset.") % {"text": text})


READERS: dict[str, Callable[[str], Any]] = {
    "criticality": _criticality,
    "kind": _kind,
    **dict.fromkeys(SPANS, parse_duration),
}
