"""Each overview is one thing as page, paper and sheet, and holds what its reader may see."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.access_review import open_review
from bcp_portal.accounts.services.training import load_courses
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports import registry as kinds
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.overviews import registry
from bcp_portal.reports.overviews.registry import (
    NoLongerAllowedError,
    Overview,
    OverviewPicture,
    Part,
    find_overview,
    overviews_for,
    register_overview,
)
from bcp_portal.reports.paper import PaperColumn
from bcp_portal.reports.registry import report_kind
from bcp_portal.reports.services.report_file import make_paper, render_report
from incidents.services.action_item import assign_action_item
from tests.make import NOON, make_device, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident
from tests.make_reports import make_reviewed_incident, text_of
from tests.make_risks import make_control, make_risk

pytestmark = pytest.mark.django_db
KEYS = {
    "objectives_without_proof", "controls_and_tests", "exercises_and_coverage", "actions_open",
    "access_review", "training_state", "device_compliance", "sync_audit", "value_and_return",
    "management_month",
}  # fmt: skip


@pytest.fixture
def _world():
    site = make_site()
    device = make_device(site=site, heard_at=NOON)
    device.state.posture = {"at": NOON.isoformat(), "disk_encrypted": False, "av_running": True}
    device.state.save()
    make_asset(rto=timedelta(hours=4))
    make_control(name="<b>Lock</b> the van")
    make_risk(residual=(4, 4))
    make_reviewed_incident()
    load_courses(at=NOON)
    open_review(code="AR-1", actor=None, at=NOON)


def words_of(picture) -> str:
    return " ".join(str(cell) for part in picture.parts for row in part.rows for cell in row)


def test_the_ten_overviews_are_open_to_an_auditor():
    assert {one.key for one in overviews_for(make_user(Role.AUDITOR))} >= KEYS


@pytest.mark.usefixtures("_world")
def test_each_overview_is_a_page_and_a_sheet_with_the_same_rows(client):
    boss = make_user(Role.AUDITOR)
    client.force_login(boss)

    for key in sorted(KEYS):
        page = client.get(reverse("reports:overview", args=[key]))
        sheet = client.post(reverse("reports:overview_sheet", args=[key]))
        book = load_workbook(io.BytesIO(sheet.content), read_only=True)
        parts = page.context["picture"].parts

        assert page.status_code == 200, key
        assert [len(list(book.worksheets[n].rows)) - 1 for n in range(len(parts))] == [
            len(part.rows) for part in parts
        ], key


@pytest.mark.usefixtures("_world")
def test_each_overview_is_a_paper_in_both_languages():
    boss = make_user(Role.AUDITOR)

    for key in sorted(KEYS):
        for language in ("en", "id"):
            kind = report_kind(f"overview.{key}")
            with translation.override(language):
                built = kind.build(subject_id=boss.pk, language=language, at=NOON)
            assert f'lang="{language}"' in built.html, key
            assert built.payload["report"] == key
            assert kind.is_sensitive


@pytest.mark.usefixtures("_world")
def test_what_people_wrote_stays_text_on_the_page(client):
    client.force_login(make_user(Role.AUDITOR))

    page = client.get(reverse("reports:overview", args=["controls_and_tests"]))

    assert b"<b>Lock</b>" not in page.content
    assert b"&lt;b&gt;Lock&lt;/b&gt;" in page.content


def test_an_overview_holds_only_the_sites_of_its_reader():
    mine, other = make_site(), make_site()
    near, far = make_device(site=mine, heard_at=NOON), make_device(site=other, heard_at=NOON)
    boss = make_user(Role.BUSINESS_OWNER)
    SiteAssignment.objects.create(user=boss, site=mine)

    told = words_of(find_overview("device_compliance", boss).gather(boss, NOON))

    assert near.name in told
    assert far.name not in told


def test_a_device_that_is_guarded_less_than_its_sector_asks_is_named_with_the_reason():
    device = make_device(heard_at=NOON)
    device.state.posture = {"at": NOON.isoformat(), "disk_encrypted": False}
    device.state.save()
    boss = make_user(Role.AUDITOR)

    told = words_of(find_overview("device_compliance", boss).gather(boss, NOON))

    assert "Not compliant disk encrypted" in told


def test_open_actions_name_the_overdue_ones():
    incident = make_incident()
    boss = incident.commander
    due = (NOON + timedelta(days=3)).date()
    assign_action_item(
        incident=incident, review=None, text="Call", owner=boss, due_on=due, actor=boss, at=NOON
    )
    reader = make_user(Role.AUDITOR)
    gather = find_overview("actions_open", reader).gather

    assert gather(reader, NOON).lead.startswith("1 actions are open, 0")
    assert gather(reader, NOON + timedelta(days=5)).lead.startswith("1 actions are open, 1")


def test_who_lacks_the_right_finds_no_overview(client):
    client.force_login(make_user(Role.INCIDENT_COMMANDER))

    assert client.get(reverse("reports:overview", args=["nothing"])).status_code == 404
    assert client.get(reverse("reports:exports")).status_code == 403
    client.force_login(make_user(Role.RESPONDER))
    assert client.get(reverse("reports:overview", args=["actions_open"])).status_code == 403


def test_who_lost_the_right_gets_no_paper_that_was_asked_for_before(client):
    boss = make_user(Role.AUDITOR)
    client.force_login(boss)
    client.post(reverse("reports:overview_paper", args=["actions_open"]))
    report = ReportFile.objects.get()
    boss.groups.clear()

    with pytest.raises(NoLongerAllowedError):
        report_kind(report.kind).build(subject_id=boss.pk, language="en", at=NOON)
    render_report(subject_id=report.pk, at=NOON)

    report.refresh_from_db()
    assert report.status == "failed"


def test_a_sensitive_paper_names_its_reader_and_the_moment_on_every_page(tmp_path):
    boss = make_user(Role.AUDITOR, first_name="Ayu", last_name="Lestari")

    marked, _sha = make_paper(
        kind="overview.actions_open", subject_id=boss.pk, language="en", at=NOON, made_for=boss.name
    )
    bare, _sha = make_paper(
        kind="overview.actions_open", subject_id=boss.pk, language="en", at=NOON
    )

    assert "made for Ayu Lestari, 2 Mar 2026" in text_of(marked, tmp_path)
    assert text_of(marked, tmp_path).count("Confidential") == marked.pages
    assert "Confidential" not in text_of(bare, tmp_path)


def test_how_to_check_it_never_stands_alone_on_the_last_page(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_overviews", dict(registry._overviews))
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    columns = [PaperColumn("What", ""), PaperColumn("How many", "")]
    rows = [(f"line {number}", number) for number in range(31)]
    picture = OverviewPicture("Lead", parts=[Part("Lines", columns, rows)])
    register_overview(
        Overview("lines", "Lines", "Lead", "audit.view_auditrow", lambda user, at: picture)
    )
    person = make_user(Role.AUDITOR)

    # The table alone fills its page: one line follows what would stand by itself on the next.
    paper, _sha = make_paper(
        kind="overview.lines", subject_id=person.pk, language="en", at=NOON
    )  # fmt: skip
    last = text_of(paper, tmp_path).split("\f")[paper.pages - 1]

    assert "How to check this document" in last
    assert "line 30" in last


def test_nobody_else_reads_the_paper_of_an_overview(client):
    boss, other = make_user(Role.AUDITOR), make_user(Role.AUDITOR)
    client.force_login(boss)
    client.post(reverse("reports:overview_paper", args=["actions_open"]))

    assert ReportFile.objects.visible_to(boss).count() == 1
    assert ReportFile.objects.visible_to(other).count() == 0


def test_who_took_which_sheet_away_under_which_filter_is_on_one_page(client):
    boss = make_user(Role.AUDITOR)
    client.force_login(boss)
    client.post(reverse("reports:overview_sheet", args=["actions_open"]))
    client.get(reverse("reports:list"), {"export": "csv", "q": "tills"})
    (taken,) = AuditRow.objects.filter(action="report.sheet")

    page = client.get(reverse("reports:exports")).content.decode()

    assert taken.after["sha256"][:12] in page
    assert "actions_open" in page
    assert boss.name in page
    assert "tills" in page
