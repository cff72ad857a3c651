"""Triage: one outage is one incident, however many signals tell of it."""

from datetime import timedelta

import pytest
from django.db.models import F

from incidents.models import (
    Alert,
    AlertStatus,
    Incident,
    IncidentKind,
    IncidentStatus,
    Severity,
    TimelineEntry,
)
from incidents.services import triage
from incidents.services.alert import raise_alert
from incidents.services.incident import call_off_incident, recover_incident, start_response
from incidents.services.triage import sweep_signals
from telemetry.models import Signal, SignalRule
from tests.make import LATER, NOON, make_region, make_site, make_user
from tests.make_incidents import make_incident, make_run, make_signal, make_version

pytestmark = pytest.mark.django_db


def silence(site, **fields):
    defaults = {"key": f"site:{site.pk}", "site": site, "params": {"site": site.name}}
    return make_signal(**(defaults | fields))


def outage(region, sites, **fields):
    defaults = {
        "key": f"region:{region.code}",
        "region": region,
        "severity": 2,
        "site_ids": [site.pk for site in sites],
    }
    return make_signal(SignalRule.NETWORK_OUTAGE, **(defaults | fields))


def parent_of(region):
    return f"network_outage:region:{region.code}"


def respond(incident):
    return start_response(incident=incident, actor=make_user(), at=NOON)


def change(signal, **fields):
    Signal.objects.filter(pk=signal.pk).update(**fields, version=F("version") + 1)


def close(signal):
    change(signal, closed_at=LATER)


def test_a_silent_site_becomes_one_alert_and_one_local_incident():
    silence(make_site())

    sweep_signals(at=NOON)

    assert Alert.objects.get().incident == Incident.objects.get()
    assert Incident.objects.get().kind == IncidentKind.LOCAL


def test_sweeping_again_changes_nothing():
    silence(make_site())

    sweep_signals(at=NOON)
    before = TimelineEntry.objects.count()
    sweep_signals(at=NOON)

    assert Alert.objects.count() == Incident.objects.count() == 1
    assert TimelineEntry.objects.count() == before


def test_an_alert_with_the_same_key_is_raised_once():
    first, is_new = raise_alert(key="k", rule="site_silent", title="t", severity=3, at=NOON)
    second, is_new_again = raise_alert(key="k", rule="site_silent", title="t", severity=3, at=NOON)

    assert (first, is_new, is_new_again) == (second, True, False)


def test_a_network_outage_of_many_sites_is_one_incident():
    region = make_region()
    sites = [make_site(region=region) for _n in range(6)]
    outage(region, sites)
    for site in sites:
        silence(site, parent_key=parent_of(region))

    sweep_signals(at=NOON)

    incident = Incident.objects.get()
    assert incident.kind == IncidentKind.NETWORK
    assert incident.sites.count() == 6
    assert incident.alerts.count() == 7


def test_a_local_incident_grows_into_the_network_incident():
    make_version(kinds=("local",))
    plan = make_version(kinds=("network",)).playbook
    region = make_region()
    sites = [make_site(region=region) for _n in range(4)]
    early = [silence(site) for site in sites[:2]]
    sweep_signals(at=NOON)
    outage(region, sites)
    for signal in early:
        change(signal, parent_key=parent_of(region))
    for site in sites[2:]:
        silence(site, parent_key=parent_of(region))

    sweep_signals(at=LATER)

    incident = Incident.objects.ongoing().get()
    assert incident.kind == IncidentKind.NETWORK
    assert incident.suggested_playbook == plan
    assert incident.sites.count() == 4
    assert [change.kind for change in incident.verdicts.order_by("pk")] == ["local", "network"]
    assert Incident.objects.filter(status=IncidentStatus.MERGED).count() == 1


def test_work_under_way_in_a_small_incident_is_not_taken_away():
    region = make_region()
    site = make_site(region=region)
    signal = silence(site)
    sweep_signals(at=NOON)
    small = Incident.objects.get()
    make_run(incident=small)
    outage(region, [site])
    change(signal, parent_key=parent_of(region))

    sweep_signals(at=LATER)

    small.refresh_from_db()
    assert small.is_ongoing
    assert Incident.objects.ongoing().count() == 2


def test_a_cause_that_comes_late_still_gathers_its_alerts():
    region = make_region()
    site = make_site(region=region)
    make_signal(SignalRule.FLAPPING_LINK, site=site, parent_key=parent_of(region))
    sweep_signals(at=NOON)
    outage(region, [site])

    sweep_signals(at=LATER)

    assert Incident.objects.get().alerts.count() == 2


def test_a_signal_whose_larger_cause_is_gone_stands_for_itself():
    silence(make_site(), parent_key="network_outage:region:gone")

    sweep_signals(at=NOON)

    assert Incident.objects.get().kind == IncidentKind.LOCAL


