"""Fields that an organisation adds to its risks and assets: form, list, filter, files, history."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from assets.changes import BadFactsError
from assets.custom import headings_of
from assets.imports import read_assets
from assets.models import Asset, CustomField
from assets.services.asset import edit_asset
from assets.services.asset_import import import_assets
from assets.services.custom_field import add_custom_field, retire_custom_field
from bcp_portal.accounts.roles import Role
from risks.imports.reading import read_sheet
from risks.models import Risk
from risks.selectors.as_of import difference_of, picture_of
from risks.selectors.sheet_columns import register_columns
from risks.services.register_import import import_register
from risks.services.risk import edit_risk
from tests.make import LATER, NOON, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_category, make_risk

pytestmark = pytest.mark.django_db
KINDS = {
    "cost_centre": ("text", "Cost centre", "Pusat biaya"),
    "exposure": ("number", "Exposure", "Paparan"),
    "found_on": ("date", "Found on", "Ditemukan pada"),
    "strategy": ("choice", "Strategy", "Strategi"),
    "sponsor": ("person", "Sponsor", "Penanggung"),
}


@pytest.fixture
def fields():
    for about in ("risk", "asset"):
        for key, (kind, name, name_id) in KINDS.items():
            choices = ["Hold", "Sell"] if kind == "choice" else []
            facts = {"about": about, "key": key, "name": name, "name_id": name_id, "kind": kind}
            add_custom_field(facts=facts | {"choices": choices}, actor=None, at=NOON)


def facts(sponsor):
    return {
        "custom_cost_centre": "CC-7",
        "custom_exposure": 12.5,
        "custom_found_on": "2026-03-04",
        "custom_strategy": "Hold",
        "custom_sponsor": sponsor.username,
    }


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("number", "1.234,5", 1234.5),
        ("number", "1,234.5", 1234.5),
        ("number", "1.250.000", 1250000),
        ("number", "0,75", 0.75),
        ("number", "-3", -3),
        ("number", "", None),
        ("date", "2026-12-31", "2026-12-31"),
        ("text", "  a  ", "a"),
        ("choice", "hold", "Hold"),
    ],
)
def test_an_answer_is_kept_in_one_form_however_it_is_typed(kind, text, kept):
    field = CustomField(key="x", name="X", kind=kind, choices=["Hold", "Sell"])

    assert field.kept(text) == kept


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "many"), ("number", "nan"), ("number", "1e999"), ("date", "2026-13-01"),
        ("choice", "Keep"), ("person", "nobody-here"), ("text", "x" * 2001),
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused_with_a_sentence(kind, text):
    field = CustomField(key="x", name="Field X", kind=kind, choices=["Hold"])

    with pytest.raises(ValueError, match="Field X"):
        field.kept(text)


def test_the_form_asks_and_the_page_shows_what_was_answered(client, fields):
    sponsor = make_user(first_name="Ratna", last_name="Dewi")
    manager, category = make_user(Role.RISK_MANAGER), make_category()
    client.force_login(manager)
    said = facts(sponsor) | {"title": "Flood", "category": category.pk, "owner": manager.pk}

    client.post(reverse("risks:add"), said)

    risk = Risk.objects.get(title="Flood")
    assert risk.custom["exposure"] == 12.5
    page = client.get(reverse("risks:detail", args=[risk.code])).content.decode()
    assert "CC-7" in page
    assert "Ratna Dewi" in page
    assert 'value="2026-03-04"' in client.get(f"/risks/{risk.code}/edit/").content.decode()


def test_each_change_of_a_custom_field_is_in_the_history(fields):
    risk = make_risk()
    edit_risk(risk=risk, facts={"custom_exposure": 5}, actor=risk.owner, at=NOON)

    edit_risk(risk=risk, facts={"custom_exposure": "7"}, actor=risk.owner, at=LATER)

    early, late = (picture_of("risk", when, user=None) for when in (LATER, LATER + (LATER - NOON)))
    changed = difference_of(early, late).changed[0].fields
    assert [(one.before, one.after) for one in changed] == [("exposure: 5", "exposure: 7")]


def test_the_register_has_a_column_and_a_filter_for_each_field(client, fields):
    sponsor = make_user()
    mine, other = make_risk(), make_risk()
    edit_risk(risk=mine, facts=facts(sponsor), actor=mine.owner, at=NOON)
    client.force_login(make_user(Role.RISK_MANAGER))
    for query in (
        "custom_strategy=Hold", "custom_exposure_min=12", "custom_found_on_from=2026-03-01",
        f"custom_sponsor={sponsor.username}", "custom_cost_centre=CC-7",
    ):  # fmt: skip
        page = client.get(f"/risks/?{query}&cols=code,custom_exposure&sort=-custom_exposure")
        text = page.content.decode()
        assert f"/risks/{mine.code}/" in text, query
        assert f"/risks/{other.code}/" not in text, query
        assert "12.5" in text
    assert (
        f"/risks/{mine.code}/" not in client.get("/risks/?custom_exposure_max=9").content.decode()
    )


def test_custom_fields_travel_through_a_file_and_back_with_0_changes(client, fields):
    risk = make_risk()
    edit_risk(risk=risk, facts=facts(make_user()), actor=risk.owner, at=NOON)
    client.force_login(make_user(Role.RISK_MANAGER))

    for ending in ("csv", "xlsx"):
        file = client.get(reverse("risks:export"), {"as": ending}).content
        sheet = read_sheet(f"register.{ending}", file, register_columns())
        report = import_register(rows=sheet.rows, actor=None, at=NOON)
        assert (report.change_count, report.unchanged, report.errors) == (0, 1, []), ending


def test_a_file_with_indonesian_headings_fills_custom_fields(fields):
    risk = make_risk()
    text = "Kode;Paparan;Ditemukan pada;Strategi\n{};1.250,5;4 Maret 2026;jual\n"
    sheet = read_sheet("r.csv", text.format(risk.code).encode(), register_columns())
    bad = import_register(rows=sheet.rows, actor=None, at=NOON)
    good = read_sheet(
        "r.csv", text.replace("jual", "sell").format(risk.code).encode(), register_columns()
    )

    report = import_register(rows=good.rows, actor=None, at=NOON)

    assert "none of Hold, Sell" in bad.errors[0].sentence
    assert report.changed == [risk.code]
    risk.refresh_from_db()
    assert risk.custom == {"exposure": 1250.5, "found_on": "2026-03-04", "strategy": "Sell"}


def test_assets_answer_custom_fields_in_form_list_and_file(client, fields):
    asset, user = make_asset(), make_user(Role.RISK_MANAGER)
    edit_asset(asset=asset, facts={"custom_cost_centre": "CC-9"}, actor=user, at=NOON)
    file = io.BytesIO(f'Code,Name,Exposure\n{asset.code},{asset.name},"2,5"\n'.encode())
    import_assets(drafts=read_assets("a.csv", file, headings_of("asset")), actor=user, at=NOON)
    client.force_login(user)

    page = client.get(reverse("assets:detail", args=[asset.code])).content.decode()
    table = client.get("/assets/?cols=code,custom_exposure&export=xlsx").getvalue()

    assert "CC-9" in page
    assert Asset.objects.get(pk=asset.pk).custom == {"cost_centre": "CC-9", "exposure": 2.5}
    assert [cell.value for cell in load_workbook(io.BytesIO(table)).active[2]][-1] == 2.5


def test_a_retired_field_is_asked_no_more_and_its_answers_stay(client, fields):
    risk = make_risk()
    edit_risk(risk=risk, facts={"custom_exposure": 5}, actor=risk.owner, at=NOON)
    field = CustomField.objects.get(about="risk", key="exposure")

    retire_custom_field(field=field, reason="Nobody reads it", actor=risk.owner, at=NOON)

    client.force_login(make_user(Role.RISK_MANAGER))
    assert "Exposure" not in client.get(f"/risks/{risk.code}/edit/").content.decode()
    assert Risk.objects.get(pk=risk.pk).custom == {"exposure": 5}
    with pytest.raises(BadFactsError):
        edit_risk(risk=risk, facts={"custom_exposure": 6}, actor=risk.owner, at=NOON)


def test_a_field_is_added_and_renamed_on_its_page(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    facts = {
        "about": "risk",
        "key": "strategy",
        "name": "Strategy",
        "kind": "choice",
        "choices": "Hold\nSell\nHold",
        "position": "0",
    }

    client.post(reverse("assets:custom_field_add"), facts)
    field = CustomField.objects.get()
    client.post(
        reverse("assets:custom_field_edit", args=[field.pk]),
        {"name": "Way", "choices": "Hold", "position": "1"},
    )

    field.refresh_from_db()
    assert (field.name, field.choices) == ("Way", ["Hold"])
    assert "Way" in client.get(reverse("assets:custom_fields")).content.decode()


def test_a_choice_without_choices_is_refused(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    facts = {"about": "risk", "key": "a", "name": "A", "kind": "choice", "position": "0"}

    answer = client.post(reverse("assets:custom_field_add"), facts)

    assert answer.status_code == 422
    assert "what may be chosen" in answer.content.decode()
