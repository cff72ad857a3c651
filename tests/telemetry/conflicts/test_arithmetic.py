"""The arithmetic of conflicts: no order of arrival matters, nothing is lost, clocks may veto."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.conflicts.grouping import same_conflict
from telemetry.conflicts.judge import judge, lost_values
from telemetry.conflicts.merge import FieldState, merge_fields, same
from telemetry.conflicts.rules import RuleFacts
from telemetry.conflicts.versions import Version, ancestor_of, read_versions, unite

# A machine that is busy with other tests is slow to think of examples; that is no finding.
patient = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)

values = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from("abc"))
records = st.dictionaries(st.sampled_from(["price", "stock", "name"]), values, max_size=3)
versions = st.builds(
    Version,
    source=st.sampled_from(["A", "B", "C"]),
    rev=st.sampled_from(["1", "2"]),
    values=records,
    written_ms=st.none() | st.integers(0, 50),
    uncertainty_ms=st.none() | st.integers(0, 10),
    is_jumped=st.booleans(),
    role=st.sampled_from(["", "manager", "cashier"]),
    base=st.none() | records,
)
sets_of_versions = st.lists(versions, min_size=2, max_size=6)
rules = st.builds(
    RuleFacts,
    code=st.just("r"),
    kind=st.sampled_from(["latest", "master", "role_order", "sum", "state_machine", "by_hand"]),
    master=st.sampled_from(["A", "B"]),
    roles=st.just(("manager", "cashier", "")),
    moves=st.just({"a": ["b"], "b": ["c"]}),
)


def v(source, values, at=0, give_or_take=5, **more):
    return Version(source, "1", values=values, written_ms=at, uncertainty_ms=give_or_take, **more)


def judged(ancestor, sides, **rule):
    facts = RuleFacts(code="r", **rule) if rule else None
    return judge(ancestor, sides, lambda _name: facts)


@patient
@given(sets_of_versions, st.randoms())
def test_the_order_of_arrival_does_not_matter(told, chance):
    shuffled = list(told)
    chance.shuffle(shuffled)

    assert unite(shuffled) == unite(told)


@patient
@given(sets_of_versions, sets_of_versions)
def test_telling_it_again_changes_nothing(told, more):
    once = unite([*told, *more])

    assert unite([*unite(told), *unite(more), *told]) == once


@patient
@given(sets_of_versions)
def test_no_told_value_is_lost_on_the_way(told):
    kept = unite(told)

    assert {version.mark for version in kept} == {version.mark for version in told}
    assert all(any(same(one.values, other.values) for other in kept) for one in told)


@patient
@given(sets_of_versions, rules, st.randoms())
def test_whatever_rule_applies_the_order_of_arrival_does_not_change_its_verdict(told, rule, chance):
    shuffled = list(told)
    chance.shuffle(shuffled)
    first, second = unite(told), unite(shuffled)

    assert judge(ancestor_of(first), first, lambda _n: rule) == judge(
        ancestor_of(second), second, lambda _n: rule
    )


@patient
@given(sets_of_versions, rules)
def test_every_value_is_in_the_result_or_named_as_given_up(told, rule):
    sides = unite(told)
    verdict = judge(ancestor_of(sides), sides, lambda _n: rule)

    for field in verdict.fields:
        if not field.has_proposal:
            continue
        lost = lost_values(field, field.proposal)
        for number, value in enumerate(field.told):
            is_added_up = rule.kind == "sum" and field.state is FieldState.CLASH
            unchanged = field.state is FieldState.ONE_SIDE and same(value, field.ancestor)
            assert same(value, field.proposal) or number in lost or is_added_up or unchanged


@patient
@given(st.integers(-1000, 1000), st.lists(st.integers(-100, 100), min_size=2, max_size=5))
def test_a_sum_holds_every_change_exactly_once(before, changes):
    sides = [v(f"S{number}", {"stock": before + change}) for number, change in enumerate(changes)]

    (field,) = judged({"stock": before}, unite(sides), kind="sum").fields

    if field.state is FieldState.CLASH:
        assert field.proposal == before + sum(changes)
        assert lost_values(field, field.proposal) == []


@patient
@given(sets_of_versions)
def test_the_latest_never_wins_while_the_intervals_touch(told):
    sides = unite(told)
    for field in judged(ancestor_of(sides), sides, kind="latest").fields:
        if field.state is not FieldState.CLASH or not field.has_proposal:
            continue
        winners = [sides[n].interval for n in field.by]
        losers = [one.interval for n, one in enumerate(sides) if n not in field.by]
        assert not any(one.is_jumped for one in sides)
        assert max(low for low, _high in winners) > max(high for _low, high in losers)


@patient
@given(st.lists(st.frozensets(st.integers(0, 8), max_size=3), max_size=8), st.randoms())
def test_reports_find_together_in_any_order(names, chance):
    order = list(range(len(names)))
    chance.shuffle(order)
    straight = same_conflict(names)
    mixed = same_conflict([names[number] for number in order])

    assert sorted(sorted(order[n] for n in group) for group in mixed) == straight


def test_what_only_one_side_changed_needs_no_rule():
    ancestor = {"price": 10, "name": "bolt", "shelf": "A"}
    sides = [
        v("A", {"price": 12, "name": "bolt", "shelf": "A"}),
        v("B", {"price": 10, "name": "nut", "shelf": "A"}),
    ]

    verdict = judged(ancestor, sides)

    assert verdict.is_automatic
    assert verdict.result == {"price": 12, "name": "nut", "shelf": "A"}


def test_without_an_ancestor_every_difference_clashes():
    fields = merge_fields(None, [v("A", {"price": 1}), v("B", {"price": 2})])

    assert [field.state for field in fields] == [FieldState.CLASH]


@pytest.mark.parametrize(
    ("earlier", "later", "refusal"),
    [
        ((0, 40), (100, 40), ""),
        ((0, 50), (100, 50), "clock_overlap"),
        ((0, None), (100, 1), "clock_unknown"),
    ],
)
def test_the_clock_veto(earlier, later, refusal):
    sides = [v("A", {"price": 1}, *earlier), v("B", {"price": 2}, *later)]

    (field,) = judged(None, sides, kind="latest").fields

    assert field.refusal == refusal
    assert field.has_proposal is (refusal == "")


def test_a_clock_that_jumped_vetoes_however_far_apart_they_are():
    sides = [v("A", {"price": 1}, 0), v("B", {"price": 2}, 10**9, is_jumped=True)]

    assert judged(None, sides, kind="latest").is_clock_vetoed


@pytest.mark.parametrize(
    ("rule", "ancestor", "one", "other", "expected"),
    [
        ({"kind": "master", "master": "B"}, None, "x", "y", "y"),
        ({"kind": "role_order", "roles": ("boss", "clerk")}, None, "x", "y", "x"),
        ({"kind": "sum"}, 10, 7, 12, 9),
        ({"kind": "sum"}, 0.3, 0.1, 0.2, 0.0),
        ({"kind": "state_machine", "moves": {"new": ["paid"], "paid": ["sent"]}}, "new", "sent",
         "paid", "sent"),
    ],
)  # fmt: skip
def test_each_kind_of_rule(rule, ancestor, one, other, expected):
    sides = [v("A", {"f": one}, role="boss"), v("B", {"f": other}, role="clerk")]
    base = None if ancestor is None else {"f": ancestor}

    (field,) = judged(base, sides, **rule).fields

    assert field.proposal == expected


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        ({"kind": "master", "master": "HQ"}, "no_master"),
        ({"kind": "role_order", "roles": ("boss",)}, "no_role"),
        ({"kind": "sum"}, "no_ancestor"),
        ({"kind": "state_machine", "moves": {"x": ["z"]}}, "no_path"),
        ({"kind": "by_hand"}, "by_hand"),
    ],
)
def test_a_rule_that_does_not_fit_refuses_instead_of_guessing(rule, refusal):
    (field,) = judged(None, [v("A", {"f": "x"}), v("B", {"f": "y"})], **rule).fields

    assert (field.has_proposal, field.refusal) == (False, refusal)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"data_class": "money"}, "guarded"),
        ({"data_class": "balance"}, "guarded"),
        ({"data_class": "medical"}, "guarded"),
        ({"data_class": "grade"}, "guarded"),
        ({"limit": Decimal(11)}, "over_limit"),
        ({"data_class": "stock", "safety": Decimal(11)}, "below_safety"),
        ({"data_class": "stock"}, "below_safety"),
    ],
)
def test_what_is_guarded_never_settles_itself_but_is_proposed(rule, reason):
    verdict = judged({"f": 9}, [v("A", {"f": 10}), v("B", {"f": 12})], kind="sum", **rule)

    assert verdict.reasons == (reason,)
    assert verdict.result == {"f": 13}


def test_the_same_side_with_a_less_certain_clock_counts_as_uncertain():
    known = v("A", {"f": 1}, 0, 5)

    (one,) = unite([known, replace(known, uncertainty_ms=500, is_jumped=True)])

    assert (one.uncertainty_ms, one.is_jumped) == (500, True)


def test_words_of_the_wrong_kind_count_as_not_told():
    (one,) = read_versions(
        [{"source": "A", "rev": "1", "wall_at": "soon", "uncertainty_ms": True, "base": 7,
          "role": [], "hlc": "0001772452800-00ff-a", "jumped": "yes"}]
    )  # fmt: skip

    assert (one.uncertainty_ms, one.base, one.role, one.is_jumped) == (None, None, "", False)
    assert one.written_ms == 1772452800
