"""A treatment plan has actions, each with an owner, a day and a cost (G4)."""

import csv
from datetime import timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from risks.history import differences
from risks.models import RegisterVersion
from risks.reports.register import actions_table
from risks.selectors.as_of import picture_of
from risks.selectors.digest import waiting_for_people
from risks.selectors.tasks import tasks_of
from risks.services.handover import give_action
from risks.services.risk import retire_risk
from risks.services.treatment import (
    ActionsOpenError,
    drop_action,
    drop_treatment,
    edit_action,
    finish_action,
    finish_treatment,
)
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_action, make_risk, make_treatment

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
JSON = {"content_type": "application/json"}


@pytest.fixture
def enter(client):
    """The door, opened by somebody with this role."""

    def as_somebody(*roles):
        client.force_login(make_user(*roles))
        return client

    return as_somebody


def test_an_action_is_added_changed_and_done_by_forms_on_the_page_of_its_risk(enter):
    risk, client = make_risk(residual=(3, 3)), enter(Role.RISK_MANAGER)
    treatment = make_treatment(risk)
    typed = {
        "title": "Order the line",
        "owner": risk.owner_id,
        "due_on": "2001-02-03",
        "cost": "70",
    }

    client.post(reverse("risks:treatment_act", args=[treatment.pk]), typed)
    action = treatment.actions.get()
    client.post(reverse("risks:action_edit", args=[action.pk]), typed | {"title": "Buy the line"})
    page = client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    assert "Buy the line" in page
    assert "2001-02-03" in page
    assert "Overdue" in page
    client.post(reverse("risks:action_done", args=[action.pk]), {"note": "Signed"})

    action.refresh_from_db()
    assert (action.status, action.note, action.cost) == ("done", "Signed", 70)
    assert action.ended_by is not None
    actions = AuditRow.objects.filter(action__startswith="risk.action").order_by("seq")
    assert list(actions.values_list("action", flat=True)) == [
        "risk.action_add", "risk.action_edit", "risk.action_done",
    ]  # fmt: skip
    history = client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    assert "Action done" in history


def test_a_treatment_is_not_in_place_while_an_action_of_it_is_open():
    risk = make_risk()
    action = make_action(risk)
    with pytest.raises(ActionsOpenError, match="1 action of this treatment"):
        finish_treatment(treatment=action.treatment, note="Done", actor=risk.owner, at=NOON)

    finish_action(action=action, actor=risk.owner, at=NOON)
    done = finish_treatment(treatment=action.treatment, note="Done", actor=risk.owner, at=NOON)

    assert done.status == "done"


def test_what_was_to_be_done_goes_with_a_treatment_that_is_dropped():
    risk = make_risk()
    action = make_action(risk)

    drop_treatment(treatment=action.treatment, note="Too dear", actor=risk.owner, at=NOON)

    action.refresh_from_db()
    assert (action.status, action.note) == ("dropped", "Too dear")


def test_an_action_is_dropped_with_a_reason_only_and_ends_once(enter):
    action = make_action(make_risk())
    client = enter(Role.RISK_MANAGER)
    door = reverse("risks:action_drop", args=[action.pk])

    assert client.post(door, {"reason": ""}).status_code == 422
    assert client.post(door, {"reason": "Not needed"}).status_code == 302
    assert client.post(door, {"reason": "Again"}).status_code == 422


@pytest.mark.parametrize("field", ["cost", "title"])
def test_an_action_without_words_or_with_an_absurd_cost_is_refused(enter, field):
    treatment = make_treatment(make_risk())
    wrong = {"title": "Order", "owner": treatment.owner_id} | {"cost": "-1", "title": " "}
    wrong = wrong if field == "title" else wrong | {"title": "Order"}

    answer = enter(Role.RISK_MANAGER).post(
        reverse("risks:treatment_act", args=[treatment.pk]), wrong
    )

    assert answer.status_code == 422
    assert not treatment.actions.exists()


def test_each_change_of_an_action_is_a_difference_of_the_register():
    risk, other = make_risk(), make_user(first_name="Ayu", last_name="Dewi")
    action = make_action(risk, due_on=NOON.date())
    edit_action(action=action, facts={"due_on": NOON.date() + DAY}, actor=risk.owner, at=NOON + DAY)
    give_action(row=action, to=other, actor=risk.owner, at=NOON + 2 * DAY)
    drop_action(action=action, note="No line there", actor=risk.owner, at=NOON + 3 * DAY)

    kept = RegisterVersion.objects.filter(code=risk.code).order_by("recorded_at", "pk")
    facts = [one.facts for one in kept][-4:]
    said = [differences(*pair) for pair in pairwise(facts)]

    assert [[one.field for one in each] for each in said] == [["treatments"]] * 3
    assert "Ayu Dewi" in said[1][0].after
    assert "(Dropped)" in said[2][0].after


