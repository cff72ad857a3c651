"""Many silent sites with one thing in common are one outage, not many.

For each value of region, provider, shard, app and agent version with n members of which k are
silent: an outage when k >= 3, k/n >= 0.5 and the chance that so many fell silent by accident,
P(Bin(n, p0) >= k), is below one in a million. The likeliest explanation is taken, its members are
removed, and the question is asked again, four times at most.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from telemetry.detection.facts import CalmSite, SiteFacts

FIELDS = ("region", "provider", "shard", "app_version", "agent_version")
MIN_SILENT = 3
MIN_SHARE = 0.5
MAX_CHANCE = 1e-6
BASE_SILENCE = 0.01
MAX_EXPLANATIONS = 4
# Explanations of the same silence whose chances differ by less than this are equally good; then
# the plainer field is told ("Jawa Timur", not "shard east").
AS_GOOD = 100.0
# But not where many of the plainer group are well: five of a region's eight say less than all five
# of a provider. Seven of eight may still be the region, one of whose sites has another way.
AS_WHOLE = 0.75


@dataclass(frozen=True)
class Thresholds:
    """How many, and which share of a group, must be silent for it to be one outage."""

    min_silent: float = MIN_SILENT
    min_share: float = MIN_SHARE


USUAL = Thresholds()


@dataclass(frozen=True)
class SharedFate:
    """One explanation for many silent sites."""

    field: str
    value: str
    members: tuple[int, ...]
    silent: tuple[int, ...]
    chance: float

    @property
    def key(self) -> str:
        """What identifies it while it lasts."""
        return f"{self.field}:{self.value}"

    @property
    def share(self) -> float:
        """How much of the group is silent, from 0 to 1."""
        return len(self.silent) / len(self.members)


def binomial_tail(n: int, k: int, p: float) -> float:
    """P(Bin(n, p) >= k), summed in logarithms so that 1e-28 is not lost to rounding."""
    if k <= 0:
        return 1.0
    if k > n:
        return 0.0
    log_p, log_q = math.log(p), math.log1p(-p)
    terms = [
        math.lgamma(n + 1)
        - math.lgamma(i + 1)
        - math.lgamma(n - i + 1)
        + i * log_p
        + (n - i) * log_q
        for i in range(k, n + 1)
    ]
    top = max(terms)
    return min(1.0, math.exp(top) * math.fsum(math.exp(term - top) for term in terms))


def explain_settled(
    sites: Iterable[SiteFacts | CalmSite],
    silent: frozenset[int],
    *,
    late: frozenset[int],
    limits: Thresholds = USUAL,
) -> list[SharedFate]:
    """Explain the silent sites with those in mind that are only late and about to fall silent.

    After a cut the sites fall silent one by one. A part of a region may then look like a shard or
    a provider, and what is told first is told on; so the late ones decide between explanations,
    but only the silent ones prove one.
    """
    likely = explain(sites, silent | late, limits=limits)
    proven = (weigh(fate.field, fate.value, fate.members, silent) for fate in likely)
    return [fate for fate in proven if _is_outage(fate, limits)]


def explain(
    sites: Iterable[SiteFacts | CalmSite],
    silent: frozenset[int],
    *,
    p0: float = BASE_SILENCE,
    limits: Thresholds = USUAL,
) -> list[SharedFate]:
    """Find what the silent sites have in common; the likeliest explanation first."""
    left = {site.pk: site for site in sites}
    found: list[SharedFate] = []
    while len(found) < MAX_EXPLANATIONS:
        best = _best(list(_candidates(left, silent, p0, limits)))
        if best is None:
            break
        found.append(best)
        for pk in best.members:
            left.pop(pk, None)
    return found


def weigh(
    field: str,
    value: str,
    members: Iterable[int],
    silent: frozenset[int],
    *,
    p0: float = BASE_SILENCE,
) -> SharedFate:
    """Work out the chance for a group that is known already, however it stands now."""
    known = tuple(members)
    down = tuple(pk for pk in known if pk in silent)
    return SharedFate(field, value, known, down, binomial_tail(len(known), len(down), p0))


def _best(candidates: list[SharedFate]) -> SharedFate | None:
    likeliest = min(candidates, key=_likelihood, default=None)
    if likeliest is None:
        return None
    covered = set(likeliest.silent)
    as_good = [
        fate
        for fate in candidates
        if fate.chance <= likeliest.chance * AS_GOOD
        and covered <= set(fate.silent)
        and fate.share >= likeliest.share * AS_WHOLE
    ]
    return min(as_good, key=lambda fate: FIELDS.index(fate.field))


def _likelihood(fate: SharedFate) -> tuple[float, int]:
    # Equal chances: the earlier field is the plainer explanation ("Jawa Timur", not "1.4.2").
    return fate.chance, FIELDS.index(fate.field)


def _candidates(
    sites: Mapping[int, SiteFacts | CalmSite], silent: frozenset[int], p0: float, limits: Thresholds
) -> Iterable[SharedFate]:
    groups: dict[tuple[str, str], list[int]] = {}
    for pk, site in sites.items():
        for shared in traits(site):
            groups.setdefault(shared, []).append(pk)
    for (field, value), members in groups.items():
        # Everybody has the same version: then it explains nothing that the fleet does not.
        if field.endswith("_version") and len(members) == len(sites):
            continue
        fate = weigh(field, value, members, silent, p0=p0)
        if _is_outage(fate, limits):
            yield fate


def _is_outage(fate: SharedFate, limits: Thresholds) -> bool:
    k, n = len(fate.silent), len(fate.members)
    return k >= limits.min_silent and k / n >= limits.min_share and fate.chance < MAX_CHANCE


def traits(site: SiteFacts | CalmSite) -> list[tuple[str, str]]:
    """What a site has in common with others, field by field; what it does not know is left out."""
    return [(field, value) for field in FIELDS if (value := trait(site, field))]


def trait(site: SiteFacts | CalmSite, field: str) -> str:
    """One of these fields; the first device speaks for the versions."""
    if not field.endswith("_version"):
        return str(getattr(site, field))
    return str(getattr(site.devices[0], field)) if site.devices else ""


def may_share_fate(sites: Iterable[SiteFacts], down: Set[int], limits: Thresholds) -> bool:
    """Could any group of these be an outage, even if no calm site belonged to it?

    Those that are read are the few about which anything could follow; the others can only make
    the share of the silent ones smaller.
    """
    members: Counter[tuple[str, str]] = Counter()
    silent: Counter[tuple[str, str]] = Counter()
    for site in sites:
        for shared in traits(site):
            members[shared] += 1
            silent[shared] += site.pk in down
    return any(
        k >= limits.min_silent and k / members[one] >= limits.min_share for one, k in silent.items()
    )
