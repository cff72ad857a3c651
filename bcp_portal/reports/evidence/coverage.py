"""Standards and laws, clause by clause, held against what the portal can show today."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from bcp_portal.reports.evidence.registry import Evidence, EvidenceKind, evidence_kinds

STATES: dict[str, str | Promise] = {
    "ok": gettext_lazy("Shown"),
    "watch": gettext_lazy("Partly"),
    "act": gettext_lazy("Not shown"),
    "unknown": gettext_lazy("Unknown here"),
}


@dataclass(frozen=True)
class Found:
    """One kind of evidence as it stands today, judged by its age and its gaps."""

    kind: EvidenceKind
    evidence: Evidence
    tone: str
    gaps: list[str]


@dataclass(frozen=True)
class ClauseState:
    """One clause: what it asks in our words, and what there is."""

    ref: str
    words: str
    tone: str
    found: list[Found]
    unknown: list[str]

    @property
    def label(self) -> str | Promise:
        """The state as a word."""
        return STATES[self.tone]

    @property
    def gaps(self) -> list[str]:
        """Everything that is missing, each sentence once."""
        return list(dict.fromkeys(gap for one in self.found for gap in one.gaps))


@dataclass(frozen=True)
class FrameworkState:
    """One standard or law with all its clauses."""

    key: str
    title: str
    edition: str
    clauses: list[ClauseState]

    @property
    def shown(self) -> int:
        """How many clauses are shown without a gap."""
        return sum(clause.tone == "ok" for clause in self.clauses)

    @property
    def share(self) -> int:
        """The same in per cent."""
        return round(100 * self.shown / len(self.clauses)) if self.clauses else 0


def coverage(*, at: datetime) -> list[FrameworkState]:
    """Gather all evidence once and hold it against every clause."""
    found = gather(at=at)
    language = (get_language() or "en")[:2]
    return [
        FrameworkState(
            framework["key"],
            framework["title"],
            framework["edition"],
            [_clause(clause, found, language) for clause in framework["clauses"]],
        )
        for framework in frameworks()
    ]


def gather(*, at: datetime) -> dict[str, Found]:
    """Ask every room for its evidence, once."""
    return {key: _judge(kind, kind.gather(at), at=at) for key, kind in evidence_kinds().items()}


@functools.cache
def frameworks() -> tuple[dict[str, Any], ...]:
    """The maps that come along, by their names."""
    folder = resources.files("bcp_portal.reports.evidence") / "frameworks"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return tuple(
        json.loads(file.read_text(encoding="utf-8"))
        for file in files
        if file.name.endswith(".json")
    )


def _judge(kind: EvidenceKind, evidence: Evidence, *, at: datetime) -> Found:
    gaps = list(evidence.gaps)
    if evidence.count == 0:
        return Found(kind, evidence, "act", [_("Nothing yet: %s") % kind.label, *gaps])
    limit = timedelta(days=kind.max_age_days)
    if evidence.newest_at is not None and at - evidence.newest_at > limit:
        words = _("%(kind)s: the newest is of %(day)s, older than %(days)d days")
        day = f"{evidence.newest_at:%Y-%m-%d}"
        gaps.append(words % {"kind": kind.label, "day": day, "days": kind.max_age_days})
    return Found(kind, evidence, "watch" if gaps else "ok", gaps)


def _clause(clause: dict[str, Any], found: dict[str, Found], language: str) -> ClauseState:
    known = [found[key] for key in clause["needs"] if key in found]
    unknown = [key for key in clause["needs"] if key not in found]
    return ClauseState(
        ref=clause["ref"],
        words=clause["words"].get(language) or clause["words"]["en"],
        tone=_worst([one.tone for one in known]),
        found=known,
        unknown=unknown,
    )


def _worst(tones: Sequence[str]) -> str:
    if not tones:
        return "unknown"
    if all(tone == "act" for tone in tones):
        return "act"
    return "ok" if all(tone == "ok" for tone in tones) else "watch"
