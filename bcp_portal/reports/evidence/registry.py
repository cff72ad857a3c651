"""Which kinds of evidence there are, and who knows them: the rooms above say so at start."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bcp_portal.shared.lists.labels import Label

YEAR = 366


@dataclass(frozen=True)
class Evidence:
    """What there is of one kind: how many pieces, the newest, and what is missing."""

    count: int
    newest_at: datetime | None = None
    gaps: tuple[str, ...] = ()
    # A few pieces by their codes, so that an auditor knows where to begin.
    samples: tuple[str, ...] = ()


Source = Callable[[datetime], Evidence]


@dataclass(frozen=True)
class EvidenceKind:
    """One kind of evidence: its words, where it is seen, and how old it may be."""

    key: str
    label: Label
    url_name: str
    gather: Source
    max_age_days: int = YEAR


_kinds: dict[str, EvidenceKind] = {}


def register_evidence(
    key: str, label: Label, *, url_name: str, gather: Source, max_age_days: int = YEAR
) -> None:
    """Say who knows a kind of evidence; the last word counts."""
    _kinds[key] = EvidenceKind(key, label, url_name, gather, max_age_days)


def evidence_kinds() -> dict[str, EvidenceKind]:
    """All kinds by their keys."""
    return dict(_kinds)
