"""Sector profiles switch on rules, limits, controls, training and playbooks (V6)."""

import dataclasses

import pytest
from django.urls import reverse

from assets.models import Sector
from bcp_portal.accounts.models import Course
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.training import own_training
from bcp_portal.accounts.services.training import load_courses
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError
from incidents.models import Playbook
from incidents.playbooks.reader import ready_plans
from risks.models import Control, ControlKind, ControlNature
from risks.services.control import withdraw_control
from risks.services.sector_profile import NothingToTakeOverError, take_over_controls
from telemetry.models import DeviceState, SectorProfile, Signal, SignalRule
from telemetry.sector_profiles import LIMITS, all_asks, proposed_controls, shipped
from telemetry.services.inspection import inspect_fleet
from telemetry.services.sector_profile import edit_sector_profile
from tests.make import LATER, NOON, make_device, make_region, make_site, make_user
from tests.make_assets import assign
from tests.make_orders import make_commander

PASSWORD = "sepeda-biru-tua-17"
pytestmark = pytest.mark.django_db


@pytest.fixture
def chief():
    load_courses(at=NOON)
    return make_user(
        Role.RISK_MANAGER, Role.ADMINISTRATOR, Role.AUDITOR, Role.INCIDENT_COMMANDER,
        Role.SYNC_TECHNICIAN,
    )  # fmt: skip


def address(name: str, sector: str = "health") -> str:
    return reverse(f"risks:{name}", args=[sector])


def said(sector: str, **changed: object) -> dict[str, object]:
    """What the form sends when nothing but this is changed."""
    asks = all_asks()[sector]
    facts = {**asks.as_dict(), **asks.limits, "reason": "Our auditor asks for it"} | changed
    return {name: value for name, value in facts.items() if name != "limits"}


def asked_of(person) -> set[str]:
    return {cell.course.code for cell in own_training(person, at=NOON) if cell.is_gap}


def test_what_comes_along_names_only_what_is_there(chief):
    courses = set(Course.objects.values_list("code", flat=True))
    playbooks = {plan.code for plan in ready_plans()}

    for sector in Sector.values:
        asks = shipped(sector)
        assert asks.controls
        assert set(asks.courses) <= courses
        assert set(asks.playbooks) <= playbooks
        assert set(asks.limits) <= set(LIMITS)
        for control in proposed_controls(sector).values():
            assert control.names.keys() == control.descriptions.keys() == {"en", "id"}
            assert (control.kind, control.nature) == (
                ControlKind(control.kind), ControlNature(control.nature)
            )  # fmt: skip


def test_the_profile_of_a_sector_reaches_detection_and_so_does_our_change_of_it(client, chief):
    for sector in ("health", "retail"):
        device = make_device(heard_at=NOON, site=make_site(code=sector, sector=sector))
        told = {"at": NOON.isoformat(), "vpn_up": False}
        DeviceState.objects.filter(pk=device.pk).update(posture=told)
    inspect_fleet(at=NOON)
    first = list(Signal.objects.open().values_list("rule", "site__code"))
    client.force_login(chief)
    page = client.get(address("sector_profile")).content.decode()
    change = reverse("telemetry:rule_set", args=["posture_drift"]) + "?sector=health"

    client.post(change, {"switch": "off", "reason": "The tunnel is rebuilt this week"})
    inspect_fleet(at=LATER)

    assert first == [(SignalRule.POSTURE_DRIFT, "health")]
    assert change in page
    assert not Signal.objects.open().exists()


def test_training_of_the_profile_is_asked_of_whoever_looks_after_a_site_of_the_sector(chief):
    here, region, elsewhere = make_user(), make_user(), make_user()
    clinics = make_region()
    assign(here, site=make_site(sector="health"))
    assign(region, region=clinics)
    make_site(sector="health", region=clinics)
    assign(elsewhere, site=make_site(sector="ticketing"))

    assert asked_of(here) == asked_of(region) == set(shipped("health").courses)
    assert asked_of(elsewhere) == set(shipped("ticketing").courses)

    ours = dataclasses.replace(shipped("health"), courses=("standard-data",))
    edit_sector_profile(sector="health", asks=ours, reason="Less is more", actor=chief, at=NOON)
    assert asked_of(here) == {"standard-data"}


