"""Pages of incidents: what they show, what their buttons do, what they refuse."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from incidents.models import (
    ActionItem,
    Alert,
    AlertStatus,
    Decision,
    Incident,
    IncidentStatus,
    Notice,
    RunStep,
    StepStatus,
    TimelineEntry,
    TimelineKind,
)
from incidents.services.run import start_run
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident, make_policy, make_run, make_version

pytestmark = pytest.mark.django_db


@pytest.fixture
def commander(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def press(client, name, *args, **data):
    return client.post(reverse(f"incidents:{name}", args=args), data)


def page(client, incident, part=""):
    url = reverse("incidents:detail", args=[incident.code])
    return client.get(url, {"part": part} if part else {"whole": 1}).content.decode()


def test_the_page_says_what_is_hit_and_who_commands(client, commander):
    site = make_site(code="SBY-02", name="Tunjungan")
    incident = make_incident(title="Tills stand still", commander=commander, sites=[site])

    html = page(client, incident)

    assert "Tills stand still" in html
    assert "SBY-02" in html
    assert commander.name in html


def test_a_part_is_served_alone(client, commander):
    html = page(client, make_incident(commander=commander), part="timeline")

    assert html.lstrip().startswith('<section id="timeline"')


@pytest.fixture
def long_incident():
    """An incident that nobody took yet, with a run, calls and 2,000 entries of its timeline."""
    make_policy([make_user()], [make_user()])
    incident = make_incident(commander=None, sites=[make_site()], assets=[make_asset()])
    start_run(incident=incident, version=make_version(), actor=make_user(), at=NOON)
    TimelineEntry.objects.bulk_create(
        TimelineEntry(
            incident=incident, kind=TimelineKind.NOTE, message=f"note {number}",
            happened_at=NOON + timedelta(seconds=number), recorded_at=NOON,
        )
        for number in range(2000)
    )  # fmt: skip
    return incident


@pytest.mark.parametrize("part", ["", "rest", "after", "aside", "timeline", "head"])
def test_a_page_with_two_thousand_entries_asks_the_database_at_most_fifteen_times(
    client, commander, long_incident, part, django_assert_max_num_queries
):
    url = reverse("incidents:detail", args=[long_incident.code])
    client.get(url)

    with django_assert_max_num_queries(15):
        html = client.get(url, {"part": part} if part else {}).content.decode()

    assert ("note 1999" in html) == (part in {"aside", "timeline"})


def test_the_timeline_is_read_page_by_page_to_its_beginning(client, commander, long_incident):
    html, told = page(client, long_incident, part="timeline"), []
    for _page in range(100):
        told += re.findall(r">(note \d+)<", html)
        older = re.search(r"part=earlier&amp;before=(\d+)", html)
        if older is None:
            break
        url = reverse("incidents:detail", args=[long_incident.code])
        html = client.get(url, {"part": "earlier", "before": older[1]}).content.decode()

    assert told == [f"note {number}" for number in reversed(range(2000))]


def test_a_refresh_leaves_what_a_reader_has_on_the_screen(client, commander, long_incident):
    html = page(client, long_incident, part="timeline")
    oldest = re.search(r"since=(\d+)", html)[1]
    press(client, "note", long_incident.code, text="something new")

    url = reverse("incidents:detail", args=[long_incident.code])
    again = client.get(url, {"part": "timeline", "since": oldest}).content.decode()

    assert "something new" in again
    assert f'id="entry-{oldest}"' in again
    assert f"since={oldest}" in again


def test_a_stranger_finds_no_such_incident(client):
    incident = make_incident(sites=[make_site()])
    user = make_user(Role.RESPONDER)
    SiteAssignment.objects.create(user=user, site=make_site())
    client.force_login(user)

    assert client.get(reverse("incidents:detail", args=[incident.code])).status_code == 404


def test_the_commander_walks_an_incident_to_its_recovery(client, commander):
    incident = make_incident(commander=None)

    for verb in ("acknowledge", "take_command", "respond", "contain", "recover"):
        press(client, verb, incident.code)

    incident.refresh_from_db()
    assert incident.status == IncidentStatus.RECOVERED
    assert incident.commander == commander


def test_a_move_that_is_not_possible_says_why(client, commander):
    incident = make_incident(commander=commander)

    answer = client.post(reverse("incidents:close", args=[incident.code]), follow=True)

    assert "review" in answer.content.decode()
    incident.refresh_from_db()
    assert incident.status == IncidentStatus.DECLARED


def test_a_half_filled_decision_keeps_what_was_typed(client, commander):
    incident = make_incident(commander=commander)

    html = press(client, "decide", incident.code, question="Freeze?", chosen="").content.decode()

    assert "Freeze?" in html
    assert not Decision.objects.exists()


def test_a_decision_is_kept_with_its_reason(client, commander):
    incident = make_incident(commander=commander)

    press(
        client, "decide", incident.code, question="Freeze?", chosen="yes", reason="Stock is wrong"
    )

    assert Decision.objects.get().reason == "Stock is wrong"


def test_ticking_the_step_opens_the_next_one(client, commander):
    run = make_run({"Look": ["Read the alert", "Call the shop"]}, commander=commander)
    first = RunStep.objects.get(text="Read the alert")

    press(client, "step_complete", first.pk)

    first.refresh_from_db()
    assert first.status == StepStatus.DONE
    assert "Call the shop" in page(client, run.incident, part="next_step")


def test_a_step_is_left_out_only_with_a_reason(client, commander):
    run = make_run({"Look": ["Read the alert", "Call the shop"]}, commander=commander)
    step = run.phases.get().steps.get(text="Read the alert")

    press(client, "step_skip", step.pk, reason="")
    step.refresh_from_db()
    refused = step.status
    press(client, "step_skip", step.pk, reason="The shop called us")
    step.refresh_from_db()

    assert refused == StepStatus.OPEN
    assert step.status == StepStatus.SKIPPED


def test_starting_the_playbook_takes_up_the_incident(client, commander):
    version = make_version({"Look": ["Read the alert"]})
    incident = make_incident(commander=commander)

    press(client, "run", incident.code, playbook=version.playbook.code)

    incident.refresh_from_db()
    assert incident.status == IncidentStatus.RESPONDING
    assert incident.runs.count() == 1


def test_a_viewer_has_no_buttons_and_is_refused(client):
    incident = make_incident()
    viewer = make_user(Role.AUDITOR)
    client.force_login(viewer)

    assert press(client, "take_command", incident.code).status_code == 403
    assert press(client, "note", incident.code, text="hello").status_code == 403
    assert TimelineEntry.objects.filter(kind="note").count() == 0


def test_an_update_promises_the_next_one(client, commander):
    incident = make_incident(commander=commander)

    press(client, "update", incident.code, audience="users", text="We are on it", next_in="30m")

    update = incident.updates.get()
    assert (update.next_promised_at - update.published_at).total_seconds() == 1800


def test_a_duration_that_makes_no_sense_is_explained_at_the_field(client, commander):
    incident = make_incident(commander=commander)

    html = press(
        client, "update", incident.code, audience="users", text="We are on it", next_in="soon"
    ).content.decode()

    assert "is not a duration" in html
    assert "We are on it" in html
    assert incident.updates.count() == 0


def test_the_review_is_written_signed_and_closes_the_incident(client, commander):
    incident = make_incident(commander=commander)
    for verb in ("respond", "recover", "review_open"):
        press(client, verb, incident.code)
    review = incident.review.__class__.objects.get(incident=incident)

    press(client, "review", incident.code, root_cause="A cut fibre", version=review.version)
    press(
        client,
        "promise",
        incident.code,
        text="Second link",
        owner=commander.pk,
        due_on="2027-01-31",
    )
    press(client, "review_sign", incident.code)
    press(client, "close", incident.code)

    incident.refresh_from_db()
    assert incident.status == IncidentStatus.CLOSED
    assert ActionItem.objects.get().text == "Second link"


def test_two_people_do_not_overwrite_each_others_review(client, commander):
    incident = make_incident(commander=commander)
    for verb in ("respond", "recover", "review_open"):
        press(client, verb, incident.code)
    press(client, "review", incident.code, root_cause="Mine", version=1)

    html = press(client, "review", incident.code, root_cause="Theirs", version=1).content.decode()

    incident.refresh_from_db()
    assert incident.review.root_cause == "Mine"
    assert "Theirs" in html


def test_declaring_by_hand_needs_no_machine(client, commander):
    site = make_site()

    press(client, "declare", title="Smoke in the server room", severity=1, kind="central",
          began_ago="20m", sites=[site.pk])  # fmt: skip

    incident = Incident.objects.get()
    assert (incident.declared_at - incident.started_at).total_seconds() == 1200
    assert [link.site for link in incident.sites.all()] == [site]


def test_answering_a_call_from_the_inbox_stops_the_calling(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    incident = make_incident(commander=None)
    notice = Notice.objects.filter(incident=incident).first() or Notice.objects.create(
        person=user, incident=incident, kind="call", message="Help", requires_ack=True,
        created_at=NOON,
    )  # fmt: skip
    Notice.objects.filter(pk=notice.pk).update(person=user)
    client.force_login(user)

    answer = press(client, "notice_answer", notice.pk)

    notice.refresh_from_db()
    assert answer.status_code == 302
    assert notice.acknowledged_at is not None


def test_somebody_elses_call_cannot_be_answered(client, commander):
    notice = Notice.objects.create(
        person=make_user(), incident=make_incident(), kind="call", message="Help", created_at=NOON
    )

    assert press(client, "notice_answer", notice.pk).status_code == 404


def test_a_selection_of_alerts_is_acknowledged_at_once(client, commander):
    alerts = [
        Alert.objects.create(
            key=str(n), rule="site_silent", title="Silent", severity=3, raised_at=NOON,
            first_signal_at=NOON, last_signal_at=NOON,
        )
        for n in range(3)
    ]  # fmt: skip

    client.post(
        reverse("incidents:alerts_bulk"),
        {"action": "acknowledge", "ids": [alert.pk for alert in alerts[:2]]},
    )

    statuses = Alert.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == [AlertStatus.ACKNOWLEDGED, AlertStatus.ACKNOWLEDGED, AlertStatus.OPEN]


@pytest.mark.parametrize(
    "name", ["list", "alerts", "reviews", "actions", "playbooks", "on_call", "inbox", "declare"]
)
def test_every_list_of_the_command_section_opens(client, commander, name):
    make_run({"Look": ["a"]}, commander=commander)

    assert client.get(reverse(f"incidents:{name}")).status_code == 200


def test_the_playbook_page_shows_every_step_and_who_would_be_called(client, commander):
    version = make_version({"Look": ["Read the alert"], "Mend": ["Plug it in"]})

    html = client.get(reverse("incidents:playbook", args=[version.playbook.code])).content.decode()

    assert "Read the alert" in html
    assert "Plug it in" in html
