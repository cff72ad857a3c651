"""Sensitive incidents: whoever was not named finds nothing, anywhere; what is read is noted."""

import re

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.live.models import LiveEvent
from bcp_portal.reports.models import ReportFile
from bcp_portal.shared.errors import DomainError, NotAllowedError
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN
from incidents.models import Alert, Incident, IncidentAccess, Notice
from incidents.services.escalation import start_escalation
from incidents.services.sensitive import ask_lift, decide_lift, make_sensitive, name_person
from incidents.services.timeline import add_note
from incidents.services.verdict import merge_incident
from tests.access.test_every_route import NAMES, address, body, doors
from tests.access.world import make_half
from tests.engine_calls import fire_calls
from tests.make import LATER, NOON, make_user
from tests.make_incidents import make_incident, make_policy

pytestmark = pytest.mark.django_db
WORD = "Rahasia"
# What belongs to the incident itself; the names of its places are no secret.
SECRETS = re.compile(rf"{WORD} (?:incident|note|alert|update|draft|proposal|call|duty|report|step)")


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def sensitive(boss, **fields):
    incident = make_incident(commander=boss, title="Someone reads the wages", **fields)
    return make_sensitive(incident=incident, reason="staff", actor=boss, at=NOON)


@pytest.mark.parametrize("role", [Role.INCIDENT_COMMANDER, Role.AUDITOR], ids=str)
def test_no_door_shows_a_sensitive_incident_to_whoever_was_not_named(client, role):
    half = make_half(WORD)
    commander = half.incident.commander
    make_sensitive(incident=half.incident, reason="staff", actor=commander, at=NOON)
    stranger = make_user(role)
    client.force_login(stranger)

    leaks = []
    for _method, rule in doors("GET"):
        if rule.permission in (PUBLIC, SIGNED_IN) or not stranger.has_perm(rule.permission):
            continue
        # The trail of who did what is whole for those who check it.
        if rule.route.startswith(("audit:", "api:audit")):
            continue
        url = address(rule, half)
        if url is None and NAMES[rule.route]:
            continue
        answer = client.get(url or reverse(rule.route))
        if found := SECRETS.findall(body(answer)):
            leaks.append((rule.route, answer.status_code, sorted(set(found))))
    assert leaks == []


def test_whoever_was_named_sees_it_and_the_reading_is_noted(client, boss):
    incident = sensitive(boss)
    friend = make_user(Role.RESPONDER)
    client.force_login(friend)
    page = reverse("incidents:detail", args=[incident.code])
    assert client.get(page).status_code == 404

    name_person(incident=incident, user=friend, reason="knows wages", actor=boss, at=NOON)

    assert "SENSITIVE" in client.get(page).content.decode()
    assert client.get(f"/api/v1/incidents/{incident.code}/").status_code == 200
    read = AuditRow.objects.filter(action="incident.read")
    assert [row.actor_id for row in read] == [friend.pk, friend.pk]


def test_only_the_commander_says_who_may_see_it(boss):
    incident = sensitive(boss)
    other = make_user(Role.INCIDENT_COMMANDER)

    with pytest.raises(NotAllowedError):
        name_person(incident=incident, user=other, reason="me", actor=other, at=NOON)
    with pytest.raises(NotAllowedError):
        ask_lift(incident=incident, reason="why not", actor=other, at=NOON)


def test_it_is_in_no_list_no_count_and_no_search(client, boss):
    incident = sensitive(boss)
    stranger = make_user(Role.RISK_MANAGER)
    client.force_login(stranger)

    assert not Incident.objects.visible_to(stranger).exists()
    assert not Incident.objects.common().exists()
    for url in (
        reverse("incidents:list"),
        reverse("dashboard:home"),
        reverse("incidents:figures"),
        reverse("dashboard:palette") + "?q=wages",
        reverse("dashboard:palette") + f"?q={incident.code}",
        "/api/v1/incidents/",
        "/api/v1/timeline/",
    ):
        text = client.get(url).content.decode()
        assert "wages" not in text.replace("?q=wages", ""), url


