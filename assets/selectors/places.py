"""To which sites and regions people belong, for rooms below that may not ask about sites."""

from collections import defaultdict
from collections.abc import Sequence

from assets.models import SiteAssignment


def places_of(user_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """The codes of the sites and regions that each of these people looks after. One query."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = SiteAssignment.objects.filter(user_id__in=user_ids).values_list(
        "user_id", "site__code", "site__region__code", "region__code"
    )
    for user_id, *codes in rows:
        found[user_id] |= {code for code in codes if code}
    return {user_id: frozenset(codes) for user_id, codes in found.items()}
