"""An auditor's day in a real browser, and afterwards at a desk that has nothing of ours."""

import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.services.checkpoint import sign_all
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.renderer import stop_renderer
from bcp_portal.reports.services.report_file import render_report
from risks.services.risk import edit_risk, identify_risk
from tests.frame.browsing import chromium, looking, session_of
from tests.make import NOON, make_user
from tests.make_assets import make_asset
from tests.make_reports import make_reviewed_incident
from tests.make_risks import make_category

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY = timedelta(days=1)


@pytest.fixture
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    yield
    stop_renderer()


def verify(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-I", "-S", folder / "verify.py"],
        capture_output=True, text=True, check=False, env={}, cwd="/",
    )  # fmt: skip


def flip_one_byte(trail: Path) -> None:
    said = bytearray(trail.read_bytes())
    place = said.index(b'"incident.declare"') + 3
    said[place] ^= 1
    trail.write_bytes(said)


def save(page, folder: Path, click) -> Path:
    with page.expect_download() as download:
        click()
    place = folder / download.value.suggested_filename
    download.value.save_as(place)
    return place


@pytest.mark.usefixtures("_store")
def test_an_auditor_leaves_with_a_proof_that_can_be_checked_without_us(live_server, tmp_path):
    facts = {"title": "Tills stop", "category": make_category(), "owner": make_user()}
    risk = identify_risk(facts=facts, actor=None, at=NOON)
    edit_risk(risk=risk, facts={"title": "All tills stop"}, actor=None, at=NOON + 3 * DAY)
    target = make_asset(rto=timedelta(hours=4))
    incident = make_reviewed_incident()
    sign_all(at=timezone.now())
    auditor = session_of(make_user(Role.AUDITOR, first_name="Putri"))

    with chromium() as browser, looking(browser, live_server.url, session=auditor) as page:
        # The register as of a date says what was said then, and nothing later.
        page.goto(f"{live_server.url}/risks/as-of/?on={NOON + DAY:%Y-%m-%d}")
        register = page.locator("main").inner_text()
        assert "Tills stop" in register
        assert "All tills stop" not in register

        # Which objectives has nothing proven?
        page.goto(f"{live_server.url}/targets/without-proof/")
        assert target.code in page.locator("main").inner_text()

        # The report of the incident, as a file.
        page.goto(f"{live_server.url}/incidents/{incident.code}/")
        page.get_by_role("button", name="Make the report").first.click()
        page.wait_for_url("**/reports/*/")
        render_report(subject_id=ReportFile.objects.get().pk, at=timezone.now())
        page.reload()
        link = page.get_by_role("link", name="Download the PDF")
        paper = save(page, tmp_path, link.click)
        assert paper.read_bytes().startswith(b"%PDF")

        # The whole trail, with what it takes to check it.
        page.goto(f"{live_server.url}/audit/")
        button = page.get_by_role("button", name="Take it all away, with the verifier")
        export = save(page, tmp_path, button.click)

    with zipfile.ZipFile(export) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "siaga-audit-trail"
    whole = verify(folder)
    assert (whole.returncode, whole.stdout[:3]) == (0, "OK:"), whole.stderr
    flip_one_byte(folder / "trail.jsonl")
    broken = verify(folder)
    assert broken.returncode == 1
    assert "was changed after it was written" in broken.stderr
