"""Units of the organisation: their matrix, their appetite, and how everything follows (G3, G4)."""

import io
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.changes import BadFactsError
from assets.models import Asset, Unit
from assets.services.unit import UnitDissolvedError, dissolve_unit, edit_unit
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from risks.indicators.work import risks_untreated
from risks.models import Appetite, RegisterVersion, Risk
from risks.reports.register import build_register_report, report_subject
from risks.selectors.as_of import difference_of, picture_of
from risks.selectors.risk_page import risk_page
from risks.selectors.units import units_page
from risks.services.category import edit_category
from risks.services.risk import edit_risk, identify_risk
from risks.services.unit import end_appetite, judge_unit_by, open_unit, set_appetite
from tests.make import NOON, make_user
from tests.make_assets import make_asset
from tests.make_risks import judge, make_category, make_risk
from tests.make_units import make_unit
from tests.risks.test_import import new_row, take
from tests.risks.test_several_matrices import put_in_force

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def appetite(level, *, unit=None, category=None, at=NOON):
    return set_appetite(
        unit=unit, category=category, level=level, reason="Board", actor=make_user(), at=at
    )


def within(risk):
    risk = Risk.objects.for_list().get(pk=risk.pk)
    return risk_page(risk, user=make_user(Role.RISK_MANAGER), at=NOON).is_within_tolerance


def test_a_new_risk_takes_the_matrix_of_its_unit_before_that_of_its_category():
    put_in_force("small", 3, 3)
    facts = {"title": "Late books", "category": make_category(), "owner": make_user()}
    unit = make_unit(matrix_family="small")

    risk = identify_risk(facts=facts | {"unit": unit}, actor=None, at=NOON)

    assert judge(risk, 3, 3).matrix.family == "small"
    with pytest.raises(BadFactsError, match="1 to 3"):
        judge(risk, 4, 4)


def test_a_unit_with_another_matrix_leaves_its_risks_to_be_judged_again_and_clamps_none():
    put_in_force("small", 3, 3)
    unit = make_unit()
    risk, other = make_risk(unit=unit, residual=(5, 5)), make_risk(residual=(5, 5))

    again = judge_unit_by(
        unit=unit, matrix_family="small", reason="Board", actor=make_user(), at=NOON
    )

    risk.refresh_from_db(), other.refresh_from_db()
    assert again == 1
    assert (risk.matrix_family, risk.reassess_since, risk.level) == ("small", NOON, "extreme")
    assert (risk.residual.likelihood, risk.residual.impact) == (5, 5)
    assert other.reassess_since is None
    assert RegisterVersion.objects.filter(code=risk.code).latest("pk").facts["judge_again"]


def test_a_risk_that_moves_to_a_unit_with_another_matrix_is_judged_again():
    put_in_force("small", 3, 3)
    unit = make_unit(matrix_family="small")
    risk = make_risk(residual=(4, 4))

    edit_risk(risk=risk, facts={"unit": unit}, actor=make_user(), at=NOON)

    risk.refresh_from_db()
    assert (risk.matrix_family, risk.is_unrated) == ("small", True)


def test_a_category_judged_by_another_matrix_leaves_units_with_their_own_alone():
    put_in_force("small", 3, 3)
    put_in_force("wide", 4, 6)
    category = make_category()
    theirs = make_risk(unit=make_unit(matrix_family="small"), category=category, residual=(3, 3))
    risk = make_risk(category=category, residual=(3, 3))

    again = edit_category(
        category=category, facts={"matrix_family": "wide"}, actor=make_user(), at=NOON
    )

    theirs.refresh_from_db(), risk.refresh_from_db()
    assert again == 1
    assert (theirs.matrix_family, theirs.is_unrated) == ("small", False)
    assert (risk.matrix_family, risk.is_unrated) == ("wide", True)


def test_a_unit_is_judged_only_by_a_matrix_that_is_in_force():
    with pytest.raises(BadFactsError, match="There is no matrix"):
        make_unit(matrix_family="nowhere")


def test_the_nearest_appetite_holds_and_the_matrix_holds_where_nobody_spoke():
    unit, category = make_unit(), make_category()
    risk = make_risk(unit=unit, category=category, residual=(2, 3))
    assert (risk.level, within(risk)) == ("moderate", True)

    appetite("low", category=category)
    assert not within(risk)
    appetite("high", unit=unit)
    assert within(risk)
    both = appetite("", unit=unit, category=category)
    assert not within(risk)

    end_appetite(appetite=both, reason="Too strict", actor=make_user(), at=NOON + HOUR)
    assert within(risk)
    assert not within(make_risk(unit=unit, category=category))


def test_a_risk_of_unknown_unit_has_the_appetite_of_no_unit():
    appetite("extreme", unit=make_unit())

    assert not within(make_risk(residual=(5, 5)))
    assert within(make_risk(residual=(5, 5), unit=Unit.objects.get()))


