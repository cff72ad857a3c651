"""Feasibility against brute force on small graphs, and the holes that others are known for (O3)."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from math import inf
from random import Random

import pytest

from assets.feasibility import Arrow, Node, Rule, Standing, hard_groups, judge, own_times
from assets.fixes import World, budgets, cheapest_fix
from assets.graph_order import in_order
from assets.restoring import restore_times

HOUR = timedelta(hours=1)
SEEDS = range(40)


def small_world(seed, *, unknown=0.15):
    """A graph of at most eight assets without circles: arrows lead to lower numbers only."""
    rng = Random(seed)
    size = rng.randint(2, 8)
    nodes = {
        key: Node(
            f"N{key}",
            own_restore=None if rng.random() < unknown else rng.randint(0, 6) * HOUR,
            rto=rng.choice([None, 0, 2, 5, 9, 20]),
            rpo=rng.choice([None, 0, 1, 4]),
        )
        for key in range(size)
    }
    nodes = {
        key: replace(
            node,
            rto=None if node.rto is None else node.rto * HOUR,
            rpo=None if node.rpo is None else node.rpo * HOUR,
        )
        for key, node in nodes.items()
    }
    arrows = []
    for key in range(1, size):
        below = list(range(key))
        rng.shuffle(below)
        for one in below[: rng.randint(0, 2)]:
            arrows.append(Arrow(key, one, rng.choice(["hard", "hard", "degraded", "data"])))
        pool = below[2 : 2 + rng.randint(0, 3)]
        if len(pool) > 1:
            needed = rng.randint(1, len(pool))
            arrows += [Arrow(key, one, "hard", "pool", needed) for one in pool]
    return nodes, arrows


def by_force(key, own, groups):
    """When an asset is back, trying every choice among its alternatives."""
    slowest = 0
    for members, needed in groups.get(key, ()):
        choices = combinations(members, min(needed, len(members)))
        best = min(max(by_force(one, own, groups) for one in choice) for choice in choices)
        slowest = max(slowest, best)
    return own[key] + slowest


@pytest.mark.parametrize("seed", SEEDS)
def test_restore_times_are_those_of_trying_everything(seed):
    nodes, arrows = small_world(seed)
    groups = hard_groups(nodes, arrows)
    own = own_times(nodes)
    hopeful = {key: 0 if span is None else span for key, span in own.items()}
    fearful = {key: inf if span is None else span for key, span in own.items()}

    restores, circles = restore_times(own, groups)

    assert circles == []
    for key in nodes:
        assert restores[key].low == by_force(key, hopeful, groups)
        assert restores[key].high == by_force(key, fearful, groups)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_critical_path_adds_up_to_the_restore_time(seed):
    nodes, arrows = small_world(seed, unknown=0)
    verdict = judge(nodes, arrows)

    for key in nodes:
        spans = [nodes[step].own_restore.total_seconds() for step in verdict.path(key)]
        assert sum(spans) == verdict.restores[key].seconds


@pytest.mark.parametrize("seed", SEEDS)
def test_the_cheapest_fix_helps_and_no_single_one_is_cheaper(seed):
    nodes, arrows = small_world(seed, unknown=0)
    groups = hard_groups(nodes, arrows)
    own = own_times(nodes)
    for key, node in nodes.items():
        if (
            node.rto is None
            or judge(nodes, arrows).restores[key].seconds <= node.rto.total_seconds()
        ):
            assert Rule.COMPUTED not in {
                one.rule for one in judge(nodes, arrows).findings.get(key, [])
            }
            continue
        fixes = cheapest_fix(key, node.rto, nodes, groups)
        mended = own | {fix.asset: fix.to.total_seconds() for fix in fixes}
        assert restore_times(mended, groups)[0][key].seconds <= node.rto.total_seconds()
        if len(fixes) == 1:
            # Every hour step of every other asset: none gets there with less.
            saved = fixes[0].saved.total_seconds()
            for one, spent in own.items():
                for hours in range(int(min(spent, saved - 1) // 3600) + 1):
                    tried = own | {one: spent - hours * 3600}
                    less = restore_times(tried, groups)[0][key].seconds
                    assert hours * 3600 >= saved or less > node.rto.total_seconds()


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_within_its_budget_keeps_every_promise_above(seed):
    nodes, arrows = small_world(seed, unknown=0)
    plain = [arrow for arrow in arrows if not arrow.group]
    groups = hard_groups(nodes, plain)
    restores, _circles = restore_times(own_times(nodes), groups)
    found = budgets(nodes, groups)

    for key, node in nodes.items():
        if node.rto is None:
            continue
        follow = {one: [m for members, _n in sets for m in members] for one, sets in groups.items()}
        fits = (
            all(
                restores[one].seconds <= found[one].within.total_seconds()
                for one in follow.get(key, ())
            )
            and nodes[key].own_restore <= node.rto
        )
        if fits:
            assert restores[key].seconds <= node.rto.total_seconds()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_names_every_circle_once_and_needs_come_first(seed):
    rng = Random(seed)
    size = rng.randint(2, 9)
    needs = {key: [rng.randrange(size) for _n in range(rng.randint(0, 2))] for key in range(size)}
    needs = {key: [one for one in ends if one != key] for key, ends in needs.items()}
    reach = {key: reached(key, needs) for key in needs}

    order = in_order(needs, needs)

    assert sorted(key for component in order for key in component) == list(range(size))
    seen = set()
    for component in order:
        for key in component:
            together = {one for one in reach[key] if key in reach[one]} | {key}
            assert set(component) == together
            assert all(one in seen or one in component for one in needs[key])
        seen.update(component)


def reached(start, needs):
    seen, waiting = set(), [start]
    while waiting:
        for there in needs[waiting.pop()]:
            if there not in seen:
                seen.add(there)
                waiting.append(there)
    return seen


# -- what others get wrong


def whole(code, **facts):
    """An asset of which everything is known and fine, but for what the test says."""
    usual = {"own_restore": 0 * HOUR, "rto": HOUR, "rpo": HOUR, "mtpd": 9 * HOUR, "wrt": HOUR}
    return Node(code, **(usual | facts))


def rules(nodes, arrows, key=1):
    return {one.rule for one in judge(nodes, arrows).findings.get(key, [])}


def standing(nodes, arrows, key=1):
    return judge(nodes, arrows).standing(key, nodes[key])


def test_what_is_known_and_fits_is_feasible():
    assert standing({1: whole("TILL"), 2: whole("DB")}, [Arrow(1, 2)]) == Standing.FEASIBLE


@pytest.mark.parametrize("name", ["own_restore", "rto", "rpo", "mtpd", "wrt"])
def test_one_unknown_is_enough_not_to_be_green(name):
    assert standing({1: whole("TILL", **{name: None})}, []) == Standing.UNKNOWN


def test_an_rpo_of_zero_is_the_hardest_promise_and_not_a_missing_one():
    nodes = {1: whole("TILL", rpo=0 * HOUR), 2: whole("DB", rpo=HOUR / 60)}

    assert rules(nodes, [Arrow(1, 2, "data")]) == {Rule.RPO_ARROW}
    assert rules({1: whole("TILL", rpo=0 * HOUR, backup_every=HOUR)}, []) == {Rule.RPO_BACKUP}


def test_one_known_of_ten_is_not_the_answer_for_ten():
    nodes = {key: whole(str(key), own_restore=None) for key in range(1, 11)}
    nodes[1] = whole("TILL")

    assert standing(nodes, [Arrow(1, key) for key in range(2, 11)]) == Standing.UNKNOWN


def test_a_serial_chain_adds_up_though_each_pair_looks_fine():
    nodes = {key: whole(str(key), own_restore=HOUR / 2) for key in range(1, 6)}
    chain = [Arrow(key, key + 1) for key in range(1, 5)]

    assert rules(nodes, chain) == {Rule.COMPUTED}
    assert judge(nodes, chain).restores[1].seconds == 2.5 * 3600


def test_a_serial_chain_of_data_is_followed_to_its_end():
    nodes = {1: whole("REPORT"), 2: whole("STORE", rpo=None), 3: whole("SOURCE", rpo=24 * HOUR)}
    chain = [Arrow(1, 2, "data"), Arrow(2, 3, "data")]

    (finding,) = judge(nodes, chain).findings[1]

    assert (finding.rule, finding.other, finding.found) == (Rule.RPO_CHAIN, 3, 24 * HOUR)


def test_one_hour_on_four_hours_cannot_be():
    nodes = {1: whole("TILL", rto=HOUR), 2: whole("DB", rto=4 * HOUR)}

    assert standing(nodes, [Arrow(1, 2)]) == Standing.INFEASIBLE


def test_an_rto_over_the_mtpd_cannot_be():
    assert standing({1: whole("TILL", rto=9 * HOUR, mtpd=8 * HOUR)}, []) == Standing.INFEASIBLE


def test_an_mtpd_longer_than_what_the_business_bears_cannot_be():
    nodes = {1: whole("TILL", mtpd=9 * HOUR, bears=4 * HOUR)}

    assert rules(nodes, []) == {Rule.IMPACT}


def test_rto_and_wrt_are_held_against_the_impact_where_no_mtpd_is_promised():
    nodes = {1: whole("TILL", rto=3 * HOUR, wrt=2 * HOUR, mtpd=None, bears=4 * HOUR)}

    assert rules(nodes, []) == {Rule.MTPD}


def test_an_override_with_nothing_does_not_make_anybody_green():
    nodes = {1: whole("TILL"), 2: whole("DB", rto=None)}

    assert rules(nodes, [Arrow(1, 2)]) == {Rule.UNKNOWN}
    assert standing(nodes, [Arrow(1, 2)]) == Standing.UNKNOWN


def test_what_hangs_on_a_circle_is_not_in_it():
    nodes = {key: whole(str(key), own_restore=HOUR / 4) for key in (1, 2, 3)}
    verdict = judge(nodes, [Arrow(1, 2), Arrow(2, 3), Arrow(3, 2)])

    assert verdict.circles == [(2, 3)]
    assert Rule.CIRCLE not in {one.rule for one in verdict.findings.get(1, [])}
    assert verdict.standing(1, nodes[1]) == Standing.UNKNOWN
    assert verdict.path(1) == (1, 2)


def test_two_fixes_are_named_where_one_is_not_enough():
    nodes = {
        1: whole("TILL"),
        2: whole("DB", own_restore=3 * HOUR),
        3: whole("NET", own_restore=3 * HOUR),
    }
    arrows = [Arrow(1, 2), Arrow(1, 3)]

    fixes = cheapest_fix(1, HOUR, nodes, hard_groups(nodes, arrows))

    assert {fix.asset: fix.to for fix in fixes} == {2: HOUR, 3: HOUR}


def test_a_budget_is_what_is_left_after_ones_own_time():
    nodes = {
        1: whole("TILL", rto=3 * HOUR, own_restore=HOUR),
        2: whole("DB", rto=None, own_restore=HOUR),
        3: whole("DISK", rto=None),
    }

    found = budgets(nodes, hard_groups(nodes, [Arrow(1, 2), Arrow(2, 3)]))

    assert [found[key].within for key in (1, 2, 3)] == [3 * HOUR, 2 * HOUR, HOUR]


def test_the_kept_shape_of_a_graph_is_that_of_its_arrows_and_never_of_others():
    nodes = {1: whole("TILL"), 2: whole("DB", own_restore=2 * HOUR)}
    alone, linked = judge(nodes, []), judge(nodes, [Arrow(1, 2)])
    slower = nodes | {2: whole("DB", own_restore=3 * HOUR)}

    assert (alone.restores[1].seconds, linked.restores[1].seconds) == (0, 7200)
    assert judge(slower, [Arrow(1, 2)]).restores[1].seconds == 3 * 3600
    assert judge(nodes, []).restores[1].seconds == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_trying_a_fix_out_says_the_same_as_working_everything_out_anew(seed):
    nodes, arrows = small_world(seed)
    if seed % 4 == 0:  # circles, too
        arrows = [*arrows, Arrow(0, max(nodes))]
    groups = hard_groups(nodes, arrows)
    own = own_times(nodes)
    world = World(max(nodes), nodes, groups)
    for one in world.own:
        for spent in (0.0, 1800.0, 50_000.0):
            anew = restore_times(own | {one: spent}, groups)[0][max(nodes)]
            assert world.try_out(one, spent) == anew.seconds
    for one in world.own:
        own[one] = 600.0
        world.settle(one, 600.0)
        assert world.look()[0] == restore_times(own, groups)[0][max(nodes)].seconds
