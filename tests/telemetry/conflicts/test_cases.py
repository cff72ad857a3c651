"""Cases: one for one conflict, settled by rules where they may, by people where they must."""

from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from assets.changes import ReasonMissingError
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError, NotAllowedError
from telemetry.conflicts.choosing import IncompleteDecisionError
from telemetry.conflicts.instructions import instructions_for
from telemetry.models import ConflictCase, ConflictDecision, ConflictState, SyncSession
from telemetry.services.conflict_agreement import check_agreement, mark_instructions_sent
from telemetry.services.conflict_decision import (
    BulkRefusedError,
    confirm_decision,
    decide_conflict,
    decide_in_bulk,
    refuse_decision,
    reopen_conflict,
    review_decision,
    take_conflict,
)
from telemetry.services.conflict_escalation import conflict_due
from telemetry.services.conflict_note import StaleConflictError
from telemetry.services.conflict_report import take_up_reports
from telemetry.services.conflict_rule import change_rule
from tests.make import LATER, NOON, make_device, make_site, make_user
from tests.make_conflicts import decide, make_case, make_rule, pick, side, tell

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def technician(site=None):
    user = make_user(Role.SYNC_TECHNICIAN)
    if site is not None:
        user.site_assignments.create(site=site)
    return user


def test_the_same_conflict_told_by_two_sites_is_one_case():
    one, other = make_device(site=make_site(code="A")), make_device(site=make_site(code="B"))
    sides = side("A", {"price": 1}), side("B", {"price": 2})
    tell(*sides, device=one, conflict_id="a-1")
    tell(*reversed(sides), device=other, conflict_id="b-77")

    take_up_reports(at=NOON)

    case = ConflictCase.objects.get()
    assert case.reports.count() == 2
    assert case.versions.count() == 2
    assert [place.site.code for place in case.places.all()] == ["A", "B"]


def test_the_same_record_in_another_conflict_is_another_case():
    tell(side("A", {"n": 1}), side("B", {"n": 2}))
    tell(side("C", {"n": 1}), side("D", {"n": 2}))

    take_up_reports(at=NOON)

    assert ConflictCase.objects.count() == 2


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_report_that_names_sides_of_two_cases_joins_them_in_any_order(order):
    a, b, c, d = (side(name, {"n": name}) for name in "ABCD")
    for number in order:
        tell(*[(a, b), (c, d), (b, c)][number])
        take_up_reports(at=NOON)

    (case,) = ConflictCase.objects.exclude(state=ConflictState.MERGED)

    assert [version.source for version in case.versions.all()] == list("ABCD")
    assert case.reports.count() == 3


def test_what_a_rule_settles_needs_nobody_and_waits_for_the_sites():
    make_rule(kind="latest")
    case = make_case()

    decision = case.decisions.get()
    assert (case.state, case.why) == (ConflictState.DECIDED, "automatic")
    assert (decision.is_automatic, decision.values) == (True, {"price": 12})
    assert decision.rules == ["price.* v1"]
    assert not Deadline.objects.waiting().exists()


def test_overlapping_clocks_refuse_the_latest_and_flag_the_case():
    make_rule(kind="latest")
    case = make_case(
        side("A", {"price": 10}, give_or_take=3_600_000),
        side("B", {"price": 12}, at=LATER, give_or_take=5),
    )

    assert (case.state, case.why) == (ConflictState.OPEN, "clock_veto")
    assert case.due_at == NOON + 4 * HOUR


def test_a_critical_report_is_never_settled_by_itself_and_is_due_within_an_hour():
    make_rule(kind="latest")
    case = make_case(is_critical=True)

    assert (case.state, case.why, case.due_at) == (ConflictState.OPEN, "critical", NOON + HOUR)


def test_an_unreadable_report_stops_nobody_else():
    tell(body={"versions": [{"rev": "no source"}]})
    make_case()

    assert ConflictCase.objects.count() == 1


