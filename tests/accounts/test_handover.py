"""A leaver's and a mover's work: seen before, handed over at once, never left to nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import RequestFactory

from assets.models import SiteAssignment
from assets.services.signatory import appoint_signatory, delegate_signing
from bcp_portal.accounts.duties import duty_kinds
from bcp_portal.accounts.frame_tasks import my_tasks
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import PERMISSION_ROLES, Role
from bcp_portal.accounts.selectors.duties import duties_of, duty_places, left_behind
from bcp_portal.accounts.services.handover import HandoverRefusedError, hand_over
from bcp_portal.accounts.services.person import deactivate_person
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports.models import Carries, ReportDelivery, Rhythm
from bcp_portal.reports.overviews.registry import find_overview
from bcp_portal.reports.services.delivery import order_delivery
from bcp_portal.shared.errors import DomainError
from incidents.duties import ROLE_RIGHTS
from incidents.models import Notice, Playbook, Review, Shift
from incidents.services.action_item import assign_action_item
from incidents.services.rotation import assign_shift, make_rotation
from incidents.services.team import form_team
from risks.models import Acceptance, Control, Plan
from risks.services.control import introduce_control
from tests.make import NOON, make_site, make_user
from tests.make_assets import assign, make_asset
from tests.make_conflicts import make_case
from tests.make_incidents import make_incident, make_policy, make_version
from tests.make_register import make_acceptance, make_indicator
from tests.make_risks import make_action, make_risk, make_treatment

pytestmark = pytest.mark.django_db
WHY = "Moves to another company"


@pytest.fixture
def boss():
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def heir():
    return make_user(
        Role.RESPONDER, Role.INCIDENT_COMMANDER, Role.BUSINESS_OWNER, Role.SYNC_TECHNICIAN,
        username="heir",
    )  # fmt: skip


@pytest.fixture
def leaver():
    """Somebody who answers for one thing of most kinds."""
    who = make_user(Role.RESPONDER, username="leaver")
    other = make_user()
    north = make_site(code="NORTH")
    assign(who, site=north)
    asset = make_asset(site=north, business_owner=who, technical_owner=who)
    risk = make_risk(owner=who, business_owner=who, assets=[asset])
    make_action(risk, make_treatment(risk, owner=who), owner=who)
    introduce_control(
        facts={"name": "Spare", "kind": "corrective", "nature": "technical", "owner": who},
        actor=other,
        at=NOON,
    )
    make_indicator(risk, owner=who)
    incident = make_incident(commander=who)
    assign_action_item(
        incident=incident,
        text="Rehearse the switch",
        owner=who,
        due_on=NOON.date() + timedelta(days=3),
        actor=other,
        at=NOON,
    )
    make_policy([who, other], fallback=who)
    rotation = make_rotation(name="Duty", actor=other, at=NOON)
    assign_shift(
        rotation=rotation,
        user=who,
        starts_at=NOON - timedelta(hours=2),
        ends_at=NOON + timedelta(hours=6),
        actor=other,
        at=NOON,
    )
    User.objects.filter(pk=other.pk).update(manager=who)
    return who


def keys_of(person, **which) -> list[str]:
    return [duty.key for group in duties_of(person, at=NOON, **which) for duty in group.duties]


KINDS = {
    "manager", "site_assignment", "asset_business", "asset_technical", "incident_role",
    "action_item", "shift", "escalation_target", "fallback", "risk", "risk_business", "treatment",
    "treatment_action",
    "control", "indicator",
}  # fmt: skip


def test_everything_that_a_leaver_answers_for_is_listed(leaver):
    assert {key.split(":")[0] for key in keys_of(leaver)} == KINDS


def test_one_verb_hands_everything_over_and_closes_the_account(leaver, heir, boss):
    keys = keys_of(leaver)
    count = hand_over(
        person=leaver, to=heir, keys=keys, reason=WHY, actor=boss, at=NOON, and_close=True
    )
    leaver.refresh_from_db()

    assert count == len(keys) == len(keys_of(heir))
    assert keys_of(leaver) == []
    assert not leaver.is_active
    assert left_behind(at=NOON) == {}
    row = AuditRow.objects.get(action="user.hand_over")
    assert (row.reason, row.after["to"]) == (WHY, "heir")
    told = Notice.objects.filter(person=heir, message__contains="are yours from now on").get()
    assert told.params == {"count": count, "name": leaver.name}


def test_nobody_leaves_this_way_while_something_stays_behind(leaver, heir, boss):
    keys = [key for key in keys_of(leaver) if not key.startswith("control:")]
    with pytest.raises(HandoverRefusedError, match="leave this behind"):
        hand_over(
            person=leaver, to=heir, keys=keys, reason=WHY, actor=boss, at=NOON, and_close=True
        )
    leaver.refresh_from_db()

    assert leaver.is_active
    assert len(keys_of(leaver)) == len(keys) + 1
    assert not AuditRow.objects.filter(action="user.hand_over").exists()


def test_a_list_that_changed_meanwhile_is_looked_at_again(leaver, heir, boss):
    keys = keys_of(leaver)
    Control.objects.filter(owner=leaver).update(owner=heir)

    with pytest.raises(HandoverRefusedError, match="changed meanwhile"):
        hand_over(person=leaver, to=heir, keys=keys, reason=WHY, actor=boss, at=NOON)
    assert SiteAssignment.objects.filter(user=leaver).exists()


@pytest.mark.parametrize("key", ["unknown:1", "risk:x", "risk"])
def test_a_key_that_nobody_named_is_refused(leaver, heir, boss, key):
    with pytest.raises(HandoverRefusedError):
        hand_over(person=leaver, to=heir, keys=[key], reason=WHY, actor=boss, at=NOON)


def test_a_mover_hands_over_what_lies_in_the_old_place_only(leaver, heir, boss):
    south = make_site(code="SOUTH")
    assign(leaver, site=south)
    assert duty_places(leaver, at=NOON) == ["NORTH", "SOUTH"]

    keys = keys_of(leaver, place="NORTH")
    hand_over(person=leaver, to=heir, keys=keys, reason="Moves south", actor=boss, at=NOON)

    assert {key.split(":")[0] for key in keys} == {
        "site_assignment", "asset_business", "asset_technical", "risk", "risk_business",
        "treatment", "treatment_action",
    }  # fmt: skip
    assert duty_places(leaver, at=NOON) == ["SOUTH"]
    assert keys_of(leaver)


def test_offices_teams_reviews_plans_and_playbooks_go_along(heir, boss):
    who, other = make_user(), make_user()
    appoint_signatory(role="operations", user=who, actor=other, at=NOON)
    incident = make_incident()
    form_team(incident=incident, name="North", lead=who, actor=other, at=NOON)
    Review.objects.create(incident=incident, owner=who, opened_at=NOON)
    playbook = make_version().playbook
    Playbook.objects.filter(pk=playbook.pk).update(business_owner=who, technical_owner=who)
    acceptance = make_acceptance()
    Acceptance.objects.filter(pk=acceptance.pk).update(
        approver=who, accepted_at=None, accepted_by=None
    )
    Plan.objects.create(
        code="P-1", title="Away", kind="continuity", scenario="-", owner=who, created_at=NOON
    )
    keys = keys_of(who)
    hand_over(person=who, to=heir, keys=keys, reason=WHY, actor=boss, at=NOON, and_close=True)

    assert {key.split(":")[0] for key in keys} == {
        "signatory", "team", "review", "playbook_business", "playbook_technical", "acceptance",
        "plan",
    }  # fmt: skip
    assert len(keys_of(heir)) == len(keys)


def test_nobody_decides_about_an_acceptance_they_asked_for(heir, boss):
    who = make_user()
    acceptance = make_acceptance()
    Acceptance.objects.filter(pk=acceptance.pk).update(
        approver=who, asked_by=heir, accepted_at=None, accepted_by=None
    )

    with pytest.raises(DomainError, match="cannot decide it, too"):
        hand_over(person=who, to=heir, keys=keys_of(who), reason=WHY, actor=boss, at=NOON)


def test_a_turn_that_has_begun_keeps_who_had_it_until_now(leaver, heir, boss):
    keys = [key for key in keys_of(leaver) if key.startswith("shift:")]
    hand_over(person=leaver, to=heir, keys=keys, reason=WHY, actor=boss, at=NOON)

    turns = Shift.objects.order_by("starts_at")
    assert [(turn.user_id, turn.ends_at - turn.starts_at) for turn in turns] == [
        (leaver.pk, timedelta(hours=2)),
        (heir.pk, timedelta(hours=6)),
    ]


def test_a_conflict_goes_to_the_next_person(heir, boss):
    who = make_user()
    case = make_case()
    type(case).objects.filter(pk=case.pk).update(owner=who)
    hand_over(person=who, to=heir, keys=keys_of(who), reason=WHY, actor=boss, at=NOON)
    case.refresh_from_db()

    assert case.owner == heir


def test_what_a_closed_account_leaves_is_a_task_of_the_administrators_until_it_is_given(heir, boss):
    who = make_user(username="gone")
    make_risk(owner=who)
    deactivate_person(user=who, actor=boss, at=NOON, reason=WHY)
    request = RequestFactory().get("/")
    request.user = boss
    told = [str(task.label) for task in my_tasks(request)]
    request.user = heir
    assert [task for task in my_tasks(request) if "gone" in str(task.label)] == []

    assert "1 thing of gone, who has left, is nobody's" in told
    hand_over(person=who, to=heir, keys=keys_of(who), reason=WHY, actor=boss, at=NOON)
    assert left_behind(at=NOON) == {}


def test_the_page_shows_first_and_hands_over_what_is_ticked(client, leaver, heir, boss):
    client.force_login(boss)
    place = f"/people/{leaver.username}/hand-over/"
    page = client.get(place).content.decode()
    keys = [key for key in keys_of(leaver) if key.startswith("control:")]
    answer = client.post(place, {"keys": keys, "to": heir.pk, "reason": WHY})

    assert "Hand over the work of" in page
    assert "Rehearse" not in page
    assert answer["Location"] == f"/people/{leaver.username}/"
    assert Control.objects.get().owner == heir


def test_a_successor_whose_role_does_not_let_them_do_the_work_is_refused_by_name(leaver, boss):
    clerk = make_user(Role.VIEWER, first_name="Sari", last_name="Melati")
    keys = keys_of(leaver)
    with pytest.raises(HandoverRefusedError, match="Sari Melati has no role for this") as refusal:
        hand_over(person=leaver, to=clerk, keys=keys, reason=WHY, actor=boss, at=NOON)

    assert "Role in an open incident: INC-" in str(refusal.value)
    assert keys_of(leaver) == keys


def test_a_successor_who_may_not_look_at_the_place_is_refused_by_name(leaver, boss):
    owner = make_user(Role.BUSINESS_OWNER)
    keys = [key for key in keys_of(leaver) if key.startswith("asset_business:")]
    with pytest.raises(HandoverRefusedError, match="may not look at this"):
        hand_over(person=leaver, to=owner, keys=keys, reason=WHY, actor=boss, at=NOON)
    assign(owner, site=leaver.site_assignments.get().site)

    assert hand_over(person=leaver, to=owner, keys=keys, reason=WHY, actor=boss, at=NOON) == 1


def test_the_page_shows_the_roles_of_each_successor_and_what_ends_by_itself(client, leaver, boss):
    lent(leaver, make_user(first_name="Rina", last_name="Kartika"))
    client.force_login(boss)
    page = client.get(f"/people/{leaver.username}/hand-over/").content.decode()

    assert f"{boss.name} (Administrator)" in page
    assert "leaver lets Rina Kartika sign until 2099-01-01" in page


def lent(person, to):
    return delegate_signing(
        delegate=to, ends_at=datetime(2099, 1, 1, tzinfo=UTC), reason="Leave", actor=person, at=NOON
    )


def test_delegations_end_with_whoever_gave_or_holds_them(boss):
    who, other = make_user(), make_user()
    given, held, apart = lent(who, other), lent(other, who), lent(other, boss)
    deactivate_person(user=who, actor=boss, at=NOON, reason=WHY)
    for one in (given, held, apart):
        one.refresh_from_db()

    assert (given.revoked_at, held.revoked_at, apart.revoked_at) == (NOON, NOON, None)
    assert AuditRow.objects.get(action="user.deactivate").after["delegations_ended"] == 2
    assert AuditRow.objects.filter(action="signing.revoke", actor_id=boss.pk).count() == 2


def ordered(person, key="actions_open"):
    return order_delivery(
        overview=find_overview(key, person),
        rhythm=Rhythm.WEEKLY,
        carries=Carries.LINK,
        actor=person,
        at=NOON,
    )


def test_a_report_that_was_sent_regularly_goes_to_the_successor(heir, boss):
    who = make_user(Role.INCIDENT_COMMANDER)
    ordered(who)
    keys = keys_of(who)
    hand_over(person=who, to=heir, keys=keys, reason=WHY, actor=boss, at=NOON, and_close=True)
    row = ReportDelivery.objects.running().get()

    assert [key.split(":")[0] for key in keys] == ["report_delivery"]
    assert (row.person, row.overview, row.rhythm) == (heir, "actions_open", "weekly")
    assert AuditRow.objects.filter(action="report.delivery_order", actor_id=boss.pk).exists()


def test_a_report_that_the_successor_may_not_read_stops(boss):
    who, clerk = make_user(Role.INCIDENT_COMMANDER), make_user()
    row = ordered(who)
    hand_over(person=who, to=clerk, keys=keys_of(who), reason=WHY, actor=boss, at=NOON)
    row.refresh_from_db()

    assert not ReportDelivery.objects.running().exists()
    assert "may not read it" in row.end_reason


def test_what_is_sent_to_a_leaver_ends_with_the_account(boss):
    who = make_user(Role.INCIDENT_COMMANDER)
    ordered(who)
    deactivate_person(user=who, actor=boss, at=NOON, reason=WHY)

    assert not ReportDelivery.objects.running().exists()
    assert AuditRow.objects.get(action="user.deactivate").after["deliveries_ended"] == 1


def test_every_right_that_a_duty_asks_for_is_one_that_some_role_holds():
    asked = {kind.right for kind in duty_kinds() if isinstance(kind.right, str)} - {""}
    assert asked <= set(PERMISSION_ROLES)
    assert set(ROLE_RIGHTS.values()) <= set(PERMISSION_ROLES)


def test_every_field_that_names_a_holder_is_known_to_the_rooms():
    for kind in duty_kinds():
        assert kind.rows(NOON).model._meta.get_field(kind.holder).related_model is User
