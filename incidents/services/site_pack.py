"""The sweep of the sites' packs: one is made anew when what it says changes, not when asked for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from assets.models import Site
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from incidents.packs.render import edition_mark, render_pack
from incidents.selectors.site_pack import (
    Common,
    common_facts,
    pack_facts,
    plans_by_language,
    sites_for_packs,
)
from telemetry.models import PackCopy, SitePack
from telemetry.services.site_pack import next_number, publish_pack

# Sites in memory at once; a fleet of thousands is done in slices.
AT_ONCE = 100


def make_packs(*, at: datetime) -> str:
    """Make the pack of every open site whose facts differ from its edition in force."""
    common, edition, made = common_facts(at=at), edition_mark(), 0
    numbers = list(Site.objects.open().order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(numbers), AT_ONCE):
        made += _make(numbers[first : first + AT_ONCE], common, edition, at=at)
    return f"{made} made"


def _make(numbers: Sequence[int], common: Common, edition: str, *, at: datetime) -> int:
    in_force = dict(
        SitePack.objects.current().filter(site__in=numbers).values_list("site_id", "facts_digest")
    )
    outrun = set(
        PackCopy.objects.filter(
            device__site__in=numbers,
            device__site__packs__superseded_at=None,
            number__gt=F("device__site__packs__number"),
        ).values_list("device__site_id", flat=True)
    )
    made, plans = 0, plans_by_language(numbers)
    for site in sites_for_packs(numbers):
        facts = pack_facts(site, common, edition=edition, plans=plans)
        digest = sha256_hex(canonical_json(facts))
        if in_force.get(site.pk) != digest or site.pk in outrun:
            made += _publish(site, facts, digest, at=at)
    return made


def _publish(site: Site, facts: dict[str, Any], digest: str, *, at: datetime) -> bool:
    number = next_number(site)
    html = render_pack(facts, number=number, made_at=at)
    pack = publish_pack(
        site=site, number=number, facts=facts, facts_digest=digest, html=html, at=at
    )
    return pack is not None
