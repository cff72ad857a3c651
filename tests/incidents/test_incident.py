"""Incidents: declared, commanded, recovered, looked back on and put away."""

from datetime import timedelta

import pytest

from assets.models import Achievement, Asset, Dependency, RecoveryTarget
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lifecycle import IllegalMoveError
from incidents.models import (
    FlowPlace,
    Incident,
    IncidentRole,
    IncidentStatus,
    RoleName,
    TimelineEntry,
)
from incidents.selectors.clocks import incident_clock, rpo_exposure
from incidents.services.action_item import assign_action_item, drop_action_item
from incidents.services.guard import rto_due
from incidents.services.incident import (
    ReviewMissingError,
    call_off_incident,
    close_incident,
    contain_incident,
    recover_incident,
    start_response,
)
from incidents.services.review import (
    ReviewChangedError,
    open_review,
    save_review,
    sign_off_review,
)
from incidents.services.role import RoleRefusedError, assign_role, end_role, take_command
from incidents.services.timeline import add_note
from incidents.services.update import publish_update
from incidents.services.verdict import amend_verdict, merge_incident
from tests.make import LATER, NOON, make_device, make_site, make_stream_state, make_user
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def make_asset(code, *, rto=None, **fields):
    asset = Asset.objects.create(code=code, name=code, **fields)
    if rto is not None:
        RecoveryTarget.objects.create(asset=asset, rto=rto, set_at=NOON)
    return asset


def recovered(**fields):
    incident = start_response(incident=make_incident(**fields), actor=make_user(), at=NOON)
    return recover_incident(incident=incident, actor=make_user(), at=LATER)


def signed_off(incident):
    review = open_review(incident=incident, actor=make_user(), at=LATER)
    save_review(review=review, texts={"root_cause": "a digger"}, actor=make_user(), at=LATER)
    return sign_off_review(review=review, actor=make_user(), at=LATER)


def test_incidents_are_numbered_in_order():
    assert [make_incident().code, make_incident().code] == ["INC-1", "INC-2"]


def test_a_declared_incident_is_on_the_timeline_and_in_the_trail():
    make_incident(title="Tills")

    assert TimelineEntry.objects.first().text == "Declared: Tills"
    assert AuditRow.objects.filter(action="incident.declare").count() == 1


def test_a_move_that_the_lifecycle_does_not_know_is_refused():
    with pytest.raises(IllegalMoveError):
        contain_incident(incident=make_incident(), actor=make_user(), at=NOON)


def test_a_refused_move_leaves_no_trace():
    incident = make_incident()
    before = TimelineEntry.objects.count()

    with pytest.raises(IllegalMoveError):
        recover_incident(incident=incident, actor=make_user(), at=NOON)

    assert TimelineEntry.objects.count() == before


def test_recovery_stops_the_rto_clock():
    asset = make_asset("till", rto=2 * HOUR)
    incident = recovered(assets=[asset])

    clock = incident_clock(incident, at=LATER + 9 * HOUR)

    assert clock.clocks[0].level == "met"
    assert clock.lasted == HOUR


def test_after_a_relapse_the_clock_runs_on():
    asset = make_asset("till", rto=2 * HOUR)
    incident = recovered(assets=[asset])

    incident = start_response(incident=incident, actor=make_user(), at=LATER + HOUR)

    assert incident_clock(incident, at=LATER + 5 * HOUR).clocks[0].level == "missed"


def test_an_asset_without_a_target_stays_unknown():
    incident = make_incident(assets=[make_asset("till")])

    assert incident_clock(incident, at=LATER).clocks[0].level == "unknown"


def test_a_later_target_does_not_change_the_incident():
    asset = make_asset("till", rto=HOUR)
    incident = make_incident(assets=[asset])
    RecoveryTarget.objects.update(rto=9 * HOUR)

    assert incident_clock(incident, at=NOON).clocks[0].deadline == NOON + HOUR


def test_what_cannot_work_without_a_hit_asset_is_hit_too():
    database, shop = make_asset("database"), make_asset("shop", rto=HOUR)
    Dependency.objects.create(asset=shop, depends_on=database)

    incident = make_incident(assets=[database])

    assert incident.assets.get(asset=shop).gated_by == database


def test_an_rto_that_runs_out_is_a_key_moment():
    make_incident(assets=[make_asset("till", rto=HOUR)])
    deadline = Deadline.objects.get(kind="incidents.rto_due")

    rto_due(deadline=deadline, at=LATER)

    assert TimelineEntry.objects.last().text == "The RTO of till has run out"


def test_the_rpo_clock_runs_on_while_a_site_is_dark():
    device = make_device()
    make_stream_state(device, rpo=HOUR, oldest_pending_at=NOON, pending_records=7)
    incident = make_incident(sites=[device.site])

    exposure = rpo_exposure(incident, at=NOON + timedelta(minutes=90))

    assert (exposure.pending_records, exposure.minutes_left) == (7, -30)
    assert exposure.breached_count == 1


