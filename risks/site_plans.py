"""The continuity plans that go into a site's pack: in force, and naming an asset of the site."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language

from risks.models import Plan
from risks.selectors.plans import sections_of


def plans_at_sites(sites: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Each site's plans in the language in force; two questions for all sites."""
    named = Plan.assets.through.objects.filter(
        asset__site__in=sites, asset__retired_on=None, plan__retired_at=None
    ).exclude(plan__current=None)
    pairs = sorted(set(named.values_list("asset__site", "plan")))
    rows = Plan.objects.filter(pk__in={plan for _site, plan in pairs}).select_related("current")
    told = {row.pk: _told(row) for row in rows}
    found: dict[int, list[dict[str, Any]]] = {}
    for site, plan in pairs:
        found.setdefault(site, []).append(told[plan])
    return {
        site: sorted(plans, key=lambda plan: str(plan["code"])) for site, plans in found.items()
    }


def _told(plan: Plan) -> dict[str, Any]:
    version = plan.current
    assert version is not None
    language = (get_language() or "en").split("-")[0]
    return {
        "code": f"{plan.code} v{version.number}",
        "title": plan.said_title,
        "sections": [
            {"heading": str(part.heading), "text": part.text}
            for part in sections_of(version, language)
            if part.text
        ],
    }
