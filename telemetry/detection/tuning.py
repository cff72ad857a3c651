"""Which rules are on, and with which numbers, at one place.

From wide to narrow: the catalogue, the profile of the sector, what was set for everywhere, for
the sector, for the site. The narrowest that says something about a number holds.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from telemetry.detection.catalogue import BY_CODE, CATALOGUE
from telemetry.models import RuleSetting

_PROFILES = Path(__file__).resolve().parents[1] / "profiles"


@dataclass(frozen=True)
class Numbers:
    """One rule at one place."""

    is_on: bool
    limits: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.limits[name]


@dataclass(frozen=True)
class Tuning:
    """All settings of one pass; places that say nothing share what their sector says."""

    wide: Mapping[tuple[str, str], Numbers] = field(default_factory=dict)
    sites: Mapping[tuple[str, int], Numbers] = field(default_factory=dict)

    def of(self, code: str, site_id: int = 0, sector: str = "") -> Numbers:
        """The numbers of a rule at a site."""
        own = self.sites.get((code, site_id))
        if own is not None:
            return own
        return self.wide.get((code, sector)) or self.wide.get((code, "")) or defaults(code)

    def spread(self, code: str, name: str) -> tuple[float, float]:
        """The least and the greatest value of a number anywhere a rule is on, for reading rows."""
        found = [
            numbers[name]
            for of_rule in (self.wide, self.sites)
            for (rule, _place), numbers in of_rule.items()
            if rule == code and numbers.is_on
        ]
        own = defaults(code)[name]
        return min([*found, own]), max([*found, own])


@functools.cache
def defaults(code: str) -> Numbers:
    """What holds where nobody has said anything."""
    return Numbers(True, {limit.name: limit.default for limit in BY_CODE[code].limits})


@functools.cache
def profiles() -> Mapping[str, Mapping[str, Any]]:
    """The sector profiles that come along: sector -> rule -> is_on and limits."""
    files = sorted(_PROFILES.glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8"))["rules"] for path in files}


def narrowed(wider: Numbers, said: Mapping[str, Any]) -> Numbers:
    """What a narrower place says over what holds around it."""
    is_on = said.get("is_on")
    known = {name: float(v) for name, v in said.get("limits", {}).items() if name in wider.limits}
    return Numbers(wider.is_on if is_on is None else is_on, {**wider.limits, **known})


def read_tuning() -> Tuning:
    """Read every setting, in one query."""
    rows = RuleSetting.objects.filter(rule__in=BY_CODE).values_list(
        "rule", "sector", "site_id", "site__sector", "is_on", "limits"
    )
    return resolve(rows)


def resolve(
    rows: Iterable[tuple[str, str, int | None, str | None, bool | None, dict[str, float]]],
) -> Tuning:
    """Lay the settings over each other."""
    wide_said: dict[tuple[str, str], dict[str, Any]] = {}
    site_said: dict[tuple[str, int], tuple[str, dict[str, Any]]] = {}
    for rule, sector, site_id, of_sector, is_on, limits in rows:
        said = {"is_on": is_on, "limits": limits}
        if site_id is None:
            wide_said[rule, sector] = said
        else:
            site_said[rule, site_id] = (of_sector or "", said)
    wide: dict[tuple[str, str], Numbers] = {}
    for spec in CATALOGUE:
        everywhere = wide_said.get((spec.code, ""), {})
        wide[spec.code, ""] = narrowed(defaults(spec.code), everywhere)
        for sector in {*profiles(), *(s for r, s in wide_said if r == spec.code and s)}:
            of_profile = profiles().get(sector, {}).get(spec.code, {})
            numbers = narrowed(defaults(spec.code), of_profile)
            numbers = narrowed(numbers, everywhere)
            wide[spec.code, sector] = narrowed(numbers, wide_said.get((spec.code, sector), {}))
    sites = {
        (rule, site_id): narrowed(wide.get((rule, sector)) or wide[rule, ""], said)
        for (rule, site_id), (sector, said) in site_said.items()
    }
    return Tuning(wide, sites)