def test_a_site_of_which_nothing_is_known_stays_unknown():
    exposure = rpo_exposure(make_incident(sites=[make_site()]), at=NOON)

    assert exposure.unknown_count == 1
    assert exposure.streams[0].pending_records is None


def test_closing_takes_a_signed_review():
    incident = recovered()

    with pytest.raises(ReviewMissingError):
        close_incident(incident=incident, actor=make_user(), at=LATER)
    signed_off(incident)
    incident.refresh_from_db()

    closed = close_incident(incident=incident, actor=make_user(), at=LATER)
    assert closed.status == IncidentStatus.CLOSED


def test_closing_before_the_review_takes_a_reason():
    closed = close_incident(
        incident=recovered(), actor=make_user(), at=LATER, reason="a duplicate of INC-1"
    )

    assert closed.closed_at == LATER


def test_a_closed_incident_is_proof_for_its_targets():
    incident = recovered(assets=[make_asset("till", rto=2 * HOUR)])

    close_incident(incident=incident, actor=make_user(), at=LATER, reason="small")

    proof = Achievement.objects.get()
    assert (proof.achieved, proof.is_met, proof.source_code) == (HOUR, True, incident.code)


def test_a_false_alarm_needs_a_reason():
    with pytest.raises(DomainError, match="Say why"):
        call_off_incident(incident=make_incident(), actor=make_user(), at=NOON, reason="")


def test_taking_command_hands_over_and_keeps_the_history():
    old, new = make_user(), make_user()
    incident = make_incident(commander=old)

    incident = take_command(incident=incident, actor=new, at=LATER)

    assert incident.commander == new
    assert IncidentRole.objects.get(user=old).ended_at == LATER


def test_command_is_never_laid_down():
    make_incident()

    with pytest.raises(RoleRefusedError):
        end_role(held=IncidentRole.objects.get(), actor=make_user(), at=NOON)


def test_whoever_has_left_cannot_hold_a_role():
    with pytest.raises(RoleRefusedError):
        assign_role(
            incident=make_incident(),
            role=RoleName.SCRIBE,
            user=make_user(is_active=False),
            actor=make_user(),
            at=NOON,
        )


def test_the_first_verdict_is_never_deleted():
    incident = make_incident(kind="local")

    amend_verdict(
        incident=incident, kind="network", verdict={}, reason="gateways answer",
        actor=make_user(), at=LATER,
    )  # fmt: skip

    assert [v.kind for v in incident.verdicts.order_by("pk")] == ["local", "network"]


def test_a_merged_incident_points_to_the_one_it_is_part_of():
    small, large = make_incident(sites=[make_site()]), make_incident()

    merge_incident(incident=small, into=large, actor=make_user(), at=NOON)

    small.refresh_from_db()
    assert (small.status, small.merged_into) == (IncidentStatus.MERGED, large)
    assert large.sites.count() == 1


def test_an_incident_flows_from_detection_to_recovery():
    incident = make_incident(commander=None)
    places = [incident.phase]
    incident = take_command(incident=incident, actor=make_user(), at=NOON)
    places.append(incident.phase)
    publish_update(
        incident=incident, audience="users", text="We work on it", actor=make_user(), at=NOON
    )
    incident.refresh_from_db()
    places.append(incident.phase)

    assert places == [FlowPlace.DETECTION, FlowPlace.COMMUNICATION, FlowPlace.RECOVERY]


def test_a_per_cent_sign_in_a_note_is_only_a_sign():
    note = add_note(incident=make_incident(), text="80 %(x) done", actor=make_user(), at=NOON)

    assert note.text == "80 %(x) done"


def test_two_people_writing_a_review_do_not_overwrite_each_other():
    review = open_review(incident=recovered(), actor=make_user(), at=LATER)
    save_review(review=review, texts={"lucky": "rain"}, actor=make_user(), at=LATER, version=1)

    with pytest.raises(ReviewChangedError):
        save_review(review=review, texts={"lucky": "sun"}, actor=make_user(), at=LATER, version=1)


def test_a_promise_is_dropped_only_with_a_reason():
    item = assign_action_item(
        incident=make_incident(), text="Buy a second line", owner=make_user(),
        due_on=LATER.date(), actor=make_user(), at=NOON,
    )  # fmt: skip

    with pytest.raises(DomainError):
        drop_action_item(item=item, actor=make_user(), at=NOON, reason="")


def test_a_person_sees_the_incidents_of_the_own_sites():
    mine, other = make_site(), make_site()
    person = make_user(Role.RESPONDER)
    person.site_assignments.create(site=mine)
    seen = make_incident(sites=[mine])
    make_incident(sites=[other])

    assert list(Incident.objects.visible_to(person)) == [seen]


def test_whoever_holds_a_role_sees_the_incident():
    person = make_user(Role.RESPONDER)
    incident = make_incident(sites=[make_site()])
    assign_role(incident=incident, role=RoleName.SCRIBE, user=person, actor=make_user(), at=NOON)

    assert incident in Incident.objects.visible_to(person)