def test_a_new_appetite_ends_the_one_before_and_keeps_it():
    unit = make_unit()
    appetite("low", unit=unit)
    appetite("high", unit=unit, at=NOON + HOUR)

    assert Appetite.objects.count() == 2
    assert Appetite.objects.standing().get().level == "high"
    assert AuditRow.objects.filter(action="appetite.set").count() == 2


@pytest.mark.parametrize(
    ("level", "about", "why"),
    [("dreadful", "unit", "No matrix in force has a level"), ("low", "", "Choose a unit")],
)
def test_an_appetite_names_a_known_level_and_something(level, about, why):
    unit = make_unit() if about else None

    with pytest.raises(BadFactsError, match=why):
        appetite(level, unit=unit)


def test_the_indicator_of_untreated_risks_follows_the_appetite():
    unit = make_unit()
    make_risk(unit=unit, residual=(5, 5))
    assert risks_untreated(NOON) == {None: 1}

    appetite("extreme", unit=unit)

    assert risks_untreated(NOON) == {None: 0}


def test_the_register_of_an_earlier_day_is_seen_with_the_appetite_of_that_day():
    unit = make_unit()
    risk = make_risk(unit=unit, residual=(2, 3))
    edit_risk(risk=risk, facts={"title": "Kept"}, actor=make_user(), at=NOON)
    appetite("low", unit=unit, at=NOON + HOUR)

    before = picture_of("risk", NOON + HOUR / 2, user=None)
    after = picture_of("risk", NOON + 2 * HOUR, user=None)

    assert [row.is_tolerable for row in before.rows + after.rows] == [True, False]


def test_a_change_of_unit_stands_in_the_difference_of_two_days():
    risk = make_risk(residual=(2, 2))
    edit_risk(risk=risk, facts={"title": "Before"}, actor=make_user(), at=NOON)
    edit_risk(risk=risk, facts={"unit": make_unit()}, actor=make_user(), at=NOON + 2 * HOUR)

    changed = difference_of(
        picture_of("risk", NOON + HOUR, user=None), picture_of("risk", NOON + 3 * HOUR, user=None)
    ).changed

    assert [(one.field, one.before, one.after) for one in changed[0].fields] == [
        ("unit", "", "FIN")
    ]


@pytest.mark.parametrize("said", ["FIN", "fin", "Finance", "Keuangan"])
def test_a_file_names_a_unit_by_its_code_or_its_name_in_either_language(said):
    make_unit(name_id="Keuangan")

    report = take(new_row(Department=said))

    assert report.errors == []
    assert Risk.objects.get().unit.code == "FIN"


def test_a_row_of_a_unit_that_does_not_exist_is_left_out_and_says_so():
    report = take(new_row(unit="Nowhere"))

    assert "Nowhere" in report.errors[0].sentence
    assert not Risk.objects.exists()


def test_a_row_is_judged_by_the_matrix_of_the_unit_that_it_names():
    put_in_force("small", 3, 3)
    make_unit(matrix_family="small")
    rows = [
        new_row(unit="FIN", residual_likelihood="3", residual_impact="3"),
        new_row(unit="FIN", residual_likelihood="5", residual_impact="3"),
    ]

    report = take(*rows)

    assert Risk.objects.get().residual.matrix.family == "small"
    assert "from 1 to 3" in report.errors[0].sentence