def test_a_decision_goes_to_the_sites_and_closes_only_when_all_of_them_agree():
    case = make_case(side("A", {"n": 1}), side("B", {"n": 2}), site=make_site(code="A"))
    make_site(code="B")
    tell(side("A", {"n": 1}), side("B", {"n": 2}))
    devices = {place.site_id: make_device(site=place.site) for place in case.places.all()}
    decision = decide(case)

    def report(site_id, digest, *, after):
        SyncSession.objects.create(
            device=devices[site_id], session_id=uuid4(), stream_name="prices", direction="push",
            outcome="ok", started_at=NOON + after, received_at=NOON + after,
            digest_after={"alg": "sha256-sorted", "value": digest, "rows": 1, "scope": case.scope},
        )  # fmt: skip

    site_id = next(iter(devices))
    (told,) = instructions_for(site_id)
    assert told["values"] == {"n": 2}
    assert mark_instructions_sent(site_id=site_id, uids=[decision.uid], at=NOON + HOUR) == 1
    report(site_id, "something else", after=HOUR)
    check_agreement(at=LATER)
    case.refresh_from_db()
    assert (case.state, case.places.first().state) == (ConflictState.DECIDED, "mismatch")

    report(site_id, decision.digest, after=2 * HOUR)
    check_agreement(at=NOON + 2 * HOUR)
    case.refresh_from_db()
    decision.refresh_from_db()
    assert (case.state, decision.state) == (ConflictState.SETTLED, "settled")
    assert instructions_for(site_id) == []


def test_a_stream_that_agrees_proves_nothing_before_the_site_was_told():
    session = uuid4()
    site = make_site(code="A")
    device = make_device(site=site)
    facts = {
        "device": device, "stream_name": "prices", "direction": "push", "outcome": "ok",
        "digest_after": {"value": "x"}, "digest_peer_after": {"value": "x"},
    }  # fmt: skip
    SyncSession.objects.create(session_id=session, started_at=NOON, received_at=NOON, **facts)
    tell(
        side("A", {"n": 1}), side("centre", {"n": 2}), device=device,
        body={"session_id": str(session)},
    )  # fmt: skip
    take_up_reports(at=NOON)
    case = ConflictCase.objects.get()
    decision = decide(case, "centre")
    SyncSession.objects.create(session_id=uuid4(), started_at=LATER, received_at=LATER, **facts)

    check_agreement(at=LATER)
    assert ConflictCase.objects.get().state == ConflictState.DECIDED

    mark_instructions_sent(site_id=site.pk, uids=[decision.uid], at=LATER)
    again = LATER + HOUR
    SyncSession.objects.create(session_id=uuid4(), started_at=again, received_at=again, **facts)
    check_agreement(at=again)
    assert ConflictCase.objects.get().state == ConflictState.SETTLED


def test_a_further_version_takes_a_decision_back():
    case = make_case()
    decide(case)

    tell(side("B", {"price": 12}, at=LATER), side("C", {"price": 14}))
    take_up_reports(at=LATER)

    case.refresh_from_db()
    assert case.state == ConflictState.OPEN
    assert case.decisions.get().state == "withdrawn"
    assert case.versions.count() == 3


def test_over_the_limit_the_database_itself_wants_two_people():
    make_rule(kind="by_hand", limit=11)
    case = make_case()
    first, second = make_user(), make_user()
    decision = decide(case, actor=first)
    case.refresh_from_db()
    assert case.state == ConflictState.PROPOSED

    with pytest.raises(NotAllowedError):
        confirm_decision(case=case, actor=first, at=LATER)
    rows = ConflictDecision.objects.filter(pk=decision.pk)
    for lie in ({"state": "waiting"}, {"state": "waiting", "confirmed_by": first}):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**lie)

    confirm_decision(case=case, actor=second, at=LATER)
    case.refresh_from_db()
    assert case.state == ConflictState.DECIDED


def test_a_typed_amount_over_the_limit_needs_a_second_person_too():
    make_rule(kind="by_hand", limit=100)
    case = make_case()

    decision = decide_conflict(
        case=case, choices={"price": "typed"}, typed={"price": 101}, reason="counted",
        actor=make_user(), at=NOON,
    )  # fmt: skip

    assert (decision.values, decision.state) == ({"price": 101}, "proposed")


def test_a_refused_decision_leaves_the_case_open_with_a_new_deadline():
    make_rule(kind="by_hand", limit=11)
    case = make_case()
    decide(case)

    refuse_decision(case=case, reason="the paper says 10", actor=make_user(), at=LATER)

    case.refresh_from_db()
    assert (case.state, case.due_at) == (ConflictState.OPEN, LATER + 2 * HOUR)


