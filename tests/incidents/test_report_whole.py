"""Nothing on record is missing from the report without being named; the same as text and JSON."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.html import escape

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.hashing import sha256_hex
from incidents.models import Decision, Notice, NoticeKind, RunStep, TimelineEntry
from incidents.reports import builder
from incidents.reports.builder import build_incident_report
from incidents.reports.facts import gather_incident
from tests.make import NOON, make_user
from tests.make_incidents import make_incident
from tests.make_reports import MINUTE, make_call, make_reviewed_incident, make_timeline

pytestmark = pytest.mark.django_db
AT = NOON + timedelta(days=10)
KINDS = ("timeline", "step", "decision", "call")


@pytest.fixture
def incident():
    found = make_reviewed_incident()
    make_call(found, person=make_user(), due_at=NOON, late=MINUTE)
    Notice.objects.create(
        person=make_user(), incident=found, kind=NoticeKind.INFO, message="FYI", created_at=NOON
    )
    return found


def built(incident, *, at=AT):
    return build_incident_report(subject_id=incident.pk, language="en", at=at)


def in_the_database(incident) -> set[tuple[str, int]]:
    rows = {
        "timeline": TimelineEntry.objects.filter(incident=incident),
        "step": RunStep.objects.filter(phase__run__incident=incident),
        "decision": Decision.objects.filter(incident=incident),
        "call": Notice.objects.filter(incident=incident),
    }
    return {(kind, pk) for kind in KINDS for pk in rows[kind].values_list("pk", flat=True)}


def in_the_report(payload) -> set[tuple[str, int]]:
    return {
        *(("timeline", one["row"]) for one in payload["timeline"]),
        *(("step", step["row"]) for run in payload["runs"] for step in run["steps"]),
        *(("decision", one["row"]) for one in payload["decisions"]),
        *(("call", one["row"]) for one in payload["calls"]),
    }


def named_as_left_out(payload) -> set[tuple[str, int]]:
    return {(one["kind"], one["row"]) for one in payload["left_out"]}


def test_every_row_on_record_is_in_the_report_or_named_as_left_out(incident):
    report = built(incident)
    told, left = in_the_report(report.payload), named_as_left_out(report.payload)

    assert {kind for kind, _pk in told} == set(KINDS)
    assert told | left == in_the_database(incident)
    assert told & left == set()
    assert all(one["because"].startswith("a word to one") for one in report.payload["left_out"])


def test_every_entry_of_the_timeline_stands_on_the_paper_itself(incident):
    make_timeline(incident, 20)
    html = " ".join(built(incident).html.split())

    for entry in incident.timeline.all():
        assert " ".join(escape(entry.text).split()) in html
    for decision in incident.decisions.all():
        assert escape(decision.question) in html


@pytest.mark.parametrize("kind", ["timeline", "runs", "decisions", "calls"])
def test_a_row_that_gets_lost_on_the_way_is_named_with_no_known_reason(incident, kind, monkeypatch):
    def forgetful(pk, *, at):
        facts = gather_incident(pk, at=at)
        return replace(facts, **{kind: getattr(facts, kind)[1:]})

    monkeypatch.setattr(builder, "gather_incident", forgetful)
    report = built(incident)

    lost = in_the_database(incident) - in_the_report(report.payload)
    assert len(lost) > 1
    assert lost == named_as_left_out(report.payload)
    assert "for no known reason" in report.html


def test_what_is_recorded_later_changes_nothing_in_the_picture_of_a_moment(incident):
    before = built(incident)
    make_timeline(incident, 3)
    TimelineEntry.objects.filter(params__has_key="number").update(recorded_at=AT + MINUTE)

    assert built(incident).payload == before.payload


def test_the_report_is_markdown_and_json_with_its_hash_on_the_trail(incident, client):
    client.force_login(make_user(Role.AUDITOR))

    facts = client.get(reverse("incidents:report_json", args=[incident.code]))
    text = client.get(reverse("incidents:report_markdown", args=[incident.code]))

    assert json.loads(facts.content)["incident"]["code"] == incident.code
    words = text.content.decode()
    assert words.startswith(f"# {incident.code}")
    assert "Close the shops?" in words
    assert "Road works cut \\<b\\>the fibre" in words
    hashes = [row.after["sha256"] for row in AuditRow.objects.filter(action="report.facts")]
    assert hashes == [sha256_hex(facts.content), sha256_hex(text.content)]


def test_nobody_takes_the_facts_of_what_they_may_not_see(client):
    other = make_incident()
    client.force_login(make_user(Role.BUSINESS_OWNER))

    for name in ("report_json", "report_markdown"):
        assert client.get(reverse(f"incidents:{name}", args=[other.code])).status_code == 404
