"""The incident API: programs do what people do, see what people see, and are refused alike."""

import pytest
from django.test import Client

from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.api_token import create_api_token
from incidents.models import Incident, IncidentStatus, Notice, NoticeKind, StepStatus
from incidents.services.incident import recover_incident, start_response
from incidents.services.triage import sweep_signals
from tests.incidents.test_escalation import fire_due
from tests.make import LATER, NOON, make_site, make_user
from tests.make_incidents import (
    make_incident,
    make_policy,
    make_run,
    make_signal,
    make_version,
    step_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def commander():
    return make_user(Role.INCIDENT_COMMANDER)


@pytest.fixture
def api(commander):
    return signed_in(commander)


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def send(client, path, body=None):
    return client.post(f"/api/v1/{path}", body or {}, content_type="application/json")


def test_an_incident_is_declared_and_read_by_its_code(api):
    site = make_site()

    made = send(api, "incidents/", {"title": "Tills", "sites": [site.code], "severity": 2})

    assert made.status_code == 201
    assert api.get(f"/api/v1/incidents/{made.json()['code']}/").json()["title"] == "Tills"


def test_a_program_declares_with_its_token(commander):
    _token, secret = create_api_token(user=commander, name="monitor", actor=commander, at=NOON)

    answer = Client(headers={"authorization": f"Bearer {secret}"}).post(
        "/api/v1/incidents/", {"title": "Tills"}, content_type="application/json"
    )

    assert answer.status_code == 201


def test_the_whole_way_from_command_to_closing(api):
    incident = make_incident(commander=None)
    path = f"incidents/{incident.code}"

    moves = ["take_command", "start_response", "contain", "recover"]
    assert [send(api, f"{path}/{move}/").status_code for move in moves] == [200] * 4
    review = send(api, "reviews/", {"incident": incident.code}).json()["id"]
    send(api, f"reviews/{review}/write/", {"root_cause": "a digger"})
    send(api, f"reviews/{review}/sign_off/")

    assert send(api, f"{path}/close/").json()["status"] == IncidentStatus.CLOSED


def test_a_refused_move_is_answered_with_its_sentence(api):
    incident = make_incident()

    answer = send(api, f"incidents/{incident.code}/recover/")

    assert answer.status_code == 409
    assert "cannot become" in answer.json()["detail"]


def test_bad_input_is_answered_by_field(api):
    assert send(api, "incidents/", {"severity": 9}).json().keys() == {"title", "severity"}


def test_a_viewer_may_not_command():
    incident = make_incident()

    answer = send(signed_in(make_user(Role.VIEWER)), f"incidents/{incident.code}/contain/")

    assert answer.status_code == 403


def test_what_a_person_may_not_see_does_not_exist():
    incident = make_incident(sites=[make_site()])

    answer = signed_in(make_user(Role.RESPONDER)).get(f"/api/v1/incidents/{incident.code}/")

    assert answer.status_code == 404


def test_the_administrator_sees_no_incident():
    make_incident()

    assert signed_in(make_user(Role.ADMINISTRATOR)).get("/api/v1/incidents/").status_code == 403


def test_the_suggested_playbook_is_started(api):
    version = make_version()
    incident = make_incident(suggested_playbook=version.playbook)

    run = send(api, f"incidents/{incident.code}/run/").json()

    assert run["version"] == version.code
    assert Incident.objects.get().status == IncidentStatus.RESPONDING


def test_a_step_is_ticked_and_skipped(api):
    run = make_run({"A": ["one", "two"]})

    done = send(api, f"steps/{step_of(run, 'one').pk}/complete/", {"note": "yes"})
    skipped = send(api, f"steps/{step_of(run, 'two').pk}/skip/", {"reason": "no till here"})

    assert (done.json()["status"], skipped.json()["status"]) == (
        StepStatus.DONE,
        StepStatus.SKIPPED,
    )


def test_notes_decisions_and_updates_are_on_the_timeline(api):
    incident = make_incident()
    path = f"incidents/{incident.code}"

    send(api, f"{path}/note/", {"text": "the router is dark"})
    send(api, f"{path}/decide/", {"question": "Cut?", "chosen": "no"})
    send(api, f"{path}/tell/", {"audience": "users", "text": "We work on it"})

    told = api.get(f"/api/v1/timeline/?incident__code={incident.code}").json()["results"]
    texts = [entry["text"] for entry in told[:3]]
    assert sorted(texts) == [
        "Decided: Cut? → no",
        "Told Users: We work on it",
        "the router is dark",
    ]


def test_alerts_are_acknowledged_muted_and_resolved(api):
    make_signal(site=make_site())
    sweep_signals(at=NOON)
    alert = api.get("/api/v1/alerts/").json()["results"][0]["id"]

    assert send(api, f"alerts/{alert}/acknowledge/").status_code == 200
    assert send(api, f"alerts/{alert}/mute/", {"until": "2099-01-01T00:00Z"}).status_code == 200
    assert send(api, f"alerts/{alert}/resolve/").json()["status"] == "resolved"


def test_an_inbox_is_the_persons_own_and_an_answer_stops_the_calls(commander, api):
    make_policy([commander], [make_user()])
    make_incident(commander=None)
    fire_due(NOON)
    call = Notice.objects.get(kind=NoticeKind.CALL)

    send(api, f"inbox/{call.pk}/answer/")
    fire_due(LATER)

    assert Notice.objects.filter(kind=NoticeKind.CALL).count() == 1
    assert signed_in(make_user(Role.VIEWER)).get(f"/api/v1/inbox/{call.pk}/").status_code == 404


def test_a_promise_is_made_and_kept(api):
    incident = recover_incident(
        incident=start_response(incident=make_incident(), actor=make_user(), at=NOON),
        actor=make_user(),
        at=LATER,
    )
    owner = make_user()
    body = {
        "incident": incident.code,
        "text": "A second line",
        "owner": owner.username,
        "due_on": "2099-01-01",
    }

    item = send(api, "action-items/", body).json()["id"]

    assert send(api, f"action-items/{item}/finish/").json()["status"] == "done"


@pytest.mark.parametrize(
    "collection",
    ["alerts", "incidents", "timeline", "playbooks", "runs", "steps", "reviews", "action-items"],
)
def test_a_list_costs_the_same_however_long_it_is(api, collection, django_assert_max_num_queries):
    for _n in range(5):
        make_signal(site=make_site())
        make_run({"A": ["one"], "B": ["two"]})
    sweep_signals(at=NOON)

    with django_assert_max_num_queries(10):
        assert api.get(f"/api/v1/{collection}/").status_code == 200
