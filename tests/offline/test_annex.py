"""The report says what was done without a link, by which clock, and when it arrived."""

import pytest

from bcp_portal.accounts.roles import Role
from bcp_portal.reports.renderer import stop_renderer
from bcp_portal.reports.services.report_file import make_paper
from incidents.reports.builder import build_incident_report
from incidents.services.run_step import skip_step
from tests.make import LATER, NOON, make_user
from tests.make_incidents import make_run, step_of
from tests.offline.telling import make_told, tell

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _renderer():
    yield
    stop_renderer()


@pytest.fixture
def incident():
    run = make_run({"Isolate": ["Unplug", "Lock the door"]})
    ani = make_user(Role.RESPONDER, first_name="Ani")
    skip_step(step=step_of(run, "Unplug"), actor=ani, at=NOON, reason="no ladder")
    told = [
        make_told("tick", run, at=NOON, step=step_of(run, "Unplug"), unsure=4_000),
        make_told("note", run, at=NOON, text="Smoke in the back room", unsure=None),
    ]
    tell(*told, run=run, actor=ani, at=LATER)
    return run.incident


def test_the_annex_names_each_deed_with_both_times_and_each_clash(incident):
    report = build_incident_report(subject_id=incident.pk, language="en", at=LATER)

    assert "Done without a link, and when it arrived" in report.html
    assert "Where two devices disagreed" in report.html
    assert "never compared" in report.html
    assert "done (not settled)" in report.html
    assert [row["kind"] for row in report.payload["offline"]] == ["tick", "note"]


def test_before_it_arrived_the_report_knows_nothing_of_it(incident):
    report = build_incident_report(subject_id=incident.pk, language="en", at=NOON)

    assert "Done without a link" not in report.html
    assert report.payload["offline"] == []


def test_the_annex_comes_onto_paper(incident, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    paper, _content = make_paper(kind="incident", subject_id=incident.pk, language="en", at=LATER)

    assert paper.pages >= 2
