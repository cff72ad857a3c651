"""Rules are switched and tuned as data: by profile, everywhere, by sector, by site."""

import pytest
from django.urls import reverse

from assets.models import Sector
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError
from telemetry.detection.catalogue import BY_CODE, CATALOGUE, OF_SIGNAL
from telemetry.detection.tuning import profiles, read_tuning
from telemetry.models import RuleSetting, SignalRule
from telemetry.services.rule_setting import set_rule
from tests.make import NOON, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    return make_user(Role.SYNC_TECHNICIAN, Role.INCIDENT_COMMANDER)


def test_there_are_twenty_two_rules_and_no_number_twice():
    assert [spec.number for spec in CATALOGUE] == list(range(1, 23))
    assert len(BY_CODE) == 22


def test_every_signal_of_detection_belongs_to_a_rule_of_the_table():
    of_others = {
        "flapping_link", "checksum_mismatch", "ping_missed", "external", "canary",
    }  # fmt: skip
    unknown = {
        rule
        for rule in SignalRule.values
        if rule not in OF_SIGNAL and not rule.startswith(("order_alone", "audit", "conflict"))
    }

    assert unknown == of_others


def test_every_sector_has_a_profile_that_names_known_rules_and_numbers():
    assert set(profiles()) == set(Sector.values)
    for rules in profiles().values():
        for code, said in rules.items():
            known = {limit.name: limit for limit in BY_CODE[code].limits}
            for name, value in said.get("limits", {}).items():
                assert known[name].low <= value <= known[name].high


def test_the_narrowest_place_that_says_something_holds(chief):
    bank, other = make_site(sector="banking"), make_site(sector="banking")
    say = {"rule": "clock_jump", "reason": "a test", "actor": chief, "at": NOON}
    profile = read_tuning().of("clock_jump", bank.pk, "banking")["off_by_s"]
    set_rule(**say, limits={"off_by_s": 60})
    set_rule(**say, sector="banking", limits={"off_by_s": 10})
    set_rule(**say, site=bank, limits={"off_by_s": 2})

    tuning = read_tuning()

    assert profile == 5
    assert tuning.of("clock_jump", bank.pk, "banking")["off_by_s"] == 2
    assert tuning.of("clock_jump", other.pk, "banking")["off_by_s"] == 10
    assert tuning.of("clock_jump", 0, "retail")["off_by_s"] == 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {"off_by_s": 0}},
        {"limits": {"nonsense": 1}},
        {"limits": {}, "reason": " "},
        {"rule": "network_outage", "sector": "health", "limits": {}},
        {"rule": "no_such_rule", "limits": {}},
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(chief, wrong):
    with pytest.raises(DomainError):
        set_rule(**({"rule": "clock_jump", "reason": "a test", "actor": chief, "at": NOON} | wrong))


def test_the_pages_show_and_change_a_rule_and_keep_its_history(client, chief):
    site = make_site(sector="health")
    client.force_login(chief)
    listed = client.get(reverse("telemetry:rules")).content.decode()
    address = reverse("telemetry:rule_set", args=["slow_app"]) + f"?site={site.code}"
    form = client.get(address).content.decode()

    answer = client.post(address, {"switch": "off", "p95_ms": "500", "reason": "old tablets"})
    page = client.get(reverse("telemetry:rule", args=["slow_app"])).content.decode()

    assert "Posture drift" in listed
    assert "3000" in form
    assert answer.status_code == 302
    assert "old tablets" in page
    assert RuleSetting.objects.get().limits == {"p95_ms": 500}
    assert AuditRow.objects.filter(action="rule.set").count() == 1


def test_who_sees_only_some_sites_changes_nothing_for_all():
    person = make_user(Role.SYNC_TECHNICIAN)

    with pytest.raises(DomainError):
        set_rule(rule="slow_app", limits={}, reason="x", actor=person, at=NOON)