def test_alerts_of_a_sensitive_incident_go_with_it(boss):
    incident = sensitive(boss)
    Alert.objects.create(
        key="k", rule="external", title="t", severity=2, incident=incident, raised_at=NOON,
        first_signal_at=NOON, last_signal_at=NOON,
    )  # fmt: skip

    assert not Alert.objects.visible_to(make_user(Role.AUDITOR)).exists()
    assert Alert.objects.visible_to(boss).exists()


def test_the_live_stream_tells_only_those_who_were_named(boss):
    incident = sensitive(boss)
    LiveEvent.objects.all().delete()

    add_note(incident=incident, text="n", actor=boss, at=NOON)

    assert set(LiveEvent.objects.values_list("topic", flat=True)) == {f"inbox:{boss.pk}"}


def test_its_reports_are_read_only_by_whoever_asked(boss):
    incident = make_incident(commander=boss)
    ReportFile.objects.create(
        kind="incident", subject_kind="incident", subject_id=incident.pk, title="t", as_of=NOON,
        requested_by=boss,
    )  # fmt: skip
    auditor = make_user(Role.AUDITOR)
    assert ReportFile.objects.visible_to(auditor).exists()

    make_sensitive(incident=incident, reason="staff", actor=boss, at=NOON)

    assert not ReportFile.objects.visible_to(auditor).exists()
    assert ReportFile.objects.visible_to(boss).exists()


def test_whoever_is_called_to_it_can_open_it(boss):
    incident = sensitive(boss)
    called = make_user(Role.INCIDENT_COMMANDER)
    make_policy([called])
    start_escalation(incident=incident, reason="guard", actor=None, at=LATER)

    fire_calls(LATER)

    assert Notice.objects.filter(person=called, kind="call").exists()
    assert incident in Incident.objects.visible_to(called)
    assert AuditRow.objects.filter(action="incident.name", actor_id=None).exists()


def test_a_sensitive_incident_is_not_mixed_with_another(boss):
    incident, other = sensitive(boss), make_incident(commander=boss)

    with pytest.raises(DomainError):
        merge_incident(incident=incident, into=other, actor=boss, at=NOON)


def test_it_is_closed_and_named_and_takes_two_people_to_open_again_on_the_pages(client, boss):
    incident = make_incident(commander=boss)
    friend = make_user(Role.RESPONDER, first_name="Dewi")
    address_of = lambda name: reverse(f"incidents:{name}", args=[incident.code])  # noqa: E731
    client.post(address_of("sensitive"), {"reason": "staff"})
    client.post(address_of("name_person"), {"user": friend.pk, "reason": "wages"})
    assert "Dewi" in client.get(address_of("detail"), {"whole": 1}).content.decode()

    access = IncidentAccess.objects.get()
    client.post(reverse("incidents:unname_person", args=[access.pk]))
    assert incident not in Incident.objects.visible_to(friend)
    client.post(address_of("sensitive"), {"reason": "it was nothing"})
    client.post(address_of("lift_decide"), {"agree": "yes"})
    assert incident not in Incident.objects.visible_to(make_user(Role.AUDITOR))

    second = make_user(Role.INCIDENT_COMMANDER, first_name="Raka")
    client.post(address_of("name_person"), {"user": second.pk, "reason": "second person"})
    client.force_login(second)
    assert "it was nothing" in client.get(address_of("detail"), {"whole": 1}).content.decode()
    client.post(address_of("lift_decide"), {"agree": "yes"})

    assert incident in Incident.objects.visible_to(make_user(Role.AUDITOR))


def test_a_second_person_may_keep_it_closed(boss):
    incident = sensitive(boss)
    friend = make_user(Role.INCIDENT_COMMANDER)
    name_person(incident=incident, user=friend, reason="helps", actor=boss, at=NOON)
    lift = ask_lift(incident=incident, reason="it is over", actor=boss, at=NOON)

    with pytest.raises(NotAllowedError, match="second person"):
        decide_lift(lift=lift, is_agreed=True, actor=boss, at=NOON)
    decide_lift(lift=lift, is_agreed=False, actor=friend, at=NOON)

    incident.refresh_from_db()
    assert incident.sensitive_at is not None
    with pytest.raises(DomainError, match="already"):
        decide_lift(lift=lift, is_agreed=True, actor=friend, at=NOON)
