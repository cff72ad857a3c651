"""Silences and maintenance: quiet with an end and a reason, never invisible, never for ever."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.engine.models import Deadline
from bcp_portal.shared.errors import DomainError
from incidents.models import Alert, AlertStatus, Incident, Notice, Silence
from incidents.services.alert import end_mutes, unmute_alert
from incidents.services.silence import (
    add_silence,
    approve_silence,
    end_silence,
    silence_begins,
    silence_ends,
)
from incidents.services.triage import sweep_signals
from telemetry.models import Signal, SignalRule
from tests.make import LATER, NOON, make_region, make_site, make_user
from tests.make_incidents import make_signal

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


@pytest.fixture
def other():
    return make_user(Role.INCIDENT_COMMANDER)


def quiet(actor, **fields):
    defaults = {"reason": "new switch", "ends_at": LATER, "at": NOON}
    return add_silence(**(defaults | fields), actor=actor)


def silence_of(site, **fields):
    return make_signal(key=f"site:{site.pk}", site=site, params={"site": site.name}, **fields)


def test_a_silenced_alert_is_kept_and_marked_and_calls_nobody(client, boss):
    site = make_site()
    silence = quiet(boss, site=site)
    silence_of(site)

    sweep_signals(at=NOON)

    alert = Alert.objects.get()
    assert (alert.status, alert.silence) == (AlertStatus.MUTED, silence)
    assert not Incident.objects.exists()
    assert silence.code in client.get(reverse("incidents:alerts")).content.decode()


def test_only_what_matches_everything_that_was_named_is_silenced(boss):
    site, elsewhere = make_site(), make_site()
    quiet(boss, site=site, rule=SignalRule.SITE_SILENT, words="old till")
    silence_of(site)
    silence_of(elsewhere)

    sweep_signals(at=NOON)

    assert not Alert.objects.exclude(silence=None).exists()
    assert Incident.objects.count() == 2


def test_region_kind_and_words_match_too(boss, other):
    region = make_region()
    site = make_site(region=region, name="Pelabuhan")
    approve_silence(
        silence=quiet(boss, region=region, incident_kind="local", words="pelabuhan"),
        actor=other,
        at=NOON,
    )
    make_signal(site=site, title="%(site)s is silent", params={"site": site.name})

    sweep_signals(at=NOON)

    assert Alert.objects.get().silence is not None


def test_a_silence_ends_by_itself_and_what_still_holds_calls_people(boss):
    site, fine = make_site(), make_site()
    quiet(boss, site=site)
    silence = quiet(boss, site=fine)
    silence_of(site)
    over = silence_of(fine)
    sweep_signals(at=NOON)
    Signal.objects.filter(pk=over.pk).update(closed_at=NOON, version=F("version") + 1)
    sweep_signals(at=NOON)

    for deadline in Deadline.objects.filter(kind="incidents.silence_end"):
        silence_ends(deadline=deadline, at=LATER)
    sweep_signals(at=LATER)

    assert Incident.objects.get().sites.get().site == site
    silence.refresh_from_db()
    assert silence.ended_at == LATER
    assert silence.ended_by is None


def test_the_end_tells_whoever_asked_what_was_silenced(boss):
    site = make_site()
    silence = quiet(boss, site=site)
    silence_of(site)
    sweep_signals(at=NOON)

    end_silence(silence=silence, actor=boss, at=LATER)

    told = Notice.objects.get(person=boss)
    assert told.params == {"code": silence.code, "total": 1, "still": 1}
    row = AuditRow.objects.get(action="silence.end")
    assert row.after == {"silenced": 1, "still_firing": 1}


def test_a_canary_or_an_alarm_of_the_audit_trail_is_never_silenced(boss, other):
    for rule in (SignalRule.CANARY, SignalRule.AUDIT_MISMATCH, SignalRule.TAMPERING):
        with pytest.raises(DomainError, match="watches the watchers"):
            quiet(boss, rule=rule)
        with pytest.raises(IntegrityError), transaction.atomic():
            Silence.objects.create(
                rule=rule, reason="r", starts_at=NOON, ends_at=LATER, created_by=boss,
                created_at=NOON,
            )  # fmt: skip
    approve_silence(silence=quiet(boss, incident_kind="security"), actor=other, at=NOON)
    make_signal(SignalRule.AUDIT_MISMATCH)

    sweep_signals(at=NOON)

    assert Incident.objects.get().alerts.get().silence is None


def test_a_silence_has_a_reason_an_end_and_at_most_thirty_days(boss):
    site = make_site()
    for fields, words in (
        ({"reason": " "}, "why"),
        ({"ends_at": NOON}, "future"),
        ({"ends_at": NOON + timedelta(days=31)}, "30 days"),
    ):
        with pytest.raises(DomainError, match=words):
            quiet(boss, site=site, **fields)
    with pytest.raises(DomainError, match="Name at least one thing"):
        quiet(boss)


def test_a_wide_or_long_silence_holds_only_when_a_second_person_agrees(boss, other):
    site = make_site()
    silence = quiet(boss, rule=SignalRule.SITE_SILENT)
    with pytest.raises(DomainError, match="Somebody else"):
        approve_silence(silence=silence, actor=boss, at=NOON)
    silence_of(site)
    sweep_signals(at=NOON)
    assert Incident.objects.count() == 1

    approve_silence(silence=silence, actor=other, at=NOON)
    silence_of(make_site())
    sweep_signals(at=NOON)

    assert Incident.objects.count() == 1
    assert quiet(boss, site=site, ends_at=NOON + timedelta(hours=5)).approved_at is None


def test_an_incident_that_is_open_is_not_silenced_under_peoples_hands(boss):
    site = make_site()
    signal = silence_of(site)
    sweep_signals(at=NOON)

    quiet(boss, site=site)
    Signal.objects.filter(pk=signal.pk).update(version=F("version") + 1)
    sweep_signals(at=NOON)

    assert Alert.objects.get().silence is None


def test_whoever_lets_one_alert_speak_is_not_overruled_by_the_silence(boss):
    site = make_site()
    quiet(boss, site=site)
    silence_of(site)
    sweep_signals(at=NOON)

    unmute_alert(alert=Alert.objects.get(), actor=boss, at=NOON)
    sweep_signals(at=NOON + MINUTE)

    assert Incident.objects.count() == 1


def test_the_end_of_a_mute_by_hand_does_not_end_a_silence(boss):
    site = make_site()
    quiet(boss, site=site)
    silence_of(site)
    sweep_signals(at=NOON)

    end_mutes(at=LATER)

    assert Alert.objects.get().status == AlertStatus.MUTED


def test_planned_maintenance_begins_at_its_moment(boss):
    site = make_site()
    quiet(boss, kind="maintenance", site=site, starts_at=NOON + 10 * MINUTE)
    make_signal(SignalRule.FLAPPING_LINK, site=site)
    sweep_signals(at=NOON)
    assert Alert.objects.get().silence is None

    silence_begins(
        deadline=Deadline.objects.get(kind="incidents.silence_begin"), at=NOON + 10 * MINUTE
    )

    assert Alert.objects.get().silence is not None


def test_a_rehearsal_is_not_silenced(boss):
    site = make_site()
    quiet(boss, site=site)
    silence_of(site, is_exercise=True)

    sweep_signals(at=NOON)

    assert Incident.objects.get().is_exercise


def test_a_person_silences_only_the_own_sites():
    own, foreign = make_site(), make_site()
    hand = make_user(Role.RESPONDER)
    SiteAssignment.objects.create(user=hand, site=own)

    with pytest.raises(DomainError, match="own sites"):
        quiet(hand, site=foreign)
    with pytest.raises(DomainError, match="own sites"):
        quiet(hand, rule=SignalRule.SITE_SILENT)
    assert quiet(hand, site=own).approved_at == NOON


def test_a_silence_is_asked_for_agreed_to_and_ended_on_the_pages(client, boss, other):
    answer = client.post(
        reverse("incidents:silence_add"),
        {"kind": "maintenance", "reason": "new rack", "rule": "site_silent", "span": "2h"},
    )
    silence = Silence.objects.get()
    page = reverse("incidents:silence", args=[silence.pk])
    assert answer.url == page
    assert "nobody yet" in client.get(page).content.decode()

    client.force_login(other)
    client.post(reverse("incidents:silence_approve", args=[silence.pk]))
    assert "In force" in client.get(page).content.decode()
    client.post(reverse("incidents:silence_end", args=[silence.pk]))

    silence.refresh_from_db()
    assert silence.ended_by == other
    assert (
        silence.code in client.get(reverse("incidents:silences"), {"over": "yes"}).content.decode()
    )


def test_a_program_asks_for_a_silence_and_ends_it(client, boss):
    site = make_site()
    said = {"reason": "r", "site": site.code, "ends_at": timezone.now() + timedelta(hours=1)}

    made = client.post("/api/v1/silences/", said, content_type="application/json")
    pk = made.json()["id"]
    ended = client.post(f"/api/v1/silences/{pk}/end/", {}, content_type="application/json")

    assert made.status_code == 201
    assert made.json()["approved_at"]
    assert ended.json()["ended_by"] == boss.username
    assert client.get("/api/v1/silences/").json()["results"][0]["site"] == site.code
    refused = client.post(
        "/api/v1/silences/", said | {"rule": "canary"}, content_type="application/json"
    )
    assert refused.status_code in (400, 409, 422)
