"""What is asked of a sector: limits, controls, courses and playbooks, as it comes along or edited.

Rules and their numbers are read by `telemetry.detection.tuning` from the same files.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from assets.models import Sector, Site, SiteAssignment
from telemetry.models import SectorProfile

_FILES = Path(__file__).resolve().parent / "profiles"
LIMITS: Mapping[str, str | Promise] = {
    "transactions_per_hour": _("Transactions an hour while degraded, at most"),
    "value_per_transaction": _("Amount of a transaction while degraded, at most"),
}


@dataclass(frozen=True)
class ProposedControl:
    """A control that a profile proposes, in both languages."""

    code: str
    kind: str
    nature: str
    names: Mapping[str, str]
    descriptions: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its name in the reader's language."""
        return _said(self.names)

    @property
    def description(self) -> str:
        """What it does, in the reader's language."""
        return _said(self.descriptions)


@dataclass(frozen=True)
class Asks:
    """What a profile asks beside the rules; `number` 0 is the profile that comes along."""

    limits: Mapping[str, int]
    controls: tuple[str, ...]
    courses: tuple[str, ...]
    playbooks: tuple[str, ...]
    number: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As it is stored."""
        return {
            "limits": dict(self.limits),
            "controls": list(self.controls),
            "courses": list(self.courses),
            "playbooks": list(self.playbooks),
        }


def _said(words: Mapping[str, str]) -> str:
    return words.get((get_language() or "en")[:2]) or words["en"]


@functools.cache
def _content(sector: str) -> Mapping[str, Any]:
    found = json.loads((_FILES / f"{sector}.json").read_text(encoding="utf-8"))
    content: Mapping[str, Any] = found["asks"]
    return content


def shipped(sector: str) -> Asks:
    """What comes along for a sector."""
    content = _content(sector)
    return Asks(
        content["limits"],
        tuple(one["code"] for one in content["controls"]),
        tuple(content["courses"]),
        tuple(content["playbooks"]),
    )


def proposed_controls(sector: str) -> dict[str, ProposedControl]:
    """The controls that come along for a sector, by code."""
    return {
        one["code"]: ProposedControl(
            one["code"], one["kind"], one["nature"], one["name"], one["description"]
        )
        for one in _content(sector)["controls"]
    }


def all_asks() -> dict[str, Asks]:
    """What holds for each sector now, in one query."""
    own = {row.sector: asks_in(row) for row in SectorProfile.objects.newest()}
    return {sector: own.get(sector) or shipped(sector) for sector in Sector.values}


def asks_in(row: SectorProfile) -> Asks:
    """What one version says."""
    return Asks(
        row.asks["limits"],
        tuple(row.asks["controls"]),
        tuple(row.asks["courses"]),
        tuple(row.asks["playbooks"]),
        row.number,
    )


def courses_of(user_ids: Sequence[int], *, only: str = "") -> dict[int, frozenset[str]]:
    """What the sectors of the places they look after ask people to know, in three queries."""
    of_region: dict[int | None, set[str]] = {}
    for region, sector in Site.objects.open().values_list("region_id", "sector").distinct():
        of_region.setdefault(region, set()).add(sector)
    asked = {sector: asks.courses for sector, asks in all_asks().items()}
    asked = {only: asked[only]} if only else asked
    found: dict[int, frozenset[str]] = {}
    rows = SiteAssignment.objects.filter(user_id__in=user_ids)
    for user_id, region, sector in rows.values_list("user_id", "region_id", "site__sector"):
        sectors = of_region.get(region, set()) if region else {sector or ""}
        courses = {code for one in sectors for code in asked.get(one, ())}
        found[user_id] = found.get(user_id, frozenset()) | courses
    return found