def test_of_many_signals_the_cause_is_looked_at_first(monkeypatch):
    monkeypatch.setattr(triage, "BATCH", 2)
    region = make_region()
    sites = [make_site(region=region) for _n in range(4)]
    for site in sites:
        silence(site, parent_key=parent_of(region))
    outage(region, sites)

    for _tick in range(3):
        sweep_signals(at=NOON)

    assert Incident.objects.get().alerts.count() == 5


def test_a_signal_that_cannot_be_triaged_does_not_hold_up_the_others(monkeypatch):
    broken = make_signal(site=make_site(), title="broken")
    silence(make_site())
    real = triage.raise_alert

    def trip(**fields):
        if fields["title"] == "broken":
            raise ZeroDivisionError
        return real(**fields)

    monkeypatch.setattr(triage, "raise_alert", trip)

    assert sweep_signals(at=NOON) == "1 signals, 1 failed"
    assert Signal.objects.unswept().get() == broken


def test_an_exercise_never_joins_the_real_incident():
    site = make_site()
    silence(site)
    silence(site, key="drill", is_exercise=True)

    sweep_signals(at=NOON)

    assert sorted(Incident.objects.values_list("mode", flat=True)) == ["exercise", "live"]


def test_the_last_clear_signal_suggests_recovery_and_closes_nothing():
    signal = silence(make_site())
    sweep_signals(at=NOON)
    close(signal)

    sweep_signals(at=LATER)

    incident = Incident.objects.get()
    assert Alert.objects.get().status == AlertStatus.RESOLVED
    assert incident.status == IncidentStatus.DECLARED
    assert incident.signals_cleared_at == LATER
    assert incident.sites.get().recovered_at == LATER


def test_an_outage_that_comes_back_soon_is_the_same_incident():
    site = make_site()
    signal = silence(site)
    sweep_signals(at=NOON)
    close(signal)
    sweep_signals(at=NOON)
    recover_incident(incident=respond(Incident.objects.get()), actor=make_user(), at=NOON)
    silence(site)

    sweep_signals(at=NOON + timedelta(minutes=10))

    assert Incident.objects.get().status == IncidentStatus.RESPONDING


def test_an_outage_the_next_day_is_another_incident():
    site = make_site()
    signal = silence(site)
    sweep_signals(at=NOON)
    close(signal)
    sweep_signals(at=NOON)
    recover_incident(incident=respond(Incident.objects.get()), actor=make_user(), at=NOON)
    silence(site)

    sweep_signals(at=NOON + timedelta(days=1))

    assert Incident.objects.count() == 2


def test_a_false_alarm_is_not_declared_again_by_the_same_signal():
    signal = silence(make_site())
    sweep_signals(at=NOON)
    call_off_incident(
        incident=Incident.objects.get(), actor=make_user(), at=NOON, reason="cable test"
    )
    change(signal, sums={"silent_s": 900})

    sweep_signals(at=LATER)

    assert Incident.objects.count() == 1


def test_a_mild_signal_raises_an_alert_without_an_incident():
    make_signal(SignalRule.FLAPPING_LINK, site=make_site())

    sweep_signals(at=NOON)

    assert Alert.objects.get().incident is None


def test_a_mild_signal_joins_the_incident_of_its_site():
    site = make_site()
    silence(site)
    make_signal(SignalRule.FLAPPING_LINK, site=site)

    sweep_signals(at=NOON)

    assert Incident.objects.get().alerts.count() == 2


@pytest.mark.parametrize(
    ("signal_severity", "criticality", "count", "expected"),
    [
        (3, 3, 1, Severity.MODERATE),
        (3, 1, 1, Severity.HIGH),
        (2, 3, 5, Severity.CRITICAL),
        (1, 1, 9, Severity.CRITICAL),
    ],
)
def test_severity_follows_rule_number_and_criticality(
    signal_severity, criticality, count, expected
):
    region = make_region()
    sites = [make_site(region=region, criticality=criticality) for _n in range(count)]
    outage(region, sites, severity=signal_severity)

    sweep_signals(at=NOON)

    assert Incident.objects.get().severity == expected


def test_a_playbook_for_the_kind_is_suggested():
    version = make_version(kinds=("network",))
    make_version(kinds=("security",))
    region = make_region()
    outage(region, [make_site(region=region)])

    sweep_signals(at=NOON)

    assert Incident.objects.get().suggested_playbook == version.playbook


def test_the_outage_began_when_the_evidence_says():
    silence(make_site())

    sweep_signals(at=NOON)

    assert Incident.objects.get().started_at == NOON - timedelta(minutes=5)


def test_a_second_incident_for_an_open_group_is_refused():
    make_incident(group_key="g")

    with pytest.raises(Exception, match="already open"):
        make_incident(group_key="g")


def test_a_synthetic_alert_is_nobodys_incident():
    make_signal(SignalRule.CANARY)

    sweep_signals(at=NOON)

    assert Alert.objects.count() == 1
    assert not Incident.objects.exists()
