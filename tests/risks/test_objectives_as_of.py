"""Objectives as of any date, and what changed between two: page, sheet and paper."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from assets.services.asset import edit_asset
from assets.services.dependency import link_assets
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.services.report_file import make_paper
from risks.models import RegisterVersion
from risks.reports.picture import picture_kind, picture_subject
from risks.selectors.as_of import difference_of, picture_of
from risks.services.version import keep_missing_versions
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_objectives import HOUR, make_proposal, make_signed, make_three

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def picture(moment):
    return picture_of("objective", moment, user=None)


def test_the_picture_says_what_was_promised_and_who_stood_for_it():
    three = make_three()
    asset, _proposal = make_signed(three)

    (row,) = picture(NOON + DAY).rows

    assert (row.code, row.facts["rto"], row.facts["wrt"]) == (asset.code, 3600, 3600)
    assert {one["role"] for one in row.facts["signed_by"]} == {
        "process_owner", "operations", "top_management",
    }  # fmt: skip
    assert picture(NOON).rows == []


def test_an_rpo_of_zero_is_kept_as_zero_and_an_unknown_one_as_unknown():
    three = make_three()
    make_proposal(make_asset(code="ZERO"), three, rpo=0 * HOUR)
    make_proposal(make_asset(code="OPEN"), three, rpo=None)

    said = {row.code: row.facts["rpo"] for row in picture(NOON + DAY).rows}

    assert said == {"ZERO": 0, "OPEN": None}


def test_the_difference_shows_the_signatures_that_a_new_dependency_cost():
    three = make_three()
    asset, _proposal = make_signed(three)
    link_assets(asset=asset, depends_on=make_asset(code="DB-1", own_restore=HOUR), kind="hard",
                actor=three.owner, at=NOON + 2 * DAY)  # fmt: skip

    found = difference_of(picture(NOON + DAY), picture(NOON + 3 * DAY))

    (changed,) = found.changed
    fields = {one.field: (one.before, one.after) for one in changed.fields}
    assert len(fields) == len(changed.fields)
    assert fields["needs"] == ("", "DB-1")
    assert fields["signed_by"][1] == ""
    assert "Top management" in fields["signed_by"][0]
    assert changed.steps[-1].action == "Signature lapsed"


def test_what_an_asset_can_do_is_part_of_its_history():
    three = make_three()
    asset, _proposal = make_signed(three)
    edit_asset(asset=asset, facts={"own_restore": 2 * HOUR}, actor=None, at=NOON + 2 * DAY)

    early, late = (picture(NOON + n * DAY).rows[0].facts["own_restore"] for n in (1, 3))

    assert (early, late) == (1800, 7200)


def test_objectives_that_stood_before_histories_were_kept_begin_one():
    make_proposal(make_asset(), make_three())
    RegisterVersion.objects.all().delete()

    assert keep_missing_versions(at=NOON) == "1 begun"
    assert keep_missing_versions(at=NOON) == "0 begun"


def test_an_asset_without_objectives_is_not_in_the_picture():
    edit_asset(asset=make_asset(), facts={"zone": "A"}, actor=None, at=NOON)

    assert picture(NOON + DAY).rows == []


@pytest.fixture
def page(client):
    def get(role, **query):
        client.force_login(make_user(role))
        return client.get(reverse("risks:as_of"), {"kind": "objective"} | query)

    return get


def today(days=0):
    """A day as the reader of the page counts them: it may have begun already."""
    return (timezone.localdate(timezone=User().zone()) + timedelta(days=days)).isoformat()


def test_the_page_and_the_workbook_show_the_objectives_of_the_day(page):
    three = make_three()
    asset, _proposal = make_signed(three)
    edit_asset(asset=asset, facts={"own_restore": 2 * HOUR}, actor=None, at=timezone.now())

    shown = page(Role.AUDITOR, on=today(-1), until=today()).content.decode()
    book = page(Role.AUDITOR, on=today(), export="xlsx").content
    changes = page(Role.AUDITOR, on=today(-1), until=today(), export="xlsx").content
    cells = [row[0] for row in load_workbook(io.BytesIO(book)).active.values]
    fields = {row[3:6] for row in load_workbook(io.BytesIO(changes)).active.values}

    assert asset.code in cells
    assert reverse("assets:objective", args=[asset.code]) in shown
    assert ("Own restore time", "30 min", "2 h") in fields


def test_needs_that_a_person_may_not_see_are_not_in_their_past(page):
    three = make_three()
    asset, _proposal = make_signed(three)
    hidden = make_asset(code="HIDDEN-DB", site=make_site())
    link_assets(asset=asset, depends_on=hidden, kind="data", actor=None, at=timezone.now())

    assert "HIDDEN-DB" not in page(Role.BUSINESS_OWNER, on=today()).content.decode()
    assert "HIDDEN-DB" in page(Role.AUDITOR, on=today()).content.decode()


def test_who_may_not_see_objectives_gets_no_past_of_them(page):
    assert page(Role.ADMINISTRATOR, on=today()).status_code == 403


@pytest.mark.parametrize("kind", ["risk", "control", "plan", "objective"])
def test_the_difference_of_every_kind_can_be_asked_for_on_paper(client, kind):
    client.force_login(make_user(Role.AUDITOR))

    answer = client.post(
        reverse("risks:register_report"), {"kind": kind, "on": today(-9), "until": today()}
    )

    assert answer.status_code == 302
    assert ReportFile.objects.get().kind == f"picture-{kind}"


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("until", [None, NOON + 4 * DAY])
def test_the_objectives_of_a_day_and_what_changed_are_on_paper(language, until):
    three = make_three()
    asset, _proposal = make_signed(three)
    edit_asset(asset=asset, facts={"own_restore": 2 * HOUR}, actor=None, at=NOON + 2 * DAY)

    paper, _digest = make_paper(
        kind=picture_kind("objective"),
        subject_id=picture_subject(NOON + DAY, until),
        language=language,
        at=NOON + 5 * DAY,
    )

    assert paper.pages >= 2
