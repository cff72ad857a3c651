"""Doors of the register: who gets in, what they see, what it costs."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from assets.models import Achievement
from assets.services.impact import start_campaign
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from risks.models import AchievementOffer, Control, Risk, RiskEvidence
from risks.services.evidence import offers_for_closed_incidents
from risks.services.figures import estimate_loss
from risks.services.threat import add_threat
from risks.services.unit import open_unit
from tests.make import LATER, NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import (
    judge,
    make_category,
    make_closed_incident,
    make_control,
    make_risk,
)

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
TODAY = timezone.localdate


@pytest.fixture
def sign_in(client):
    """Sign somebody with these roles in; give back the client."""

    def enter(*roles, user=None):
        client.force_login(user or make_user(*roles))
        return client

    return enter


READ_PAGES = [
    "risks:register",
    "risks:heat_map",
    "risks:reviews",
    "risks:inbox",
    "risks:acceptances",
    "risks:controls",
    "risks:export",
]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("risks:threats", "=HYPERLINK"),
        ("risks:units", "R&D"),
        ("risks:losses", "Two outages"),
        ("risks:calibration", "Likelihood"),
        ("assets:campaigns", "Spring"),
        ("risks:register", "Tills"),
    ],
)
def test_every_table_leaves_as_csv_and_as_a_workbook(sign_in, name, told):
    boss = make_user(Role.RISK_MANAGER)
    add_threat(code="T-1", facts={"name": "=HYPERLINK(1)"}, actor=boss, at=NOON)
    open_unit(code="RD", facts={"name": "R&D"}, matrix_family="", actor=boss, at=NOON)
    risk = make_risk(title="Tills", residual=(4, 4))
    estimate = {"rate_low": 1, "rate_high": 2, "loss_low": 1, "loss_high": 2, "note": "Two outages"}
    estimate_loss(risk=risk, facts=estimate, actor=boss, at=NOON)
    asset = make_asset(business_owner=boss)
    start_campaign(name="Spring", due_at=LATER, assets=[asset], actor=boss, at=NOON)
    client = sign_in(Role.AUDITOR)

    page = client.get(reverse(name)).content.decode()
    lines = b"".join(client.get(reverse(name), {"export": "csv"})).decode("utf-8-sig")
    book = load_workbook(BytesIO(b"".join(client.get(reverse(name), {"export": "xlsx"}))))

    assert "export=csv" in page
    assert "export=xlsx" in page
    assert told in lines
    assert not any(line.startswith("=") or ",=" in line for line in lines.splitlines())
    assert any(told in str(cell) for row in book.active.values for cell in row)
    assert AuditRow.objects.filter(action="list.export").exists()


@pytest.mark.parametrize("name", READ_PAGES)
def test_a_reader_may_look_and_a_stranger_may_not(sign_in, name):
    make_control()
    make_risk(residual=(4, 4))

    assert sign_in(Role.AUDITOR).get(reverse(name)).status_code == 200
    assert sign_in(Role.SYNC_TECHNICIAN).get(reverse(name)).status_code == 403


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("risks:add", Role.RISK_MANAGER),
        ("risks:import", Role.RISK_MANAGER),
        ("risks:control_add", Role.RISK_MANAGER),
    ],
)
def test_a_form_opens_for_its_role_only(sign_in, name, role):
    assert sign_in(role).get(reverse(name)).status_code == 200
    assert sign_in(Role.AUDITOR).get(reverse(name)).status_code == 403


RISK_PAGES = ["detail", "edit", "assess", "review", "retire", "treat", "apply_control", "accept"]


@pytest.mark.parametrize("name", [*RISK_PAGES, "link_incident"])
def test_a_risk_of_another_site_is_not_there(sign_in, name):
    risk = make_risk(assets=[make_asset(site=make_site())])
    user = make_user(Role.BUSINESS_OWNER)
    address = reverse(f"risks:{name}", args=[risk.code])
    assert sign_in(user=user).get(address).status_code == 404

    Risk.objects.filter(pk=risk.pk).update(business_owner=user)
    assert sign_in(user=user).get(address).status_code == 200


@pytest.mark.parametrize("name", ["control", "control_edit", "control_test", "control_withdraw"])
def test_a_control_has_its_pages(sign_in, name):
    address = reverse(f"risks:{name}", args=[make_control().code])

    assert sign_in(Role.RISK_MANAGER).get(address).status_code == 200


def test_the_register_costs_the_same_for_many_risks(sign_in, django_assert_max_num_queries):
    for _number in range(30):
        make_risk(residual=(3, 3), assets=[make_asset()])
    client = sign_in(Role.AUDITOR)

    with django_assert_max_num_queries(22):
        client.get(reverse("risks:register"))


def test_the_register_asks_for_people_and_catalogues_at_once(
    sign_in, django_assert_max_num_queries
):
    make_risk()
    client = sign_in(Role.RISK_MANAGER)
    client.get(reverse("risks:register"))

    with django_assert_max_num_queries(11):
        page = client.get(reverse("risks:register")).text

    # Two of them are who asks: the session and the person.
    for person in User.objects.filter(is_active=True):
        assert f'<option value="{person.pk}">{person.name}</option>' in page


def test_whoever_has_left_is_offered_no_risks(sign_in):
    make_risk()
    gone = make_user(first_name="Gone", is_active=False)

    page = sign_in(Role.RISK_MANAGER).get(reverse("risks:register")).text

    assert f'<option value="{gone.pk}">' not in page


def test_a_risk_page_costs_the_same_however_much_it_holds(sign_in, django_assert_max_num_queries):
    risk = make_risk(assets=[make_asset() for _number in range(10)])
    for step in range(1, 6):
        judge(risk, step, step)
    client = sign_in(Role.AUDITOR)

    with django_assert_max_num_queries(28):
        client.get(reverse("risks:detail", args=[risk.code]))


def test_an_unrated_risk_says_so(sign_in):
    risk = make_risk()

    text = sign_in(Role.AUDITOR).get(reverse("risks:detail", args=[risk.code])).content.decode()

    assert "Unrated" in text
    assert "not within tolerance" in text


def test_the_heat_map_counts_and_opens_its_cells(sign_in):
    make_risk(residual=(4, 5)), make_risk(residual=(4, 5)), make_risk()

    client = sign_in(Role.AUDITOR)
    text = client.get(reverse("risks:heat_map")).content.decode()
    cell = f"{reverse('risks:register')}?residual_likelihood=4&amp;residual_impact=5"
    listed = client.get(cell.replace("&amp;", "&") + "&part=list").content.decode()

    assert cell in text
    assert "2 risks, Extreme" in text
    assert listed.count("/risks/R-") >= 2


def test_overdue_reviews_are_listed_with_those_that_never_had_a_date(sign_in):
    late = make_risk(review_on=TODAY() - timedelta(days=3))
    never = make_risk(review_on=None)
    fine = make_risk(review_on=TODAY() + timedelta(days=90))

    text = sign_in(Role.AUDITOR).get(reverse("risks:reviews")).content.decode()

    assert late.code in text
    assert never.code in text
    assert fine.code not in text


def test_a_risk_is_identified_and_leads_to_its_assessment(sign_in):
    owner, client = make_user(), sign_in(Role.RISK_MANAGER)

    answer = client.post(
        reverse("risks:add"),
        {"title": "Tills stop", "category": make_category().pk, "owner": owner.pk},
    )

    risk = Risk.objects.get()
    assert answer.url == reverse("risks:assess", args=[risk.code])


def test_a_risk_is_assessed_by_its_form(sign_in):
    risk = make_risk()

    sign_in(Role.RISK_MANAGER).post(
        reverse("risks:assess", args=[risk.code]),
        {"kind": "residual", "likelihood": "4", "impact": "5", "rationale": "Three times"},
    )

    risk.refresh_from_db()
    assert risk.level == "extreme"


def test_a_form_half_filled_keeps_what_was_typed(sign_in):
    answer = sign_in(Role.RISK_MANAGER).post(reverse("risks:add"), {"title": "Tills stop"})

    assert answer.status_code == 422
    assert 'value="Tills stop"' in answer.content.decode()


def test_editing_keeps_assets_that_must_stay_unseen(sign_in):
    user = make_user(Role.BUSINESS_OWNER)
    hidden = make_asset(code="HIDDEN", site=make_site())
    risk = make_risk(assets=[hidden], business_owner=user)

    sign_in(user=user).post(
        reverse("risks:edit", args=[risk.code]),
        {"title": "New", "category": risk.category_id, "owner": risk.owner_id},
    )

    risk.refresh_from_db()
    assert risk.title == "New"
    assert list(risk.assets.all()) == [hidden]


def test_one_person_asks_and_another_accepts(sign_in):
    owner, asker = make_user(Role.BUSINESS_OWNER), make_user(Role.BUSINESS_OWNER)
    risk = make_risk(residual=(4, 4), business_owner=owner)
    facts = {
        "reason": "Too dear",
        "expires_on": (TODAY() + timedelta(days=9)).isoformat(),
        "approver": owner.pk,
        "incidents": 2,
    }
    sign_in(user=asker).post(reverse("risks:accept", args=[risk.code]), facts)
    give = reverse("risks:acceptance_approve", args=[risk.acceptances.get().pk])
    sign_in(user=asker).post(give)
    risk.refresh_from_db()
    assert risk.status == "open"

    sign_in(user=owner).post(give)

    risk.refresh_from_db()
    assert risk.status == "accepted"


def test_a_selection_is_handed_over(sign_in):
    risks, owner = [make_risk(), make_risk()], make_user()

    sign_in(Role.RISK_MANAGER).post(
        reverse("risks:bulk"),
        {"action": "hand_over", "ids": [one.pk for one in risks], "hand_over-owner": owner.pk},
    )

    assert set(Risk.objects.values_list("owner", flat=True)) == {owner.pk}


def test_a_title_is_changed_where_it_stands(sign_in):
    risk = make_risk()

    sign_in(Role.RISK_MANAGER).post(
        reverse("risks:edit_cell", args=[risk.pk, "title"]), {"title": "Clearer"}
    )

    risk.refresh_from_db()
    assert risk.title == "Clearer"


def test_the_register_leaves_as_csv(sign_in):
    make_risk(title="=cmd()")

    answer = sign_in(Role.AUDITOR).get(reverse("risks:register") + "?export=csv")

    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert b"'=cmd()" in body


def test_an_incident_page_shows_what_it_teaches(sign_in):
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset(rto=HOUR, business_owner=owner)
    risk = make_risk(assets=[asset], owner=owner)
    incident = make_closed_incident(asset, commander=owner)
    offers_for_closed_incidents(at=NOON)
    client, address = sign_in(user=owner), reverse("risks:for_incident", args=[incident.code])

    page = client.get(address).content.decode()
    part = client.get(address, headers={"HX-Request": "true"}).content.decode()

    assert "Record as proof" in page
    assert risk.code in part
    assert "<html" not in part


def test_an_incident_that_must_stay_unseen_teaches_nothing(sign_in):
    incident = make_closed_incident()
    address = reverse("risks:for_incident", args=[incident.code])

    assert sign_in(Role.VIEWER).get(address).status_code == 404


def test_the_button_records_the_achievement(sign_in):
    owner = make_user(Role.BUSINESS_OWNER)
    make_closed_incident(make_asset(rto=HOUR, business_owner=owner))
    offers_for_closed_incidents(at=NOON)
    offer = AchievementOffer.objects.get()

    sign_in(user=owner).post(reverse("risks:offer_accept", args=[offer.pk]))

    assert Achievement.objects.get().achieved == 2 * HOUR


def test_an_offer_is_declined_with_a_reason(sign_in):
    owner = make_user(Role.BUSINESS_OWNER)
    make_closed_incident(make_asset(rto=HOUR, business_owner=owner))
    offers_for_closed_incidents(at=NOON)
    address = reverse("risks:offer_decline", args=[AchievementOffer.objects.get().pk])
    client = sign_in(user=owner)
    assert client.get(address).status_code == 200

    client.post(address, {"reason": "The clock was wrong"})

    assert AchievementOffer.objects.get().outcome == "declined"


@pytest.mark.parametrize("word", ["accept", "decline"])
def test_the_owner_weighs_evidence_by_its_form(sign_in, word):
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset()
    make_risk(assets=[asset], owner=owner)
    make_closed_incident(asset)
    offers_for_closed_incidents(at=NOON)
    address = reverse(f"risks:evidence_{word}", args=[RiskEvidence.objects.get().pk])
    client = sign_in(user=owner)
    assert client.get(address).status_code == 200

    client.post(address, {"reason": "Third time"})

    assert RiskEvidence.objects.get().outcome == f"{word}ed".replace("eed", "ed")


def test_what_nobody_has_weighed_waits_in_the_inbox(sign_in):
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset(rto=HOUR, business_owner=owner)
    risk = make_risk(assets=[asset], owner=owner)
    make_closed_incident(asset)
    offers_for_closed_incidents(at=NOON)

    text = sign_in(user=owner).get(reverse("risks:inbox")).content.decode()

    assert risk.code in text
    assert "Record as proof" in text


def test_a_control_is_introduced_tested_and_withdrawn(sign_in):
    client = sign_in(Role.RISK_MANAGER)
    client.post(
        reverse("risks:control_add"),
        {"name": "Backups", "kind": "corrective", "nature": "technical"},
    )
    code = Control.objects.get().code
    client.post(
        reverse("risks:control_test", args=[code]), {"effectiveness": "weak", "note": "Too slow"}
    )
    client.post(reverse("risks:control_withdraw", args=[code]), {"reason": "Replaced"})

    control = Control.objects.get()
    assert control.effectiveness == "weak"
    assert control.withdrawn_on is not None


def test_a_treatment_is_decided_and_done_by_its_forms(sign_in):
    risk, client = make_risk(), sign_in(Role.RISK_MANAGER)
    client.post(
        reverse("risks:treat", args=[risk.code]),
        {"kind": "reduce", "plan": "Second link", "owner": risk.owner_id},
    )
    treatment = risk.treatments.get()
    client.post(reverse("risks:treatment_done", args=[treatment.pk]), {"reason": "Tested"})

    treatment.refresh_from_db()
    assert treatment.status == "done"


def test_a_treatment_of_an_unseen_risk_is_not_there(sign_in):
    risk = make_risk(assets=[make_asset(site=make_site())])
    treatment = risk.treatments.create(
        kind="reduce", plan="Second link", owner=risk.owner, decided_at=NOON
    )
    address = reverse("risks:treatment_drop", args=[treatment.pk])

    assert sign_in(Role.BUSINESS_OWNER).get(address).status_code == 404


def test_what_waits_for_a_person_is_among_their_tasks(sign_in):
    owner = make_user(Role.BUSINESS_OWNER)
    asset = make_asset(rto=HOUR, business_owner=owner)
    make_risk(assets=[asset], owner=owner, review_on=NOON.date())
    make_closed_incident(asset)
    offers_for_closed_incidents(at=NOON)

    text = sign_in(user=owner).get(reverse("dashboard:frame") + "?part=tasks").content.decode()

    assert "1 piece of evidence to weigh" in text
    assert "1 achievement to confirm" in text
    assert "1 risk review overdue" in text
