"""Many silent sites with one thing in common are one outage."""

import math
import random

import pytest

from telemetry.detection.facts import SiteFacts
from telemetry.detection.shared_fate import USUAL, binomial_tail, explain, may_share_fate


def site(pk, *, region="A", provider="P", shard=""):
    return SiteFacts(
        pk, f"S{pk}", f"Site {pk}", region, 1, f"Region {region}", provider, shard,
        3, False, "", False, (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("n", "k", "p", "chance"),
    [
        (1, 1, 0.01, 0.01),
        (2, 1, 0.5, 0.75),
        (3, 3, 0.01, 1e-6),
        (14, 14, 0.01, 1e-28),
        (10, 0, 0.01, 1.0),
        (4, 5, 0.01, 0.0),
    ],
)
def test_the_chance_of_so_many_by_accident_is_the_binomial_tail(n, k, p, chance):
    assert math.isclose(binomial_tail(n, k, p), chance, rel_tol=1e-9)


def test_a_silent_region_is_one_explanation():
    sites = [
        site(pk, region="East" if pk < 8 else f"R{pk % 3}", provider=f"P{pk % 5}")
        for pk in range(40)
    ]

    found = explain(sites, frozenset(range(8)))

    assert [(fate.field, fate.value, len(fate.silent)) for fate in found] == [("region", "East", 8)]


def test_a_provider_across_regions_is_told_as_the_provider():
    sites = [
        site(pk, region=f"R{pk % 4}", provider="Telko" if pk < 9 else f"P{pk % 4}")
        for pk in range(40)
    ]

    found = explain(sites, frozenset(range(9)))

    assert (found[0].field, found[0].value) == ("provider", "Telko")


def test_all_of_a_provider_are_not_told_as_a_region_of_which_much_is_well():
    sites = [site(pk, region="West", provider="Nusa" if pk < 5 else f"P{pk}") for pk in range(8)]
    others = [site(pk, region=f"R{pk % 3}", provider=f"P{pk}") for pk in range(8, 30)]

    found = explain([*sites, *others], frozenset(range(5)))

    assert [(fate.field, fate.value) for fate in found] == [("provider", "Nusa")]


def test_a_region_with_one_site_on_another_way_is_told_as_the_region_and_not_as_its_shard():
    sites = [site(pk, region="East", provider=f"P{pk}", shard="e" * (pk < 7)) for pk in range(8)]
    others = [site(pk, region=f"R{pk % 3}", provider=f"P{pk}") for pk in range(8, 30)]

    found = explain([*sites, *others], frozenset(range(7)))

    assert [(fate.field, fate.value) for fate in found] == [("region", "East")]


def test_two_outages_at_once_are_two_explanations():
    sites = [site(pk, region=f"R{pk // 6}", provider=f"P{pk}") for pk in range(36)]

    found = explain(sites, frozenset(range(12)))

    assert {fate.value for fate in found} == {"R0", "R1"}


def test_three_silent_sites_without_anything_in_common_are_no_outage():
    sites = [site(pk, region=f"R{pk % 10}", provider=f"P{pk % 7}") for pk in range(70)]

    assert explain(sites, frozenset({0, 11, 22})) == []


def test_half_of_a_small_region_is_not_enough():
    sites = [site(pk, region="East" if pk < 4 else "West", provider=f"P{pk}") for pk in range(20)]

    assert explain(sites, frozenset({0, 1})) == []


def test_a_tail_of_thousands_of_sites_is_not_lost_to_rounding():
    assert 0 < binomial_tail(1000, 60, 0.01) < 1e-20


def test_the_calm_sites_are_asked_for_whenever_there_could_be_an_explanation():
    drawn = random.Random(3)  # a fleet, not a secret
    explained = 0
    for _ in range(300):
        sites = [
            site(pk, region=f"R{drawn.randrange(6)}", provider=f"P{drawn.randrange(4)}")
            for pk in range(60)
        ]
        cut = f"R{drawn.randrange(6)}"
        down = frozenset(
            one.pk for one in sites
            if drawn.random() < (drawn.choice([0.2, 0.6, 1]) if one.region == cut else 0.05)
        )  # fmt: skip
        read = [one for one in sites if one.pk in down or drawn.random() < 0.3]
        found = explain(sites, down)
        explained += bool(found)

        assert may_share_fate(read, down, USUAL) or not found

    assert explained > 50


def test_lone_silent_sites_do_not_have_the_whole_fleet_read():
    read = [site(pk, region=f"R{pk % 10}", provider=f"P{pk % 7}") for pk in range(200)]

    assert not may_share_fate(read, set(range(0, 200, 9)), USUAL)
