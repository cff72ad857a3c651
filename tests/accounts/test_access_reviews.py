"""Every quarter somebody else looks at every right; dangerous ones are given by two."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.models import AccessDecision, AccessItem, AccessReview, RoleGrant
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.access_review import (
    close_due_review,
    confirm_access,
    open_due_review,
    open_review,
    withdraw_access,
)
from bcp_portal.accounts.services.person import deactivate_person
from bcp_portal.accounts.services.role_grant import (
    agree_to_grant,
    end_emergency,
    refuse_grant,
)
from bcp_portal.accounts.services.user import set_roles
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.shared.errors import DomainError, NotAllowedError
from tests.make import LATER, NOON, make_user
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss():
    return make_user(Role.ADMINISTRATOR, first_name="Rizky")


def open_one(**fields) -> AccessReview:
    return open_review(**({"code": "AR-1", "actor": None, "at": NOON} | fields))


def item_of(user) -> AccessItem:
    return AccessItem.objects.get(person=user)


def test_a_quarter_is_opened_once_by_itself(boss):
    make_user(Role.VIEWER)

    assert open_due_review(at=NOON) == "opened AR-2026-Q1"
    assert open_due_review(at=LATER) == "it is open or done"
    assert AccessItem.objects.count() == 2


def test_an_empty_portal_opens_no_review():
    assert open_due_review(at=NOON) == "there is nobody to look at"


def test_the_manager_is_responsible_and_nobody_for_themselves(boss):
    manager = make_user(Role.BUSINESS_OWNER)
    clerk = make_user(Role.VIEWER, manager=manager)

    open_one()

    assert item_of(clerk).responsible == manager
    assert item_of(boss).responsible == manager
    assert item_of(manager).responsible == boss


def test_nobody_confirms_their_own_rights(boss):
    open_one()

    with pytest.raises(NotAllowedError, match="Nobody confirms"):
        confirm_access(item=item_of(boss), actor=boss, at=LATER)


def test_only_who_is_responsible_or_runs_accounts_decides(boss):
    clerk, other = make_user(Role.VIEWER), make_user(Role.BUSINESS_OWNER)
    open_one()

    with pytest.raises(NotAllowedError):
        confirm_access(item=item_of(clerk), actor=other, at=LATER)
    assert confirm_access(item=item_of(clerk), actor=boss, at=LATER).decided_by == boss


def test_a_withdrawn_right_is_gone_at_once_and_its_reason_kept(boss):
    clerk = make_user(Role.VIEWER)
    open_one()

    withdraw_access(item=item_of(clerk), actor=boss, at=LATER, reason="Left the project")

    assert not clerk.groups.exists()
    row = AuditRow.objects.get(action="user.set_roles")
    assert (row.reason, row.after) == ("Left the project", {"roles": []})


def test_a_right_is_not_withdrawn_without_a_reason(boss):
    clerk = make_user(Role.VIEWER)
    open_one()

    with pytest.raises(DomainError, match="Say why"):
        withdraw_access(item=item_of(clerk), actor=boss, at=LATER, reason=" ")


def test_what_nobody_confirmed_is_withdrawn_by_the_deadline(boss):
    other = make_user(Role.BUSINESS_OWNER)
    clerk = make_user(Role.VIEWER)
    review = open_one()
    confirm_access(item=item_of(boss), actor=other, at=LATER)
    deadline = Deadline.objects.get(kind="accounts.access_review")
    assert deadline.due_at == review.withdraws_at == NOON + timedelta(days=21)

    close_due_review(deadline=deadline, at=deadline.due_at)

    assert item_of(clerk).decision == AccessDecision.LAPSED
    assert not clerk.groups.exists()
    assert boss.groups.exists()
    assert AccessReview.objects.get().closed_at == deadline.due_at


def test_the_last_administrator_is_kept_and_shown_as_such(boss):
    open_one()

    close_due_review(deadline=Deadline.objects.get(), at=LATER)

    assert item_of(boss).decision == AccessDecision.KEPT
    assert boss.groups.exists()


def test_the_last_decision_closes_the_review(boss):
    owner = make_user(Role.BUSINESS_OWNER)
    open_one()

    confirm_access(item=item_of(owner), actor=boss, at=LATER)
    confirm_access(item=item_of(boss), actor=owner, at=LATER)

    assert AccessReview.objects.get().closed_at == LATER
    assert not Deadline.objects.waiting().exists()


def test_a_dangerous_role_waits_for_a_second_person(boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)

    asked = set_roles(
        user=clerk, roles=[Role.VIEWER, Role.ADMINISTRATOR], actor=boss, at=NOON, reason="Cover"
    )
    grant = RoleGrant.objects.get()
    with pytest.raises(NotAllowedError):
        agree_to_grant(grant=grant, actor=boss, at=LATER)
    agree_to_grant(grant=grant, actor=second, at=LATER)

    assert asked == ["administrator"]
    assert set(clerk.groups.values_list("name", flat=True)) == {"viewer", "administrator"}


def test_a_refused_role_is_not_given(boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)
    set_roles(user=clerk, roles=[Role.ADMINISTRATOR], actor=boss, at=NOON, reason="Cover")

    refuse_grant(grant=RoleGrant.objects.get(), actor=second, at=LATER)

    assert not clerk.groups.filter(name="administrator").exists()
    with pytest.raises(DomainError):
        agree_to_grant(grant=RoleGrant.objects.get(), actor=second, at=LATER)


def test_where_there_is_no_second_person_one_is_enough(boss):
    clerk = make_user(Role.VIEWER)

    assert set_roles(user=clerk, roles=[Role.ADMINISTRATOR], actor=boss, at=NOON, reason="x") == []
    assert clerk.groups.filter(name="administrator").exists()


def in_emergency(clerk, boss, at=NOON, **proof):
    """Clerk becomes administrator by one person alone."""
    proof = {"signed_in_at": at} | proof
    set_roles(
        user=clerk, roles=[Role.VIEWER, Role.ADMINISTRATOR], actor=boss, at=at,
        reason="Nobody answers", emergency=True, **proof,
    )  # fmt: skip
    return RoleGrant.objects.get()


def roles_of(person):
    return set(person.groups.values_list("name", flat=True))


def end_it():
    deadline = Deadline.objects.waiting().get(kind="accounts.emergency_role")
    end_emergency(deadline=deadline, at=deadline.due_at)
    return deadline


def test_an_emergency_gives_a_dangerous_role_at_once_and_for_four_hours(boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)

    grant = in_emergency(clerk, boss)
    held = roles_of(clerk)
    deadline = end_it()

    assert held == {"viewer", "administrator"}
    assert roles_of(clerk) == {"viewer"}
    assert deadline.due_at == NOON + timedelta(hours=4)
    assert "user.set_roles" in AuditRow.objects.filter(
        object_id=clerk.pk, reason__contains="emergency"
    ).values_list("action", flat=True)
    # What was done is looked at all the same.
    assert RoleGrant.objects.visible_to(second).waiting().get() == grant


def test_an_emergency_takes_a_fresh_sign_in(boss):
    make_user(Role.BUSINESS_OWNER)
    clerk = make_user(Role.VIEWER)

    for proof in (None, NOON - timedelta(minutes=6)):
        with pytest.raises(NotAllowedError, match="sign in again"):
            in_emergency(clerk, boss, signed_in_at=proof)

    assert roles_of(clerk) == {"viewer"}


def test_only_somebody_else_judges_an_emergency(boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)
    grant = in_emergency(clerk, boss)

    for judge in (agree_to_grant, refuse_grant):
        for involved in (boss, clerk):
            with pytest.raises(NotAllowedError, match="Somebody else"):
                judge(grant=grant, actor=involved, at=LATER)
    agree_to_grant(grant=grant, actor=second, at=LATER)

    # Right or not: it ends at its hour.
    assert roles_of(clerk) == {"viewer", "administrator"}
    end_it()
    assert roles_of(clerk) == {"viewer"}


def test_an_emergency_that_was_not_right_ends_at_once(boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)
    grant = in_emergency(clerk, boss)

    refuse_grant(grant=grant, actor=second, at=LATER)

    assert roles_of(clerk) == {"viewer"}
    assert not Deadline.objects.waiting().filter(kind="accounts.emergency_role").exists()


def test_nobody_holds_a_role_in_an_emergency_twice_unseen(boss):
    make_user(Role.BUSINESS_OWNER)
    clerk = make_user(Role.VIEWER)
    in_emergency(clerk, boss)
    end_it()

    with pytest.raises(DomainError, match="look at that first"):
        in_emergency(clerk, boss, at=LATER)
    with pytest.raises(DomainError, match="look at that first"):
        set_roles(user=clerk, roles=[Role.ADMINISTRATOR], actor=boss, at=LATER, reason="x")
    assert "administrator" not in roles_of(clerk)


def test_the_end_of_an_emergency_takes_nothing_that_two_people_have_given_since(boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)
    agree_to_grant(grant=in_emergency(clerk, boss), actor=second, at=LATER)
    set_roles(user=clerk, roles=[Role.VIEWER], actor=boss, at=LATER, reason="Not needed")
    wanted = [Role.VIEWER, Role.ADMINISTRATOR]
    set_roles(user=clerk, roles=wanted, actor=boss, at=LATER, reason="Needed for good")
    agree_to_grant(grant=RoleGrant.objects.waiting().get(), actor=second, at=LATER)

    end_it()

    assert "administrator" in roles_of(clerk)


def test_what_waited_for_a_second_person_becomes_an_emergency(boss):
    make_user(Role.BUSINESS_OWNER)
    clerk = make_user(Role.VIEWER)
    set_roles(user=clerk, roles=[Role.ADMINISTRATOR], actor=boss, at=NOON, reason="Cover")

    assert in_emergency(clerk, boss, at=LATER).is_emergency
    assert "administrator" in roles_of(clerk)


def test_whoever_became_the_last_administrator_keeps_the_role_until_there_is_another(boss):
    make_user(Role.BUSINESS_OWNER)
    clerk = make_user(Role.VIEWER)
    in_emergency(clerk, boss)
    deactivate_person(user=boss, actor=clerk, at=LATER, reason="Gone")
    end_it()
    kept = roles_of(clerk)
    make_user(Role.ADMINISTRATOR)
    Deadline.objects.filter(step=0).delete()
    end_it()

    assert "administrator" in kept
    assert roles_of(clerk) == {"viewer"}


def test_an_emergency_is_declared_on_the_page_of_roles(client, boss):
    second, clerk = make_user(Role.BUSINESS_OWNER), make_user(Role.VIEWER)
    client.force_login(boss)
    typed = {"roles": ["viewer", "administrator"], "reason": "Nobody answers", "emergency": "on"}
    address = reverse("accounts:person_roles", args=[clerk.username])

    asked_again = client.post(address, typed)
    signed_in(client, boss).post(address, typed)
    client.force_login(second)
    seen = client.get(reverse("accounts:reviews")).content.decode()

    assert "reauthenticate" in asked_again["Location"]
    assert "administrator" in roles_of(clerk)
    assert "held in an emergency" in seen
    assert "It was not right: take it away" in seen


def test_rights_are_confirmed_on_the_page_and_refusals_are_said(client, boss):
    clerk = make_user(Role.VIEWER)
    review = open_one()
    client.force_login(boss)
    items = [str(item_of(user).pk) for user in (clerk, boss)]

    answer = client.post(
        reverse("accounts:reviews_decide"), {"action": "confirm", "ids": items}, follow=True
    )

    assert item_of(clerk).decision == AccessDecision.CONFIRMED
    assert "Nobody confirms or withdraws their own rights." in answer.content.decode()
    page = client.get(reverse("accounts:review", args=[review.code]))
    assert page.status_code == 200


def test_an_overdue_review_says_so(client, boss):
    open_one()
    client.force_login(boss)

    assert "Overdue" in client.get(reverse("accounts:reviews")).content.decode()


def test_the_review_is_on_paper(boss):
    make_user(Role.VIEWER, first_name="Sari")
    review = open_one()

    paper, _digest = make_paper(kind="access_review", subject_id=review.pk, language="en", at=LATER)

    assert paper.bytes.startswith(b"%PDF")
    assert paper.pages >= 2
