"""What the columns of a register file are called, in both languages and in many mouths."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class SheetColumn:
    """One column: its key, its heading in our own export, and other names for it."""

    key: str
    heading: str
    others: tuple[str, ...] = ()


COLUMNS: tuple[SheetColumn, ...] = (
    SheetColumn("code", "Code", ("risk id", "risk code", "id", "ref", "kode", "kode risiko")),
    SheetColumn("title", "Title", ("risk", "risk title", "name", "risiko", "judul", "nama risiko")),
    SheetColumn("category", "Category", ("risk category", "type", "kategori", "jenis")),
    SheetColumn("cause", "Cause", ("root cause", "source", "penyebab", "sebab")),
    SheetColumn("consequence", "Consequence", ("effect", "impact description", "dampak", "akibat")),
    SheetColumn("owner", "Owner", ("risk owner", "responsible", "pemilik", "penanggung jawab")),
    SheetColumn("business_owner", "Business owner", ("pemilik bisnis", "process owner")),
    SheetColumn("review_on", "Next review", ("review date", "review on", "tinjauan berikutnya")),
    SheetColumn("assets", "Assets", ("asset", "systems", "aset")),
    SheetColumn("inherent_likelihood", "Inherent likelihood", ("kemungkinan inheren",)),
    SheetColumn("inherent_impact", "Inherent impact", ("dampak inheren",)),
    SheetColumn(
        "residual_likelihood",
        "Residual likelihood",
        ("likelihood", "probability", "kemungkinan", "kemungkinan residual"),
    ),
    SheetColumn(
        "residual_impact", "Residual impact", ("impact", "severity", "dampak residual", "skala")
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


_KNOWN = {
    fold(name): column.key
    for column in COLUMNS
    for name in (column.key, column.heading, *column.others)
}


def map_headings(headings: list[str]) -> tuple[dict[int, str], list[str]]:
    """Which column means what; and the headings nobody understood. The first of two wins."""
    meaning: dict[int, str] = {}
    strange: list[str] = []
    for index, heading in enumerate(headings):
        key = _KNOWN.get(fold(heading))
        if key and key not in meaning.values():
            meaning[index] = key
        elif heading.strip():
            strange.append(heading.strip())
    return meaning, strange
