"""Feasibility: sums that anybody can check with pencil and paper."""

from datetime import timedelta

import pytest

from assets.feasibility import Arrow, Node, Rule, hard_groups, judge, known_share, restore_times
from assets.fixes import Fix, cheapest_fix

HOUR = timedelta(hours=1)


def hours(number):
    return None if number is None else number * HOUR


def graph(assets, arrows):
    """`assets`: code -> hours by itself; `arrows`: "TILL needs DB"."""
    keys = {code: key for key, code in enumerate(assets)}
    nodes = {keys[code]: Node(code, own_restore=hours(own)) for code, own in assets.items()}
    drawn = []
    for text in arrows:
        above, _needs, below, *rest = text.split()
        group, needed = (rest[0], int(rest[1])) if rest else ("", 1)
        drawn.append(Arrow(keys[above], keys[below], "hard", group, needed))
    return keys, nodes, drawn


# what each asset takes by itself | what needs what | asked | hours | known | critical path
TABLE = [
    ({"TILL": 1}, [], "TILL", 1, True, "TILL"),
    ({"TILL": 1, "DB": 3}, ["TILL needs DB"], "TILL", 4, True, "TILL DB"),
    (
        {"TILL": 1, "DB": 3, "NET": 5},
        ["TILL needs DB", "TILL needs NET"],
        "TILL",
        6,
        True,
        "TILL NET",
    ),
    (
        {"TILL": 1, "DB": 3, "DISK": 4, "NET": 5},
        ["TILL needs DB", "DB needs DISK", "TILL needs NET"],
        "TILL",
        8,
        True,
        "TILL DB DISK",
    ),
    # One of two links is enough: the quicker one counts.
    (
        {"TILL": 1, "ISP1": 2, "ISP2": 6},
        ["TILL needs ISP1 link 1", "TILL needs ISP2 link 1"],
        "TILL",
        3,
        True,
        "TILL ISP1",
    ),
    # Two of three are needed: the second quickest counts.
    (
        {"TILL": 0, "X": 1, "Y": 2, "Z": 9},
        ["TILL needs X pool 2", "TILL needs Y pool 2", "TILL needs Z pool 2"],
        "TILL",
        2,
        True,
        "TILL Y",
    ),
    # Unknown taints: what is known is only a lower bound.
    ({"TILL": 1, "DB": None}, ["TILL needs DB"], "TILL", 1, False, "TILL DB"),
    # An unknown alternative does not help, and does no harm.
    (
        {"TILL": 1, "ISP1": 2, "ISP2": None},
        ["TILL needs ISP1 link 1", "TILL needs ISP2 link 1"],
        "TILL",
        3,
        True,
        "TILL ISP1",
    ),
    ({"TILL": 0, "DB": 0}, ["TILL needs DB"], "TILL", 0, True, "TILL DB"),
]


@pytest.mark.parametrize(("assets", "arrows", "asked", "takes", "known", "path"), TABLE)
def test_restore_is_own_time_plus_the_slowest_need(assets, arrows, asked, takes, known, path):
    keys, nodes, drawn = graph(assets, arrows)

    verdict = judge(nodes, drawn)

    restore = verdict.restores[keys[asked]]
    assert timedelta(seconds=restore.seconds) == hours(takes)
    assert restore.is_known is known
    assert [nodes[key].code for key in verdict.path(keys[asked])] == path.split()


def test_a_one_hour_service_on_a_four_hour_one_is_a_declared_conflict():
    nodes = {1: Node("TILL", rto=HOUR), 2: Node("DB", rto=4 * HOUR)}

    (finding,) = judge(nodes, [Arrow(1, 2)]).findings[1]

    assert (finding.rule, finding.promised, finding.found) == (Rule.DECLARED, HOUR, 4 * HOUR)
    assert (finding.fix, finding.fix_to) == (2, HOUR)