def test_the_page_of_units_names_what_is_unknown(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    unit = make_unit()
    make_risk(unit=unit, residual=(5, 5)), make_risk(unit=unit), make_risk(), make_asset()
    appetite("low", unit=unit)

    page = client.get(reverse("risks:units"))

    assert page.status_code == 200
    mine, unknown = units_page(make_user(Role.RISK_MANAGER)).units
    assert (mine.risks, mine.above, mine.unrated, mine.assets) == (2, 1, 1, 0)
    assert (unknown.unit, unknown.risks, unknown.assets) == (None, 1, 1)
    assert "nobody has said" in page.text


def test_the_page_of_units_asks_the_same_for_many_units():
    manager = make_user(Role.RISK_MANAGER)
    make_risk(unit=make_unit())
    units_page(manager)  # what they may do is asked once
    with CaptureQueriesContext(connection) as few:
        units_page(manager)
    for number in range(5):
        make_risk(unit=make_unit(code=f"U{number}", name=f"Unit {number}"), residual=(2, 2))

    with CaptureQueriesContext(connection) as many:
        units_page(manager)

    assert len(few) == len(many)


def test_a_unit_is_opened_changed_and_dissolved_on_its_pages(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    put_in_force("small", 3, 3)

    client.post(reverse("risks:unit_add"), {"code": "fin", "name": "Money"})
    risk = make_risk(unit=Unit.objects.get(code="FIN"), residual=(2, 2))
    facts = {"name": "Finance", "matrix_family": "small", "reason": "Board"}
    page = client.post(reverse("risks:unit_edit", args=["FIN"]), facts, follow=True)
    client.post(reverse("risks:unit_dissolve", args=["FIN"]), {"reason": "Merged"})

    unit = Unit.objects.get()
    assert (unit.name, unit.judged_by.matrix_family) == ("Finance", "small")
    assert "1 risk has to be judged again" in page.text
    assert unit.retired_on is not None
    form = client.get(reverse("risks:edit", args=[risk.code]))
    assert unit in form.context["form"].fields["unit"].queryset
    assert unit not in client.get(reverse("risks:add")).context["form"].fields["unit"].queryset


def test_a_dissolved_unit_changes_no_more():
    unit = make_unit()
    dissolve_unit(unit=unit, reason="Merged", on=NOON.date(), actor=make_user(), at=NOON)

    with pytest.raises(UnitDissolvedError):
        edit_unit(unit=unit, facts={"name": "Other"}, actor=make_user(), at=NOON)


def test_the_code_of_a_unit_is_given_once():
    make_unit()

    with pytest.raises(BadFactsError, match="already exists"):
        open_unit(code="fin", facts={"name": "Again"}, actor=None, at=NOON)


def test_an_appetite_is_set_and_ended_on_its_pages(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    unit = make_unit()
    nothing = client.post(reverse("risks:appetite_set"), {"level": "low", "reason": "Board"})
    assert nothing.status_code == 422

    client.post(reverse("risks:appetite_set"), {"unit": unit.pk, "level": "low", "reason": "Board"})
    made = Appetite.objects.get()
    risk = make_risk(unit=unit, residual=(2, 3))
    said = client.get(reverse("risks:detail", args=[risk.code])).text
    assert "not within tolerance (appetite of the unit: up to" in said
    client.post(reverse("risks:appetite_end", args=[made.pk]), {"reason": "Over"})

    assert not Appetite.objects.standing().exists()


def test_lists_filter_by_unit_and_by_its_absence(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    unit = make_unit()
    named, unnamed = make_risk(unit=unit), make_risk()
    owned, free = make_asset(unit=unit), make_asset()

    for page, key, shown, hidden in (
        ("risks:register", unit.pk, named, unnamed),
        ("risks:register", "none", unnamed, named),
        ("assets:list", unit.pk, owned, free),
        ("assets:list", "none", free, owned),
    ):
        text = client.get(f"{reverse(page)}?unit={key}").text
        assert shown.code in text, (page, key)
        assert f">{hidden.code}<" not in text, (page, key)


def test_the_api_says_and_takes_the_unit(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    make_unit()
    risk, asset = make_risk(), make_asset()

    for address in (f"/api/v1/risks/{risk.code}/", f"/api/v1/assets/{asset.code}/"):
        answer = client.post(f"{address}edit/", {"unit": "FIN"}, content_type="application/json")
        assert answer.status_code == 200, answer.text
        assert client.get(address).json()["unit"] == "FIN"
    assert client.get("/api/v1/risks/?unit__code=FIN").json()["count"] == 1
    assert client.get("/api/v1/units/").json()["results"][0]["code"] == "FIN"


def test_a_file_of_assets_names_their_units(client):
    client.force_login(make_user(Role.RISK_MANAGER))
    make_unit()
    file = io.BytesIO(b"Code,Name,Divisi\nAPP-1,Ledger,Finance\nAPP-2,Desk,Nowhere\n")
    file.name = "assets.csv"

    rows = client.post(reverse("assets:import"), {"file": file}).context["rows"]

    assert rows[0].facts["unit"].code == "FIN"
    assert "Nowhere" in rows[1].errors[0]


def test_the_register_on_paper_counts_each_unit_and_what_is_unknown():
    risk, other = make_risk(unit=make_unit(), residual=(5, 5)), make_risk(residual=(1, 1))
    for one in (risk, other):
        edit_risk(risk=one, facts={"cause": "Kept"}, actor=make_user(), at=NOON)

    built = build_register_report(
        subject_id=report_subject(NOON + HOUR), language="en", at=NOON + HOUR
    )

    assert {one.get("unit", "") for one in built.payload["risks"]} == {"FIN", ""}


def test_risks_of_before_keep_the_matrix_of_their_category_and_are_of_unknown_unit():
    put_in_force("small", 3, 3)
    category = make_category(code="safety", matrix_family="small")
    risk = make_risk(category=category, matrix_family="standard")
    step = import_module("risks.migrations.0015_risks_know_their_matrix")

    step.take_from_category(apps, None)

    risk.refresh_from_db()
    assert (risk.matrix_family, risk.unit) == ("small", None)


def test_assets_of_before_have_no_unit():
    assert Asset.objects.create(code="OLD", name="Old").unit is None
