"""The conflict desk in the browser and by the API: shown to technicians, each reading noted."""

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from telemetry.conflicts.reading import read_case
from telemetry.models import ConflictRule, ConflictState
from tests.make import make_site, make_user
from tests.make_conflicts import make_case, make_rule, side

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    return make_site(code="SBY-02")


def sign_in(client, site, *roles):
    user = make_user(*(roles or (Role.SYNC_TECHNICIAN,)))
    user.site_assignments.create(site=site)
    client.force_login(user)
    return user


def card(case):
    return reverse("telemetry:conflict", args=[case.code])


def test_the_card_shows_both_sides_and_notes_who_read_them(client, site):
    make_rule(kind="latest")
    base = {"price": 100, "shelf": "A"}
    case = make_case(
        side("SBY-02", {"price": 120, "shelf": "A"}, base=base),
        side("centre", {"price": 90, "shelf": "A"}, base=base, jumped=True),
        site=site,
    )
    user = sign_in(client, site)

    html = client.get(card(case)).content.decode()

    for word in ("120", "+20", "−10", "A clock jumped", "everywhere: centre", "<svg"):
        assert word in html, word
    row = AuditRow.objects.get(action="conflict.read")
    assert (row.actor_name, row.object_code) == (user.username, case.code)


def test_the_part_that_refreshes_itself_shows_no_values_and_notes_nothing(client, site):
    case = make_case(side("A", {"price": "Kenari"}), side("B", {"price": "Merpati"}), site=site)
    sign_in(client, site)

    html = client.get(card(case), {"part": "progress"}).content.decode()

    assert "Kenari" not in html
    assert not AuditRow.objects.filter(action="conflict.read").exists()


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SYNC_TECHNICIAN], ids=str)
def test_nobody_but_the_technical_role_sees_the_desk(client, site, role):
    case = make_case(site=site)
    sign_in(client, site, role)

    for url in (reverse("telemetry:conflicts"), card(case), f"/api/v1/conflicts/{case.code}/"):
        assert client.get(url).status_code == 403


def test_a_conflict_of_another_site_does_not_exist(client, site):
    case = make_case()
    sign_in(client, site)

    assert client.get(card(case)).status_code == 404
    assert case.code not in client.get(reverse("telemetry:conflicts")).content.decode()


def test_a_field_is_decided_by_clicking_the_value_of_a_side(client, site):
    case = make_case(side("A", {"price": 10}), side("B", {"price": 12}), site=site)
    sign_in(client, site)
    mark = read_case(case).versions[1].mark

    client.post(
        reverse("telemetry:conflict_decide", args=[case.code]),
        {"choice-0": f"v:{mark}", "reason": "counted twice", "seen": case.version},
    )

    case.refresh_from_db()
    assert case.state == ConflictState.DECIDED
    assert case.decisions.get().values == {"price": 12}


def test_what_is_typed_must_be_the_kind_of_value_that_the_sides_hold(client, site):
    case = make_case(side("A", {"price": 10}), side("B", {"price": 12}), site=site)
    sign_in(client, site)
    url = reverse("telemetry:conflict_decide", args=[case.code])

    answer = client.post(url, {"choice-0": "typed", "typed-0": "cheap", "reason": "r"}, follow=True)
    assert "not that kind of value" in answer.content.decode()

    client.post(url, {"choice-0": "typed", "typed-0": "11", "reason": "counted"})
    assert case.decisions.get().values == {"price": 11}


def test_two_people_decide_over_the_limit_in_the_browser(client, site):
    make_rule(kind="sum", limit=11)
    base = {"price": 10}
    case = make_case(
        side("A", {"price": 11}, base=base), side("B", {"price": 12}, base=base), site=site
    )
    sign_in(client, site)
    client.post(
        reverse("telemetry:conflict_decide", args=[case.code]),
        {"choice-0": "rule", "reason": "both sold"},
    )
    confirm = reverse("telemetry:conflict_confirm", args=[case.code])
    html = client.post(confirm, follow=True).content.decode()
    assert "somebody else must confirm" in html

    sign_in(client, site)
    assert "Confirm as second person" in client.get(card(case)).content.decode()
    client.post(confirm)

    case.refresh_from_db()
    assert case.state == ConflictState.DECIDED
    assert case.decisions.get().values == {"price": 13}