def test_a_group_that_asks_for_more_than_it_has_is_a_finding():
    keys, nodes, drawn = graph(
        {"TILL": 0, "X": 1, "Y": 2}, ["TILL needs X pool 3", "TILL needs Y pool 3"]
    )
    enough = [arrow._replace(needed=2) for arrow in drawn]

    (finding,) = judge(nodes, drawn).findings[keys["TILL"]]

    assert (finding.rule, finding.needed, len(finding.path)) == (Rule.SHORT_GROUP, 3, 2)
    assert keys["TILL"] not in judge(nodes, enough).findings


def test_a_need_without_a_promise_is_never_green():
    nodes = {1: Node("TILL", rto=HOUR), 2: Node("DB")}

    (finding,) = judge(nodes, [Arrow(1, 2)]).findings[1]

    assert (finding.rule, finding.other) == (Rule.UNKNOWN, 2)


def test_the_cheapest_fix_is_the_longest_step_of_the_critical_path():
    nodes = {1: Node("TILL", own_restore=HOUR, rto=3 * HOUR), 2: Node("DB", own_restore=5 * HOUR)}

    found = {one.rule: one for one in judge(nodes, [Arrow(1, 2)]).findings[1]}
    fixes = cheapest_fix(1, 3 * HOUR, nodes, hard_groups(nodes, [Arrow(1, 2)]))

    assert found[Rule.COMPUTED].found == 6 * HOUR
    assert fixes == [Fix(2, 5 * HOUR, 2 * HOUR)]


def test_rto_and_wrt_must_fit_into_mtpd():
    nodes = {1: Node("TILL", rto=3 * HOUR, wrt=2 * HOUR, mtpd=4 * HOUR)}

    (finding,) = judge(nodes, []).findings[1]

    assert (finding.rule, finding.found, finding.fix_to) == (Rule.MTPD, 5 * HOUR, 2 * HOUR)


def test_data_cannot_be_younger_than_where_they_come_from():
    nodes = {1: Node("REPORT", rpo=HOUR), 2: Node("DB", rpo=4 * HOUR)}

    (finding,) = judge(nodes, [Arrow(1, 2, "data")]).findings[1]

    assert (finding.rule, finding.found) == (Rule.RPO_ARROW, 4 * HOUR)


def test_a_daily_backup_cannot_meet_an_hourly_rpo():
    (finding,) = judge({1: Node("DB", rpo=HOUR, backup_every=24 * HOUR)}, []).findings[1]

    assert finding.rule == Rule.RPO_BACKUP


def test_zero_is_a_promise_and_nothing_said_is_not():
    nodes = {1: Node("TILL", own_restore=HOUR, rto=0 * HOUR), 2: Node("DB", own_restore=HOUR)}

    findings = judge(nodes, []).findings

    assert [one.rule for one in findings[1]] == [Rule.COMPUTED]
    assert 2 not in findings


def test_degraded_needs_do_not_delay_a_return():
    nodes = {1: Node("TILL", own_restore=HOUR), 2: Node("MAIL", own_restore=9 * HOUR)}

    assert judge(nodes, [Arrow(1, 2, "degraded")]).restores[1].seconds == 3600


def test_a_circle_is_reported_and_stops_nothing():
    nodes = {key: Node(str(key), own_restore=HOUR) for key in (1, 2, 3)}

    verdict = judge(nodes, [Arrow(1, 2), Arrow(2, 1)])

    assert set(verdict.findings) == {1, 2}
    assert verdict.restores[3].is_known


def test_seventy_per_cent_known_is_said_as_numbers():
    own = {1: HOUR, 2: None, 3: HOUR}
    groups = hard_groups({key: Node(str(key)) for key in own}, [Arrow(1, 2), Arrow(2, 3)])

    assert known_share(1, own, groups) == (2, 3)


def test_a_large_graph_is_one_pass_without_recursion():
    own = dict.fromkeys(range(5000), 60.0)
    groups = {key: [([key - 1], 1)] for key in range(1, 5000)}

    restores, stuck = restore_times(own, groups)

    assert restores[4999].seconds == 5000 * 60
    assert stuck == []
