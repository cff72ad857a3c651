"""A split: some alerts and assets of an incident become an incident of their own."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.models import Alert, Incident, IncidentStatus, Notice
from incidents.services.incident import recover_incident, start_response
from incidents.services.sensitive import make_sensitive, name_person
from incidents.services.split import split_incident
from incidents.services.triage import sweep_signals
from tests.make import LATER, NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident, make_policy, make_signal

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def two_outages(boss):
    """One incident with two sites, an asset at each, and an alert of the second site."""
    make_policy([make_user()])
    here, there = make_site(), make_site()
    till, server = make_asset(site=here), make_asset(site=there, rto=timedelta(hours=4))
    incident = make_incident(commander=boss, sites=[here, there])
    make_signal(site=there, key=f"x-{there.code}")
    sweep_signals(at=NOON)
    alert = Alert.objects.get(site=there)
    Alert.objects.filter(pk=alert.pk).update(incident=incident)
    return incident, till, server, alert


def divide(incident, boss, **fields):
    said = {"title": "The server", "reason": "another cause", "actor": boss, "at": LATER}
    return split_incident(incident=incident, **(said | fields))


def test_what_is_chosen_goes_along_and_the_rest_stays(boss):
    incident, till, server, alert = two_outages(boss)

    new = divide(incident, boss, alerts=[alert], assets=[server])

    assert [hit.asset for hit in new.assets.all()] == [server]
    assert [link.site for link in new.sites.all()] == [server.site]
    assert list(new.alerts.all()) == [alert]
    assert [hit.asset for hit in incident.assets.all()] == [till]
    assert [link.site for link in incident.sites.all()] == [till.site]


def test_both_timelines_link_to_the_other(client, boss):
    incident, _till, server, alert = two_outages(boss)
    new = divide(incident, boss, alerts=[alert], assets=[server])

    for one, other in ((incident, new), (new, incident)):
        url = reverse("incidents:detail", args=[one.code])
        html = client.get(url, {"part": "timeline"}).content.decode()
        assert f'<a href="/incidents/{other.code}/">{other.code}</a>' in html


def test_an_rto_clock_that_runs_is_not_begun_again(boss):
    incident, _till, server, _alert = two_outages(boss)
    hit = incident.assets.get(asset=server)
    waiting = set(Deadline.objects.filter(subject_id=hit.pk).values_list("pk", "due_at"))

    new = divide(incident, boss, assets=[server])

    assert waiting
    assert new.assets.get(asset=server).down_at == hit.down_at
    assert set(Deadline.objects.filter(subject_id=hit.pk).values_list("pk", "due_at")) == waiting


def test_nobody_is_called_for_what_is_in_hands_already(boss):
    incident, _till, server, _alert = two_outages(boss)
    calls = Notice.objects.count()

    new = divide(incident, boss, assets=[server])

    assert new.commander == boss
    assert Notice.objects.count() == calls


def test_one_half_is_recovered_while_the_other_goes_on(boss):
    incident, _till, server, _alert = two_outages(boss)
    new = divide(incident, boss, assets=[server])

    start_response(incident=new, actor=boss, at=LATER)
    recover_incident(incident=new, actor=boss, at=LATER)

    incident.refresh_from_db()
    assert incident.is_ongoing
    assert incident.assets.filter(recovered_at=None).count() == 1


def test_a_split_of_nothing_and_of_everything_is_refused(boss):
    incident, till, server, _alert = two_outages(boss)

    with pytest.raises(DomainError, match="Choose"):
        divide(incident, boss)
    with pytest.raises(DomainError, match="stay behind"):
        divide(
            incident, boss, alerts=Alert.objects.filter(incident=incident), assets=[till, server]
        )


def test_what_was_for_named_people_only_stays_so(boss):
    incident, _till, server, _alert = two_outages(boss)
    friend, stranger = make_user(Role.RESPONDER), make_user(Role.RESPONDER)
    make_sensitive(incident=incident, reason="wages", actor=boss, at=NOON)
    name_person(incident=incident, user=friend, reason="helps", actor=boss, at=NOON)

    with pytest.raises(NotAllowedError):
        divide(incident, make_user(Role.INCIDENT_COMMANDER), assets=[server])
    new = divide(incident, boss, assets=[server])

    assert Incident.objects.visible_to(friend).filter(pk=new.pk).exists()
    assert not Incident.objects.visible_to(stranger).filter(pk=new.pk).exists()


def test_an_incident_is_split_on_the_page_and_by_a_program(client, boss):
    incident, till, server, alert = two_outages(boss)
    page = reverse("incidents:split", args=[incident.code])
    assert server.code in client.get(page).content.decode()

    answer = client.post(
        page, {"title": "Server", "reason": "another", "assets": [server.pk], "alerts": [alert.pk]}
    )
    third = make_asset()
    incident.assets.create(asset=third, down_at=NOON)
    told = client.post(
        f"/api/v1/incidents/{incident.code}/split/",
        {"title": "Third", "reason": "yet another", "assets": [third.code]},
        content_type="application/json",
    )

    assert answer.status_code == 302
    assert told.status_code == 201, told.content
    assert Incident.objects.get(code=told.json()["code"]).status == IncidentStatus.DECLARED
    assert [hit.asset for hit in incident.assets.all()] == [till]
