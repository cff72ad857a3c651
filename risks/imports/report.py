"""What an import did, or would do, and how to take it back."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import models

from assets.changes import plain
from risks.models import Risk

# What a risk names, several of each, by codes that a comma parts.
LINKS = ("assets", "threats", "third_parties")
Links = dict[str, Any]
# A page of thousands of changes helps nobody; the file of errors holds all errors.
MOST_CHANGES = 3_000


@dataclass(frozen=True)
class RowError:
    """A row that was left out, and why."""

    line: int
    code: str
    sentence: str


@dataclass(frozen=True)
class RowChange:
    """A field that changed, or would."""

    line: int
    code: str
    field: str
    before: str
    after: str


@dataclass
class ImportReport:
    """What an import did, or would do."""

    dry_run: bool
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    changes: list[RowChange] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    undo: list[dict[str, Any]] = field(default_factory=list)

    @property
    def change_count(self) -> int:
        """How many risks came or changed."""
        return len(self.created) + len(self.changed)

    def as_facts(self) -> dict[str, Any]:
        """The report as it is kept; what undoing needs is kept apart."""
        return {
            "dry_run": self.dry_run,
            "created": self.created,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "changes": [asdict(one) for one in self.changes[:MOST_CHANGES]],
            "errors": [asdict(one) for one in self.errors],
        }

    @classmethod
    def from_facts(cls, facts: dict[str, Any], *, dry_run: bool) -> "ImportReport":
        """The report as it was kept, to go on with; an empty one to begin with."""
        if not facts:
            return cls(dry_run=dry_run)
        return cls(
            dry_run=facts["dry_run"],
            created=list(facts["created"]),
            changed=list(facts["changed"]),
            unchanged=facts["unchanged"],
            changes=[RowChange(**one) for one in facts["changes"]],
            errors=[RowError(**one) for one in facts["errors"]],
        )


def begin_undo(risk: Risk | None, facts: dict[str, Any], links: Links) -> dict[str, Any]:
    """What a row is about to change, as it is before."""
    if risk is None:
        return {"created": True, "judged": {}}
    before = {
        name: [_kept(risk.said(name)), _kept(value)]
        for name, value in facts.items()
        if risk.said(name) != value
    }
    named = {name: codes_of(getattr(risk, name).all()) for name in links}
    return {"created": False, "facts": before, "links": named, "judged": {}}


def codes_of(things: Iterable[Any]) -> list[str]:
    """The codes of what a risk names, in order."""
    return sorted({one.code for one in things})


def _kept(value: object) -> Any:
    return value.pk if isinstance(value, models.Model) else plain(value)