def test_the_page_says_who_must_know_what(client, chief):
    nurse = make_user(first_name="Ratna", last_name="Clinic")
    assign(nurse, site=make_site(sector="health"))
    client.force_login(chief)

    page = client.get(address("sector_profile")).content.decode()

    assert page.count("Ratna Clinic") == len(shipped("health").courses)
    assert page.count("Missing") >= len(shipped("health").courses)


def test_one_press_takes_over_the_controls_that_are_proposed(client, chief):
    client.force_login(chief)
    client.post(address("sector_profile_controls"))

    taken = Control.objects.get(code="HLT-CLEAN")
    assert (taken.name, taken.owner) == ("Decontamination before repair", chief)
    assert taken.effectiveness == "untested"
    assert Control.objects.count() == len(shipped("health").controls)
    assert AuditRow.objects.filter(action="control.introduce").count() == Control.objects.count()


def test_a_control_that_was_withdrawn_is_not_brought_back(chief):
    take_over_controls(sector="banking", actor=chief, at=NOON)
    withdraw_control(
        control=Control.objects.get(code="BNK-LIMIT"), reason="By law", actor=chief, at=NOON
    )

    with pytest.raises(NothingToTakeOverError):
        take_over_controls(sector="banking", actor=chief, at=LATER)


def test_one_press_takes_over_the_playbooks_that_are_asked_for_and_no_other(client, chief):
    client.force_login(chief)
    client.post(address("sector_profile_playbooks"))

    assert set(Playbook.objects.values_list("code", flat=True)) == set(shipped("health").playbooks)


def test_an_organisation_edits_its_copy_and_every_version_stays(client, chief):
    client.force_login(chief)
    edit = address("sector_profile_edit", "banking")

    assert client.get(edit).status_code == 200
    assert client.post(edit, said("banking")).status_code == 422  # nothing was changed
    client.post(edit, said("banking", transactions_per_hour=30))
    client.post(edit, said("banking", playbooks=["PB-CYBER"], reason="One is enough"))

    assert all_asks()["banking"].limits["transactions_per_hour"] == 30
    assert all_asks()["banking"].playbooks == ("PB-CYBER",)
    assert [row.number for row in SectorProfile.objects.order_by("number")] == [1, 2]
    assert shipped("banking").limits["transactions_per_hour"] == 60
    page = client.get(address("sector_profile", "banking")).content.decode()
    assert "One is enough" in page
    assert "Our auditor asks for it" in page
    assert "PB-DEVICE" in page  # as dropped
    assert AuditRow.objects.filter(action="sector_profile.edit").count() == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {"wishes": 3}},
        {"limits": {"transactions_per_hour": 0}},
        {"courses": ("no-such-course",)},
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused_with_a_sentence(chief, wrong):
    asks = dataclasses.replace(shipped("retail"), **wrong)

    with pytest.raises(DomainError):
        edit_sector_profile(sector="retail", asks=asks, reason="A test", actor=chief, at=NOON)


def test_the_site_page_shows_the_profile_of_its_sector(client, chief):
    bank = make_site(sector="banking")
    client.force_login(chief)

    site = client.get(reverse("telemetry:site", args=[bank.code])).content.decode()
    part = address("sector_profile", "banking") + "?part=card"
    card = client.get(part, headers={"HX-Request": "true"}).content.decode()

    assert part in site
    assert "<html" not in card
    assert "Transaction limits while offline" in card


def test_an_order_to_work_offline_begins_with_the_limits_of_the_sector(client):
    bank = make_site(sector="banking")
    user = make_commander()
    user.set_password(PASSWORD)
    user.save()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    give = reverse("telemetry:order_give")

    offline = client.get(give, {"action": "offline", "sites": bank.code}).content.decode()
    freeze = client.get(give, {"action": "freeze", "sites": bank.code}).content.decode()

    assert 'value="2500000"' in offline
    assert 'value="2500000"' not in freeze


def test_list_and_api_tell_what_holds_now(client, chief):
    client.force_login(chief)
    page = client.get(reverse("risks:sector_profiles")).content.decode()
    told = client.get("/api/v1/sector-profiles/").json()
    clinic = client.get("/api/v1/sector-profiles/health/").json()

    assert all(str(Sector(sector).label) in page for sector in Sector.values)
    assert {one["sector"] for one in told["results"]} == set(Sector.values)
    assert clinic["rules"]["posture_drift"]["limits"]["vpn_up"] == 1
    assert (clinic["version"], clinic["controls"]) == (0, list(shipped("health").controls))
    assert client.get("/api/v1/sector-profiles/mining/").status_code == 404
