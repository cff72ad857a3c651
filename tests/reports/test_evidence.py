"""Each clause names its evidence, its age and its gaps; an auditor leaves with all of it."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.access_review import open_review
from bcp_portal.accounts.services.training import load_courses
from bcp_portal.engine.models import Job
from bcp_portal.reports.evidence.coverage import coverage, frameworks, gather
from bcp_portal.reports.evidence.registry import Evidence, evidence_kinds, register_evidence
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.overviews.registry import overviews_for
from bcp_portal.reports.services.pack import make_pack
from tests.make import NOON, make_user
from tests.make_audit import write_rows

pytestmark = pytest.mark.django_db
MAPS = {"iso-22301", "iso-27001", "nist-csf", "nist-sp-800-61", "uu-pdp"}


def clause(framework: str, ref: str, *, at=NOON):
    (state,) = [one for one in coverage(at=at) if one.key == framework]
    return next(one for one in state.clauses if one.ref == ref)


def test_the_five_maps_come_along_in_both_languages():
    assert {one["key"] for one in frameworks()} == MAPS
    for framework in frameworks():
        refs = [one["ref"] for one in framework["clauses"]]
        assert len(refs) == len(set(refs)) >= 10
        for one in framework["clauses"]:
            assert one["words"]["en"] != one["words"]["id"]


def test_every_kind_of_evidence_that_a_clause_needs_is_known():
    needed = {key for one in frameworks() for clause in one["clauses"] for key in clause["needs"]}

    assert needed - evidence_kinds().keys() == set()


def test_a_clause_without_evidence_is_not_shown():
    state = clause("iso-22301", "8.5")

    assert state.tone == "act"
    assert "Nothing yet: Exercises held" in state.gaps


def test_an_overdue_access_review_is_a_gap():
    make_user(Role.ADMINISTRATOR)
    open_review(code="AR-1", actor=None, at=NOON)

    state = clause("iso-27001", "A.5.18", at=NOON + timedelta(days=20))

    assert "The access review AR-1 is overdue." in state.gaps


def test_evidence_grows_old(monkeypatch):
    monkeypatch.setattr("bcp_portal.reports.evidence.registry._kinds", {})
    register_evidence(
        "trail", "Trail", url_name="", gather=lambda at: Evidence(3, NOON), max_age_days=30
    )

    assert gather(at=NOON + timedelta(days=29))["trail"].tone == "ok"
    assert gather(at=NOON + timedelta(days=31))["trail"].tone == "watch"


def test_the_page_shows_each_map(client):
    client.force_login(make_user(Role.AUDITOR))

    for key in MAPS:
        page = client.get(reverse("reports:evidence"), {"of": key})
        assert page.context["chosen"].key == key


def test_others_do_not_see_it(client):
    client.force_login(make_user(Role.RESPONDER))

    assert client.get(reverse("reports:evidence")).status_code == 403


def test_one_click_builds_a_pack_that_checks_itself(client, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    load_courses(at=NOON)
    write_rows(3)
    open_review(code="AR-1", actor=None, at=NOON)
    client.force_login(boss := make_user(Role.AUDITOR))

    asked = client.post(reverse("reports:auditors_pack"))
    (job,) = Job.objects.filter(kind="report.pack")
    make_pack(subject_id=job.subject_id, at=NOON)
    report = ReportFile.objects.get()
    answer = client.get(reverse("reports:download", args=[report.uid]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        pack.extractall(tmp_path)
    folder = tmp_path / "siaga-auditors-pack"
    with zipfile.ZipFile(folder / "siaga-audit-trail.zip") as trail:
        trail.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", folder / "siaga-audit-trail" / "verify.py"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert asked.url == reverse("reports:detail", args=[report.uid])
    assert (report.status, report.progress) == ("ready", 100)
    assert hashlib.sha256(answer.content).hexdigest() == report.sha256
    names = {path.name for path in folder.glob("*.*")}
    both = {one.key.replace("_", "-") for one in overviews_for(boss)}
    assert names == {
        "index.html", "evidence-by-clause.pdf", "evidence-by-clause.xlsx", "AR-1.pdf",
        "risk-register.pdf", "siaga-audit-trail.zip",
        *(f"{key}.pdf" for key in both), *(f"{key}.xlsx" for key in both),
    }  # fmt: skip
    assert report.pages == len(names)
    index = (folder / "index.html").read_text()
    assert all(name in index for name in names - {"index.html"})
    assert done.returncode == 0, done.stderr
    manifest = json.loads((folder / "siaga-audit-trail" / "manifest.json").read_text())
    assert manifest["checkpoint"].split()[0] == str(manifest["rows"])


def test_who_lost_the_right_gets_no_pack_that_was_asked_for_before(client):
    client.force_login(boss := make_user(Role.AUDITOR))
    client.post(reverse("reports:auditors_pack"))
    boss.groups.clear()

    make_pack(subject_id=ReportFile.objects.get().pk, at=NOON)

    assert ReportFile.objects.get().status == "failed"
