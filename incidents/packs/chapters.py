"""Plans that other rooms put into the packs: they know incidents, incidents do not know them."""

from collections.abc import Callable, Sequence
from typing import Any

Json = dict[str, Any]
# Given the numbers of sites, under a language: the plans of each, as plain values.
PlanSource = Callable[[Sequence[int]], dict[int, list[Json]]]
_sources: list[PlanSource] = []


def register_plan_source(source: PlanSource) -> None:
    """Let a room add its plans; each is `{"code", "title", "sections": [{"heading", "text"}]}`."""
    if source not in _sources:
        _sources.append(source)


def plans_for(sites: Sequence[int]) -> dict[int, list[Json]]:
    """Every plan of each site, in the language in force."""
    found: dict[int, list[Json]] = {}
    for source in _sources:
        for site, plans in source(sites).items():
            found.setdefault(site, []).extend(plans)
    return found