def test_a_decided_conflict_can_be_reopened_until_the_sites_agree():
    case = make_case()
    decide(case)

    reopen_conflict(case=case, reason="wrong shelf", actor=make_user(), at=LATER)

    case.refresh_from_db()
    assert case.state == ConflictState.OPEN
    with pytest.raises(DomainError):
        reopen_conflict(case=case, reason="again", actor=make_user(), at=LATER)


@pytest.mark.parametrize(
    ("choices", "typed"), [({}, {}), ({"price": "v:none"}, {}), ({"prize": "rule"}, {})]
)
def test_a_decision_must_say_something_about_every_clash(choices, typed):
    with pytest.raises(IncompleteDecisionError):
        decide_conflict(
            case=make_case(), choices=choices, typed=typed, reason="r", actor=make_user(), at=NOON
        )


def test_a_decision_wants_a_reason_and_the_case_as_it_was_seen():
    case = make_case()

    with pytest.raises(ReasonMissingError):
        decide_conflict(case=case, choices=pick(case, "A"), reason=" ", actor=make_user(), at=NOON)
    with pytest.raises(StaleConflictError):
        decide(case, seen=case.version + 1)


def test_bulk_refuses_what_is_guarded_and_draws_samples_for_another_person():
    make_rule(entity="till", kind="by_hand", data_class="money")
    actor = make_user()
    with pytest.raises(BulkRefusedError):
        decide_in_bulk(
            case=make_case(entity="till"), take="source", source="A", reason="r", actor=actor,
            at=NOON,
        )  # fmt: skip
    case = make_case()
    decision = decide_in_bulk(
        case=case, take="source", source="A", reason="paper", actor=actor, at=NOON
    )

    assert decision.is_sampled, "the first of an hour is always drawn"
    with pytest.raises(NotAllowedError):
        review_decision(decision=decision, finding="right", reason="r", actor=actor, at=LATER)
    review_decision(decision=decision, finding="wrong", reason="B", actor=make_user(), at=LATER)
    case.refresh_from_db()
    assert case.state == ConflictState.OPEN


def test_an_overdue_case_is_given_to_a_person_and_the_next_hour_to_another():
    site = make_site()
    case = make_case(site=site)
    people = {technician(site), technician(site)}
    technician(make_site())  # looks after another site
    seen = []
    for _hour in range(2):
        deadline = Deadline.objects.waiting().get(kind="telemetry.conflict_due")
        conflict_due(deadline=deadline, at=deadline.due_at)
        Deadline.objects.filter(pk=deadline.pk).update(state="fired", fired_at=deadline.due_at)
        case.refresh_from_db()
        seen.append(case.owner)

    assert set(seen) == people
    assert case.escalations == 2


def test_an_overdue_case_that_nobody_can_take_says_so():
    case = make_case()
    deadline = Deadline.objects.waiting().get(kind="telemetry.conflict_due")

    conflict_due(deadline=deadline, at=deadline.due_at)

    assert case.events.last().kind == "nobody"


def test_taking_a_case_names_its_owner_once():
    case, actor = make_case(), make_user()

    take_conflict(case=case, actor=actor, at=NOON)
    take_conflict(case=case, actor=actor, at=NOON)

    case.refresh_from_db()
    assert (case.owner, case.events.filter(kind="taken").count()) == (actor, 1)


def test_the_trail_and_the_history_never_name_a_value():
    case = make_case(side("A", {"diagnosis": "Kenari"}), side("B", {"diagnosis": "Merpati"}))
    decide(case)

    told = [str((row.before, row.after, row.reason)) for row in AuditRow.objects.all()]
    told += [event.note for event in case.events.all()]
    assert AuditRow.objects.filter(action="conflict.decide").exists()
    assert not any("Kenari" in text or "Merpati" in text for text in told)


def test_a_changed_rule_keeps_what_it_was():
    rule = make_rule(kind="latest")

    changed = change_rule(
        rule=rule, facts={"kind": "by_hand"}, reason="clocks are bad", actor=make_user(), at=LATER
    )

    assert changed.code == "price.* v2"
    assert [edition.facts["kind"] for edition in changed.editions.all()] == ["by_hand", "latest"]
