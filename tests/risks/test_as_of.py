"""The register as of any day and the difference between two days: exact, from kept versions."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.services.report_file import make_paper
from risks.history import differences
from risks.models import RegisterVersion
from risks.reports.register import build_register_report, report_subject
from risks.selectors.as_of import difference_of, picture_of
from risks.services.assessment import assess_risk
from risks.services.control import apply_control
from risks.services.risk import edit_risk, identify_risk, retire_risk
from risks.services.version import keep_missing_versions
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_risks import make_category, make_control, make_risk

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def identify(title="Tills stop", at=NOON, **fields):
    facts = {"title": title, "category": make_category(), "owner": make_user()}
    return identify_risk(facts=facts | fields, actor=None, at=at)


def judge(risk, likelihood, impact, at):
    return assess_risk(
        risk=risk, kind="residual", likelihood=likelihood, impact=impact, rationale="Why",
        actor=None, at=at,
    )  # fmt: skip


def test_each_day_shows_what_was_said_then_and_nothing_later():
    risk = identify()
    edit_risk(risk=risk, facts={"title": "All tills stop"}, actor=None, at=NOON + 2 * DAY)
    judge(risk, 3, 4, NOON + 4 * DAY)

    def seen(moment):
        return [
            (row.facts["title"], (row.facts["residual"] or {}).get("score"))
            for row in picture_of("risk", moment, user=None).rows
        ]

    assert seen(NOON) == []
    assert seen(NOON + DAY) == [("Tills stop", None)]
    assert seen(NOON + 3 * DAY) == [("All tills stop", None)]
    assert seen(NOON + 5 * DAY) == [("All tills stop", 12)]


def test_every_register_that_ever_was_can_be_had_back_exactly():
    """Whatever the register said after each change, its picture says the same for ever."""
    risk = identify()
    said = {}
    for day, verb in enumerate((judge, judge, judge), start=1):
        verb(risk, day, 6 - day, NOON + day * DAY)
        said[day] = RegisterVersion.objects.order_by("-pk").first().facts
    edit_risk(risk=risk, facts={"cause": "Dust"}, actor=None, at=NOON + 9 * DAY)

    for day, facts in said.items():
        moment = NOON + day * DAY + timedelta(seconds=1)
        assert picture_of("risk", moment, user=None).rows[0].facts == facts


def test_the_difference_names_fields_people_and_reasons():
    kept, gone, asset = identify("Kept"), identify("Gone"), make_asset(code="APP-POS")
    maya = make_user(first_name="Maya")
    edit_risk(risk=kept, facts={"cause": "Dust"}, assets=[asset], reason="Seen", actor=maya,
              at=NOON + DAY)  # fmt: skip
    retire_risk(risk=gone, reason="Sold", actor=maya, at=NOON + DAY)
    fresh = identify("Fresh", at=NOON + DAY)

    found = difference_of(
        picture_of("risk", NOON + DAY / 2, user=None), picture_of("risk", NOON + 2 * DAY, user=None)
    )

    assert {row.code: row.how for row in found.changed} == {
        kept.code: "changed", gone.code: "gone", fresh.code: "new",
    }  # fmt: skip
    changed = next(row for row in found.changed if row.code == kept.code)
    assert [(one.field, one.after) for one in changed.fields] == [
        ("cause", "Dust"), ("assets", "APP-POS"),
    ]  # fmt: skip
    assert (changed.steps[0].actor, changed.steps[0].reason) == ("Maya", "Seen")


def test_a_control_linked_later_is_not_in_the_earlier_picture():
    risk, control = identify(), make_control()
    apply_control(risk=risk, control=control, actor=None, at=NOON + DAY)

    early, late = (picture_of("risk", NOON + n * DAY, user=None).rows[0].facts for n in (1, 2))

    assert (early["controls"], late["controls"]) == ([], [control.code])


def test_what_was_there_before_histories_were_kept_begins_one():
    make_risk()

    assert keep_missing_versions(at=NOON) == "1 begun"
    assert keep_missing_versions(at=NOON) == "0 begun"


def test_a_change_that_was_taken_back_leaves_no_version():
    risk = identify()
    before = RegisterVersion.objects.count()

    edit_risk(risk=risk, facts={"title": risk.title}, actor=None, at=NOON + DAY)

    assert RegisterVersion.objects.count() == before


facts = st.fixed_dictionaries(
    {"title": st.text(max_size=5), "owner": st.text(max_size=5)},
    optional={"assets": st.lists(st.text(max_size=3), max_size=3), "cause": st.text(max_size=4)},
)


# A busy machine is slow to think of examples; that says nothing about what is tested.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(one=facts, other=facts)
def test_equal_facts_differ_in_nothing_and_a_difference_reads_backwards(one, other):
    assert differences(one, one) == []
    there = {(d.field, d.before, d.after) for d in differences(one, other)}
    back = {(d.field, d.after, d.before) for d in differences(other, one)}
    assert there == back


@pytest.fixture
def page(client):
    def get(role, **query):
        client.force_login(make_user(role))
        return client.get(reverse("risks:as_of"), query)

    return get


def today(days=0):
    """A day as the reader of the page counts them: it may have begun already."""
    return (timezone.localdate(timezone=User().zone()) + timedelta(days=days)).isoformat()


def test_the_page_the_csv_and_the_workbook_hold_the_register_of_the_day(page):
    risk = identify(at=timezone.now() - 9 * DAY)
    edit_risk(risk=risk, facts={"title": "Later"}, actor=None, at=timezone.now() - 2 * DAY)

    shown = page(Role.AUDITOR, on=today(-5)).content.decode()
    text = page(Role.AUDITOR, on=today(-5), export="csv").content.decode()
    book = page(Role.AUDITOR, on=today(-9), until=today(), export="xlsx").content
    cells = [row[3:6] for row in load_workbook(io.BytesIO(book)).active.values]

    assert "Tills stop" in shown
    assert str(risk.category) in shown
    assert "Later" not in shown
    assert "Tills stop" in text
    assert ("Title", "Tills stop", "Later") in cells or cells[1][2] == "Later"


def test_a_bad_date_is_said_and_not_an_error(page):
    shown = page(Role.AUDITOR, on="soon")

    assert shown.status_code == 200
    assert "could not be read" in shown.content.decode()


def test_what_a_person_may_not_see_is_not_in_their_past_either(page):
    risk = make_risk(title="Hidden", assets=[make_asset(site=make_site())])
    edit_risk(risk=risk, facts={"cause": "x"}, actor=None, at=timezone.now() - DAY)

    assert "Hidden" not in page(Role.BUSINESS_OWNER, on=today()).content.decode()
    assert "Hidden" in page(Role.AUDITOR, on=today()).content.decode()


def test_only_who_sees_everything_gets_it_on_paper(client):
    address = reverse("risks:register_report")
    client.force_login(make_user(Role.BUSINESS_OWNER))
    assert client.post(address, {"on": today()}).status_code == 403
    client.force_login(make_user(Role.AUDITOR))

    answer = client.post(address, {"on": today()})

    assert answer.status_code == 302
    assert ReportFile.objects.get().kind == "register"


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_register_on_paper_holds_the_reasons(language):
    risk = identify()
    judge(risk, 4, 4, NOON)

    paper, _digest = make_paper(
        kind="register", subject_id=report_subject(NOON + DAY), language=language, at=NOON + DAY
    )

    assert paper.pages >= 2


def test_a_paper_of_a_day_without_risks_does_not_call_them_tolerable():
    judge(identify(), 1, 1, NOON)

    def words(moment):
        subject = report_subject(moment)
        return build_register_report(subject_id=subject, language="en", at=NOON + DAY).html

    assert "Every risk is within tolerance." in words(NOON + DAY)
    assert "Every risk is within tolerance." not in words(NOON - DAY)
    assert "No risk yet." in words(NOON - DAY)