def test_many_are_decided_at_once_and_one_is_drawn_for_another_person(client, site):
    cases = [
        make_case(side("A", {"n": 1}), side("B", {"n": 2}), site=site, key=f"k{number}")
        for number in range(3)
    ]
    sign_in(client, site)

    client.post(
        reverse("telemetry:conflicts_bulk"),
        {
            "action": "decide", "ids": [case.pk for case in cases], "decide-take": "source",
            "decide-source": "A", "decide-reason": "the shops counted",
        },
    )  # fmt: skip

    decisions = [case.decisions.get() for case in cases]
    assert [decision.values for decision in decisions] == [{"n": 1}] * 3
    assert any(decision.is_sampled for decision in decisions)


def test_the_list_costs_the_same_with_many_cases(client, site, django_assert_max_num_queries):
    for number in range(12):
        make_case(site=site, key=f"k{number}")
    sign_in(client, site)

    with django_assert_max_num_queries(26):
        client.get(reverse("telemetry:conflicts"))


def test_taking_the_list_away_is_noted(client, site):
    make_case(site=site)
    sign_in(client, site)

    answer = client.get(reverse("telemetry:conflicts"), {"export": "csv"})

    assert b"CF-" in b"".join(answer)
    assert AuditRow.objects.filter(action="conflict.export").exists()


def test_a_rule_is_written_changed_and_retired_with_its_history(client, site):
    sign_in(client, site)
    facts = {
        "entity": "order", "field": "state", "kind": "state_machine", "moves": "new: paid\npaid:",
        "data_class": "ordinary", "answer_within": "2h", "reason": "orders only go forward",
    }  # fmt: skip
    client.post(reverse("telemetry:conflict_rule_add"), facts)
    rule = ConflictRule.objects.get()
    assert rule.moves == {"new": ["paid"], "paid": []}

    url = reverse("telemetry:conflict_rule_edit", args=[rule.pk])
    client.post(url, facts | {"limit": "500", "reason": "large orders need two"})
    assert "large orders need two" in client.get(url).content.decode()

    client.post(reverse("telemetry:conflict_rule_retire", args=[rule.pk]), {"reason": "over"})
    rule.refresh_from_db()
    assert (rule.number, rule.retired_at is None) == (3, False)


def test_a_second_rule_for_the_same_field_is_refused_with_a_sentence(client, site):
    make_rule(kind="latest")
    sign_in(client, site)
    facts = {
        "entity": "price", "field": "*", "kind": "by_hand", "data_class": "ordinary",
        "answer_within": "2h", "reason": "r",
    }  # fmt: skip

    answer = client.post(reverse("telemetry:conflict_rule_add"), facts)

    assert "already a rule" in answer.content.decode()


def test_the_api_reads_decides_and_reopens(client, site):
    case = make_case(side("A", {"n": 1}), side("B", {"n": 2}), site=site)
    sign_in(client, site)
    url = f"/api/v1/conflicts/{case.code}/"

    told = client.get(url).json()
    assert [version["values"] for version in told["versions"]] == [{"n": 1}, {"n": 2}]
    assert "versions" not in client.get("/api/v1/conflicts/").json()["results"][0]
    body = {"all_from": "B", "reason": "counted", "seen": told["version"]}
    decided = client.post(f"{url}decide/", body, content_type="application/json")
    assert decided.json()["state"] == "decided"
    again = client.post(f"{url}decide/", body, content_type="application/json")
    assert again.status_code == 409
    reopened = client.post(f"{url}reopen/", {"reason": "no"}, content_type="application/json")
    assert reopened.json()["state"] == "open"