def test_the_register_of_a_day_says_what_was_still_to_be_done_then():
    risk = make_risk(residual=(3, 3))
    late = make_action(risk, title="Late one", due_on=NOON.date() - DAY, cost=1500)
    make_action(risk, late.treatment, title="Some day")
    finish_action(action=late, actor=risk.owner, at=NOON + 2 * DAY)

    then = actions_table(picture_of("risk", NOON + DAY, user=None).rows, NOON.date())
    now = actions_table(picture_of("risk", NOON + 3 * DAY, user=None).rows, NOON.date() + 3 * DAY)

    assert "Late one" in str(then.rows)
    assert "1,500" in str(then.rows)
    assert "Overdue" in str(then.rows)
    assert "Late one" not in str(now.rows)
    assert "Some day" in str(now.rows)


def test_an_overdue_action_waits_in_the_digest_and_among_the_tasks_of_its_owner():
    owner = make_user(Role.RISK_MANAGER)
    risk = make_risk(review_on=NOON.date() + 90 * DAY)
    make_action(risk, owner=owner, due_on=NOON.date() - DAY)
    gone = make_risk(review_on=NOON.date() + 90 * DAY)
    make_action(gone, owner=owner, due_on=NOON.date() - DAY)
    retire_risk(risk=gone, reason="Sold", actor=risk.owner, at=NOON)

    assert waiting_for_people(NOON)[owner.pk].facts() == {"actions": [risk.code]}
    assert list(tasks_of(owner, at=NOON)) == [("1 action of a treatment overdue", "risks:actions")]


def test_all_that_waits_for_a_person_is_counted_by_one_question(django_assert_num_queries):
    owner = make_user(Role.RISK_MANAGER, Role.BUSINESS_OWNER)
    make_risk(owner=owner, review_on=NOON.date() - DAY)
    make_action(make_risk(), owner=owner, due_on=NOON.date() - DAY)
    owner.get_all_permissions()

    with django_assert_num_queries(1):
        said = [words for words, _page in tasks_of(owner, at=NOON)]

    assert said == ["1 risk review overdue", "1 action of a treatment overdue"]


def test_actions_are_listed_by_their_day_and_leave_as_a_file(enter):
    risk = make_risk()
    make_action(risk, title="Order the line", due_on=NOON.date(), cost=1500)
    hidden = make_risk(assets=[make_asset(site=make_site())])
    make_action(hidden, title="Not for these eyes")
    client = enter(Role.VIEWER)

    page = client.get(reverse("risks:actions")).content.decode()
    file = client.get(reverse("risks:actions"), {"export": "csv", "status": "planned"})
    text = b"".join(file.streaming_content) if file.streaming else file.content

    assert "Order the line" in page
    assert "Not for these eyes" not in page
    assert "Order the line" in text.decode("utf-8-sig")


def test_the_register_counts_open_and_overdue_actions_in_its_columns_and_files(enter):
    risk = make_risk(residual=(3, 3))
    action = make_action(risk, due_on=NOON.date() - 9000 * DAY)
    make_action(risk, action.treatment)
    client = enter(Role.AUDITOR)

    asked = {"export": "csv", "cols": "code,actions_open,actions_overdue"}
    file = client.get(reverse("risks:register"), asked)
    text = b"".join(file.streaming_content) if file.streaming else file.content
    rows = list(csv.reader(StringIO(text.decode("utf-8-sig"))))

    assert [risk.code, "2", "1"] in rows


def test_actions_are_added_ended_and_read_through_the_api(enter, django_assert_max_num_queries):
    risk, client = make_risk(), enter(Role.RISK_MANAGER)
    treatment = make_treatment(risk)
    door = f"/api/v1/treatments/{treatment.pk}/"
    typed = {"title": "Order", "owner": risk.owner.username, "due_on": "2030-01-31", "cost": 5}

    first = client.post(f"{door}actions/", typed, **JSON).json()
    client.post(f"{door}actions/", typed | {"title": "Install"}, **JSON)
    done = client.post(f"/api/v1/treatment-actions/{first['id']}/finish/", {"note": "Came"}, **JSON)
    with django_assert_max_num_queries(8):
        read = client.get("/api/v1/treatments/").json()["results"][0]

    assert done.status_code == 200
    assert (done.json()["status"], done.json()["risk"]) == ("done", risk.code)
    assert [(one["title"], one["status"]) for one in read["actions"]] == [
        ("Order", "done"), ("Install", "planned"),
    ]  # fmt: skip
    assert client.post(f"{door}finish/", {"note": "In place"}, **JSON).status_code == 409


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.VIEWER])
def test_who_may_only_read_adds_and_ends_no_action(enter, role):
    action = make_action(make_risk())
    client = enter(role)

    answers = [
        client.post(f"/api/v1/treatments/{action.treatment_id}/actions/", {}, **JSON),
        client.post(f"/api/v1/treatment-actions/{action.pk}/drop/", {"note": "No"}, **JSON),
        client.post(reverse("risks:action_done", args=[action.pk])),
        client.post(reverse("risks:treatment_act", args=[action.treatment_id])),
    ]

    assert {one.status_code for one in answers} == {403}
