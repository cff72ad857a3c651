"""The post-incident report tells what is on record, says what is unknown, and never changes."""

import csv
import hashlib
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assets.models import SiteAssignment
from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports.models import ReportFile, ReportState
from bcp_portal.reports.renderer import stop_renderer
from bcp_portal.reports.services.report_file import make_paper, render_report
from incidents.models import Alert, RunStep
from incidents.reports.builder import build_incident_report
from incidents.reports.facts import gather_incident
from incidents.reports.scores import asset_scores, promise_scores, run_scores, tally_rto
from incidents.services.verdict import amend_verdict
from tests.make import NOON, make_site, make_user
from tests.make_incidents import make_incident
from tests.make_reports import (
    MINUTE,
    make_call,
    make_reviewed_incident,
    make_timeline,
    make_told_incident,
)

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(days=10)


@pytest.fixture(scope="module", autouse=True)
def _renderer():
    yield
    stop_renderer()


@pytest.fixture(autouse=True)
def _store(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def html_of(incident, *, at=AT, language="en") -> str:
    return build_incident_report(subject_id=incident.pk, language=language, at=at).html


def payload_of(incident, *, at=AT) -> dict:
    return build_incident_report(subject_id=incident.pk, language="en", at=at).payload


def queries_of(incident) -> int:
    with CaptureQueriesContext(connection) as queries:
        gather_incident(incident.pk, at=AT)
    return len(queries)


def test_a_met_a_missed_and_an_unknown_target_are_three_verdicts():
    facts = gather_incident(make_told_incident().pk, at=AT)
    tally = tally_rto(asset_scores(facts))

    assert (tally.met, tally.missed, tally.running, tally.unknown) == (1, 1, 0, 1)
    assert tally.tone == "act"


def test_what_has_no_target_is_never_met():
    incident = make_told_incident(assets=[])
    facts = gather_incident(incident.pk, at=AT)

    assert tally_rto(asset_scores(facts)).tone == "unknown"
    assert "no recovery target was tested" in html_of(incident)


def test_the_loss_of_data_is_judged_only_when_somebody_measured_it():
    incident = make_told_incident()
    incident.assets.update(rpo=timedelta(minutes=15))
    assert {score.rpo_level for score in asset_scores(gather_incident(incident.pk, at=AT))} == {
        "unknown"
    }

    incident.assets.update(data_lost_from=NOON - timedelta(minutes=20))
    assert {score.rpo_level for score in asset_scores(gather_incident(incident.pk, at=AT))} == {
        "missed"
    }


def test_each_step_is_done_late_or_skipped_with_its_reason():
    incident = make_told_incident()
    (run,) = run_scores(gather_incident(incident.pk, at=AT))

    assert [score.level for score in run.steps] == ["done", "late", "skipped"]
    assert "The line was dead" in html_of(incident)


def test_a_promise_of_news_is_kept_late_or_over():
    facts = gather_incident(make_told_incident().pk, at=AT)

    assert [(p.level, p.late_by) for p in promise_scores(facts)] == [
        ("late", 15 * MINUTE),
        ("broken", AT - (NOON + 65 * MINUTE)),
    ]


def test_what_was_written_down_later_says_so():
    entries = payload_of(make_told_incident())["timeline"]
    (smoke,) = [entry for entry in entries if "smoke" in entry["text"]]

    assert (smoke["happened_at"], smoke["recorded_at"]) == (NOON + 40 * MINUTE, NOON + 50 * MINUTE)


def test_nothing_recorded_after_the_moment_is_in_the_report():
    incident = make_told_incident()

    assert "smoke" in html_of(incident)
    assert "smoke" not in html_of(incident, at=NOON + 45 * MINUTE)


def test_a_decision_stands_beside_what_was_known():
    html = html_of(make_told_incident())

    for words in ("Close the shops?", "Head of sales", "What was known at that moment", "0 of 2"):
        assert words in html


def test_a_call_names_lateness_and_a_possible_repeat_but_no_address():
    incident = make_told_incident()
    make_call(incident, person=make_user(), due_at=NOON + 4 * MINUTE, late=MINUTE)
    html = html_of(incident)

    assert "fired 1 min late" in html
    assert "possibly sent twice" in html
    assert "Lost Larry" in html
    assert "secret-address" not in html + json.dumps(payload_of(incident), default=str)


def test_an_open_incident_and_an_unsigned_review_are_preliminary():
    going_on = html_of(make_incident())
    waiting = html_of(make_told_incident())
    signed = html_of(make_reviewed_incident())

    assert "The incident is not over." in going_on
    assert "There is no review yet." in waiting
    assert "PRELIMINARY" in going_on
    assert "PRELIMINARY" in waiting
    assert "PRELIMINARY" not in signed


def test_an_exercise_says_so_on_every_page():
    exercise = make_told_incident(mode="exercise")

    assert "EXERCISE – Tills stand still" in html_of(exercise)
    assert 'class="watermark">EXERCISE' in html_of(exercise)
    assert "EXERCISE" not in html_of(make_told_incident())


def test_what_people_wrote_stays_text():
    html = html_of(make_reviewed_incident(title="<script>alert(1)</script>"))

    assert "<script>" not in html
    assert "<b>the fibre</b>" not in html
    assert "<em>quiet</em>" in html


def test_an_incident_that_nobody_took_has_a_report_without_guesses():
    html = html_of(make_incident(commander=None))

    assert "nobody has taken it" in html
    assert "Nobody was called." in html or "could not be reached" in html
    assert "The root cause is not known" in html


def test_alerts_stand_in_the_annex_with_their_sums():
    incident = make_incident()
    Alert.objects.create(
        key="k",
        rule="site_silent",
        title="%(site)s is silent",
        params={"site": "SBY-02"},
        sums={"last_heard_at": NOON.isoformat()},
        severity=1,
        incident=incident,
        raised_at=NOON,
        first_signal_at=NOON,
        last_signal_at=NOON,
    )
    html = html_of(incident)

    assert "SBY-02 is silent" in html
    assert "last heard 02 Mar" in html


def test_the_trail_of_the_incident_is_in_the_annex_and_of_nothing_else():
    incident, other = make_told_incident(), make_incident()
    audit = payload_of(incident)["audit"]
    hashes = {row["hash"] for row in audit["rows"]}

    assert AuditRow.objects.get(object_code=incident.code, action="incident.declare").hash in hashes
    assert AuditRow.objects.filter(action="incident.decide").get().hash in hashes
    assert AuditRow.objects.filter(object_code=other.code).first().hash not in hashes
    assert audit["head"]["hash"] == AuditRow.objects.order_by("-seq").first().hash


def test_a_long_incident_costs_no_more_queries_than_a_short_one():
    short, long = make_told_incident(), make_told_incident()
    make_timeline(long, 300)
    for incident, calls in ((short, 1), (long, 6)):
        for minutes in range(calls):
            make_call(incident, person=make_user(), due_at=NOON + minutes * MINUTE, late=MINUTE)

    assert queries_of(long) == queries_of(short)


def test_a_very_long_timeline_is_told_whole_with_its_key_moments_first():
    incident = make_told_incident()
    make_timeline(incident, 400)
    html = html_of(incident)

    assert html.index("Key moments") < html.index("Everything")
    assert all(f"Site {number} said" in html for number in range(400))
    assert "(written " in html


def test_the_same_version_gives_the_same_bytes():
    incident = make_reviewed_incident()
    papers = [
        make_paper(kind="incident", subject_id=incident.pk, language="en", at=AT)[0]
        for _ in range(2)
    ]

    assert papers[0].bytes == papers[1].bytes
    assert papers[0].sha256 == papers[1].sha256
    assert papers[0].complaints == papers[0].refused == ()


def test_the_facts_are_inside_the_paper(tmp_path):
    incident = make_reviewed_incident()
    paper, content = make_paper(kind="incident", subject_id=incident.pk, language="id", at=AT)
    file, facts = tmp_path / "r.pdf", tmp_path / "r.json"
    file.write_bytes(paper.bytes)

    subprocess.run(["pdfdetach", "-save", "1", "-o", facts, file], check=True)

    assert hashlib.sha256(facts.read_bytes()).hexdigest() == content
    told = json.loads(facts.read_bytes())
    assert told["incident"]["code"] == incident.code
    assert told["language"] == "id"
    meta = subprocess.run(["pdfinfo", "-meta", file], capture_output=True, text=True, check=True)
    assert 'pdfaid:part="3"' in meta.stdout or "<pdfaid:part>3" in meta.stdout


def test_the_rows_are_inside_the_paper_as_csv_too(tmp_path):
    incident = make_reviewed_incident()
    paper, _content = make_paper(kind="incident", subject_id=incident.pk, language="en", at=AT)
    file = tmp_path / "r.pdf"
    file.write_bytes(paper.bytes)
    subprocess.run(["pdfdetach", "-saveall", "-o", tmp_path, file], check=True)
    rows = {
        name: list(csv.DictReader((tmp_path / name).open(encoding="utf-8-sig", newline="")))
        for name in ("rows-timeline.csv", "rows-steps.csv", "rows-calls.csv")
    }

    assert [row["row"] for row in rows["rows-timeline.csv"]] == [
        str(entry.pk) for entry in incident.timeline.order_by("happened_at", "pk")
    ]
    assert (
        len(rows["rows-steps.csv"]) == RunStep.objects.filter(phase__run__incident=incident).count()
    )
    assert rows["rows-timeline.csv"][0]["happened_at"].endswith("+00:00")


def test_the_command_writes_the_same_file_twice(tmp_path):
    incident = make_reviewed_incident()
    incident.action_items.update(status="done", finished_at=AT)
    files = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for file in files:
        call_command("report", incident.code, "--out", str(file), "--language", "en")

    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("INC-404", "--out", "x.pdf"), "There is no incident"),
        (("{code}", "--out", "/nowhere/at/all.pdf"), "cannot be written"),
        (("{code}", "--out", "x.pdf", "--as-of", "yesterday"), "is not a moment"),
        (("{code}", "--out", "x.pdf", "--as-of", "2020-01-01T00:00:00Z"), "cannot go back"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = make_incident().code

    with pytest.raises(CommandError, match=words):
        call_command("report", *(word.format(code=code) for word in arguments))
    assert not list(Path(tmp_path).glob("*.pdf"))


def ask(client, incident):
    return client.post(reverse("incidents:report_request", args=[incident.code]))


def test_asking_leads_to_the_page_of_the_report_and_on_to_the_paper(client):
    incident = make_reviewed_incident()
    client.force_login(make_user(Role.INCIDENT_COMMANDER))

    answer = ask(client, incident)
    report = ReportFile.objects.get()
    assert answer["Location"] == reverse("reports:detail", args=[report.uid])
    assert (report.status, report.subject_code) == (ReportState.QUEUED, incident.code)

    render_report(subject_id=report.pk, at=AT)
    paper = client.get(reverse("reports:download", args=[report.uid]))
    assert paper.content.startswith(b"%PDF-")


def test_what_is_settled_is_not_made_over_until_something_changes(client):
    incident = make_reviewed_incident()
    incident.action_items.update(status="done", finished_at=NOON + timedelta(days=3))
    client.force_login(make_user(Role.INCIDENT_COMMANDER))

    first, second = ask(client, incident)["Location"], ask(client, incident)["Location"]
    ReportFile.objects.update(source_version="of an earlier version")

    assert first == second
    assert ask(client, incident)["Location"] != first


def test_what_is_open_is_made_anew_each_time(client):
    incident = make_incident()
    client.force_login(make_user(Role.INCIDENT_COMMANDER))

    assert ask(client, incident)["Location"] != ask(client, incident)["Location"]


def test_who_may_not_ask_or_see_gets_no_report(client):
    site = make_site()
    incident = make_told_incident(sites=[site])
    client.force_login(make_user(Role.VIEWER))
    assert ask(client, incident).status_code == 403

    elsewhere = make_user(Role.BUSINESS_OWNER)
    SiteAssignment.objects.create(user=elsewhere, site=make_site())
    client.force_login(elsewhere)
    assert ask(client, incident).status_code == 404
    assert not ReportFile.objects.exists()


def test_the_pages_offer_the_report_to_whoever_may_ask(client):
    incident = make_reviewed_incident()
    door = reverse("incidents:report_request", args=[incident.code])
    pages = [reverse(f"incidents:{name}", args=[incident.code]) for name in ("detail", "review")]
    pages[0] += "?part=learning"

    client.force_login(make_user(Role.INCIDENT_COMMANDER))
    assert all(door in client.get(page).content.decode() for page in pages)
    client.force_login(make_user(Role.VIEWER))
    assert all(door not in client.get(page).content.decode() for page in pages)


def test_the_first_verdict_and_the_amended_one_stand_with_their_sums():
    incident = make_incident(kind="local")
    amend_verdict(
        incident=incident,
        kind="network",
        verdict={"sums": {"k": 14, "n": 14, "name": "Jawa Timur", "chance": "1e-28"}},
        reason="All of the region is silent",
        actor=None,
        at=NOON + MINUTE,
    )
    html = html_of(incident)

    assert "All of the region is silent" in html
    assert "14 of 14 in Jawa Timur; chance by accident 1e-28" in html
    assert html.index("One site") < html.index("All of the region is silent")
