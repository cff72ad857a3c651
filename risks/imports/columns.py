"""What the columns of a register file are called, in both languages and in many mouths."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from assets.imports import UNIT_NAMES


@dataclass(frozen=True)
class SheetColumn:
    """One column: its key, its heading in our own export, and other names for it."""

    key: str
    heading: str
    others: tuple[str, ...] = ()


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn(
        "code",
        "Code",
        ("risk id", "risk code", "id", "ref", "reference", "ref id", "kode", "kode risiko", "no"),
    ),
    SheetColumn(
        "title",
        "Title",
        (
            "risk",
            "risk title",
            "name",
            "risk name",
            "risk description",
            "event",
            "risiko",
            "judul",
            "nama risiko",
            "peristiwa risiko",
            "uraian risiko",
            "pernyataan risiko",
        ),
    ),
    SheetColumn(
        "category", "Category", ("risk category", "type", "kategori", "kategori risiko", "jenis")
    ),
    SheetColumn("unit", "Unit", UNIT_NAMES),
    SheetColumn(
        "cause", "Cause", ("root cause", "source", "threat", "penyebab", "sebab", "ancaman")
    ),
    SheetColumn(
        "consequence",
        "Consequence",
        ("effect", "consequences", "impact description", "akibat", "uraian dampak"),
    ),
    SheetColumn(
        "owner",
        "Owner",
        (
            "risk owner",
            "responsible",
            "accountable",
            "pemilik",
            "pemilik risiko",
            "penanggung jawab",
            "pic",
        ),
    ),
    SheetColumn("business_owner", "Business owner", ("pemilik bisnis", "process owner")),
    SheetColumn(
        "review_on",
        "Next review",
        ("review date", "review on", "due date", "tinjauan berikutnya", "tanggal tinjauan"),
    ),
    SheetColumn("assets", "Assets", ("asset", "systems", "aset")),
    SheetColumn("threats", "Threats", ("threat codes", "daftar ancaman", "kode ancaman")),
    SheetColumn(
        "third_parties", "Third parties", ("third party", "vendors", "vendor", "pihak ketiga")
    ),
    SheetColumn("inherent_likelihood", "Inherent likelihood", ("kemungkinan inheren",)),
    SheetColumn("inherent_impact", "Inherent impact", ("dampak inheren",)),
    SheetColumn(
        "residual_likelihood",
        "Residual likelihood",
        ("likelihood", "probability", "kemungkinan", "kemungkinan residual"),
    ),
    SheetColumn(
        "residual_impact",
        "Residual impact",
        ("impact", "severity", "dampak", "dampak residual", "skala"),
    ),
    SheetColumn("target_likelihood", "Target likelihood", ("kemungkinan target",)),
    SheetColumn("target_impact", "Target impact", ("dampak target",)),
    SheetColumn("rationale", "Rationale", ("reason", "comment", "alasan", "catatan")),
)
HEADINGS = [column.heading for column in COLUMNS]
KINDS = ("inherent", "residual", "target")


def fold(heading: str) -> str:
    """A heading without case, punctuation and spelling of blanks."""
    return re.sub(r"[\W_]+", " ", heading).strip().casefold()


def known_names(columns: Iterable[SheetColumn]) -> dict[str, str]:
    """Every name of these columns, folded, with the key it stands for; the first one wins."""
    names: dict[str, str] = {}
    for column in columns:
        for name in (column.key, column.heading, *column.others):
            names.setdefault(fold(name), column.key)
    return names


def propose(
    headings: list[str], remembered: Mapping[str, str], columns: Iterable[SheetColumn] = COLUMNS
) -> list[str]:
    """A key for each heading, or nothing: as said before, as known, or as nearly spelt."""
    known = known_names(columns)
    keys: list[str] = []
    for heading in headings:
        name = fold(heading)
        key = remembered[name] if name in remembered else known.get(name, "")
        if not key and name not in remembered:
            near = get_close_matches(name, known, n=1, cutoff=0.86)
            key = known[near[0]] if near else ""
        keys.append("" if key in keys else key)
    return keys


def map_headings(
    headings: list[str], columns: Iterable[SheetColumn] = COLUMNS
) -> tuple[dict[int, str], list[str]]:
    """Which column means what; and the headings nobody understood. The first of two wins."""
    known = known_names(columns)
    meaning: dict[int, str] = {}
    strange: list[str] = []
    for index, heading in enumerate(headings):
        key = known.get(fold(heading))
        if key and key not in meaning.values():
            meaning[index] = key
        elif heading.strip():
            strange.append(heading.strip())
    return meaning, strange
