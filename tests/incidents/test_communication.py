"""What we say to people outside: approval, promises, tone, the status page, its subscribers."""

import json
import re
import subprocess
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from bcp_portal.accounts.roles import Role
from bcp_portal.engine.models import Deadline, Job
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.shared.errors import DomainError, NotAllowedError
from incidents.models import (
    Notice,
    StatusMail,
    StatusSubscriber,
    StatusUpdate,
    UpdateDraft,
    UpdateTemplate,
)
from incidents.placeholders import PlaceholderError
from incidents.services.incident import recover_incident, start_response
from incidents.services.role import assign_role
from incidents.services.status_page import save_component, write_status_files
from incidents.services.status_subscriber import link_for, send_confirmation, send_update_mails
from incidents.services.update import update_due, update_reminder
from incidents.services.update_draft import approve_draft, refuse_draft, tell_audience
from incidents.services.update_template import load_ready_templates, save_template
from incidents.tone import tone_hints
from tests.make import NOON, make_site, make_user
from tests.make_assets import make_asset
from tests.make_incidents import make_incident

pytestmark = pytest.mark.django_db
HALF_HOUR = timedelta(minutes=30)
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def boss(client):
    user = make_user(Role.INCIDENT_COMMANDER)
    client.force_login(user)
    return user


def tell(incident, audience, text, actor, at=NOON, **more):
    return tell_audience(
        incident=incident, audience=audience, text=text, actor=actor, at=at, **more
    )


def public(client, language="en"):
    return client.get(reverse("incidents:status_in", args=[language])).content.decode()


def test_a_word_to_the_public_waits_for_the_commander(boss):
    speaker = make_user(Role.RESPONDER)
    incident = make_incident(commander=boss)

    draft = tell(incident, "public", "Tills are slow", speaker)

    assert isinstance(draft, UpdateDraft)
    assert not StatusUpdate.objects.exists()
    with pytest.raises(NotAllowedError):
        approve_draft(draft=draft, actor=speaker, at=NOON)
    approve_draft(draft=draft, actor=boss, at=NOON)
    assert StatusUpdate.objects.get().text == "Tills are slow"


def test_the_commander_needs_nobody_for_the_public(boss):
    incident = make_incident(commander=boss)

    assert isinstance(tell(incident, "public", "Tills are slow", boss), StatusUpdate)


def test_nobody_approves_their_own_notice_to_the_regulator(boss):
    other = make_user(Role.INCIDENT_COMMANDER)
    incident = make_incident(commander=boss)

    draft = tell(incident, "regulator", "We report", boss)

    with pytest.raises(NotAllowedError):
        approve_draft(draft=draft, actor=boss, at=NOON)
    assert approve_draft(draft=draft, actor=other, at=NOON).published_by == other


def test_a_draft_is_sent_once(boss):
    incident = make_incident(commander=boss)
    draft = tell(incident, "public", "Tills are slow", make_user(Role.RESPONDER))
    approve_draft(draft=draft, actor=boss, at=NOON)

    with pytest.raises(DomainError):
        approve_draft(draft=draft, actor=boss, at=NOON)
    with pytest.raises(DomainError):
        refuse_draft(draft=draft, actor=boss, at=NOON, reason="no")
    assert StatusUpdate.objects.count() == 1


def test_a_promise_reminds_before_it_is_due_and_says_when_it_is_late(boss):
    speaker = make_user(Role.RESPONDER)
    incident = make_incident(commander=boss)
    assign_role(incident=incident, role="communications", user=speaker, actor=boss, at=NOON)
    tell(incident, "users", "We are on it", boss, next_in=HALF_HOUR)
    early = Deadline.objects.get(kind="incidents.update_reminder")
    late = Deadline.objects.get(kind="incidents.update_due")

    assert (early.due_at, late.due_at) == (NOON + timedelta(minutes=25), NOON + HALF_HOUR)
    update_reminder(deadline=early, at=early.due_at)
    update_due(deadline=late, at=late.due_at)
    paths = Notice.objects.filter(person=speaker).values_list("path", flat=True)
    assert sum("/update/?audience=users" in path for path in paths) == 2


def test_the_next_word_takes_back_reminder_and_deadline(boss):
    incident = make_incident(commander=boss)
    tell(incident, "users", "We are on it", boss, next_in=HALF_HOUR)

    tell(incident, "users", "Still on it", boss, at=NOON + timedelta(minutes=10))

    assert not Deadline.objects.filter(
        kind__startswith="incidents.update_", fired_at=None, cancelled_at=None
    ).exists()


@pytest.mark.parametrize(
    "text", ["{code.__class__}", "{0}", "{{7*7}}", "{% debug %}", "{secret_key}", "a { b"]
)
def test_braces_that_are_no_placeholder_are_refused(text):
    with pytest.raises(PlaceholderError):
        save_template(code="x", audience="users", name="X", text=text, actor=None, at=NOON)


def test_hostile_text_stays_text_everywhere(client, boss):
    incident = make_incident(title=HOSTILE + " {code}", commander=boss)
    save_template(
        code="x", audience="public", name=HOSTILE, text="{title} " + HOSTILE, actor=boss, at=NOON
    )

    tell(incident, "public", UpdateTemplate.objects.get().text, boss)

    # A value is never read again for placeholders.
    assert StatusUpdate.objects.get().text == f"{HOSTILE} {{code}} {HOSTILE}"
    pages = [
        public(client),
        *(
            client.get(reverse(f"incidents:{name}")).content.decode()
            for name in ("updates", "update_templates", "status_inside")
        ),
        client.get(reverse("incidents:summary", args=[incident.code])).content.decode(),
    ]
    for html in pages:
        assert HOSTILE not in html
        assert "&lt;script&gt;" in html


def test_the_ready_templates_are_in_both_languages_and_keep_to_the_placeholders():
    rows = load_ready_templates(actor=None, at=NOON)

    assert {row.audience for row in rows} == {
        "users", "partners", "staff", "management", "regulator", "public"
    }  # fmt: skip
    assert all(row.translations["id"]["text"] for row in rows)
    assert all(not tone_hints(row.text, is_outside=True, has_next=True) for row in rows)
    assert load_ready_templates(actor=None, at=NOON) == []


def test_tone_hints_name_what_frightens():
    words = "CATASTROPHE! Total chaos, probably the fault of the provider. Fixed soon."

    found = {hint.words for hint in tone_hints(words, is_outside=True, has_next=False)}

    assert {"CATASTROPHE", "chaos", "probably", "fault of", "soon", "!", "–"} <= found


def test_the_writer_looks_at_it_before_it_goes_out(client, boss):
    incident = make_incident(commander=boss)
    url = reverse("incidents:update", args=[incident.code])

    html = client.post(
        url, {"audience": "users", "text": "{code} is chaos", "next_in": "30m", "look": "1"}
    ).content.decode()

    assert f"{incident.code} is chaos" in html
    assert "“chaos”" in html
    assert not StatusUpdate.objects.exists()


def test_the_public_page_shows_only_what_the_public_was_told(client, boss):
    till = make_asset(name="Secret till core")
    save_component(name="Tills", name_id="Kasir", asset=till, is_public=True, position=1,
                   actor=boss, at=NOON)  # fmt: skip
    told = make_incident(title="Ransomware at HQ", commander=boss, assets=[till], severity=1)
    make_incident(title="Nobody was told", commander=boss)
    tell(told, "users", "Inside words", boss)
    assert "Everything works" in public(client)

    tell(told, "public", "Tills are slow", boss, translations={"id": {"text": "Kasir lambat"}})
    client.logout()

    html = public(client)
    assert "Tills are slow" in html
    assert "Does not work" in html
    for secret in ("Ransomware", "Secret till core", "Inside words", "Nobody was told"):
        assert secret not in html
    assert "Kasir lambat" in public(client, "id")


def test_the_public_page_is_cacheable_and_sets_no_cookie(client, boss):
    client.logout()

    answer = client.get(reverse("incidents:status_in", args=["en"]))

    assert "public" in answer["Cache-Control"]
    assert not answer.cookies


def test_an_exercise_never_reaches_the_public(client, boss):
    incident = make_incident(commander=boss, mode="exercise")

    tell(incident, "public", "Only a rehearsal", boss)

    assert "Only a rehearsal" not in public(client)
    assert not Job.objects.filter(kind="incidents.status_mail").exists()


def test_the_page_is_written_as_files_that_need_nothing(tmp_path, boss):
    incident = make_incident(commander=boss)
    tell(incident, "public", "Tills are slow", boss)

    names = {path.name for path in write_status_files(folder=tmp_path, at=NOON)}

    assert names == {"en.html", "id.html", "index.html", "status.json"}
    html = (tmp_path / "index.html").read_text()
    assert "Tills are slow" in html
    assert "<style>" in html
    assert not re.search(r'(?:src|href)="/', html)
    assert json.loads((tmp_path / "status.json").read_text())["overall"] == "watch"


def subscribe(client, address):
    return client.post(reverse("incidents:status_subscribe"), {"address": address})


def test_a_subscriber_says_yes_twice_and_leaves_with_one_press(client, boss, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()
    client.logout()
    incident = make_incident(commander=boss)
    assert subscribe(client, "Ani@Example.com").status_code == 200
    row = StatusSubscriber.objects.get()
    send_confirmation(subject_id=row.pk, at=NOON, again=False)
    link = re.search(r"/status/confirm/\S+", mail.outbox[0].body)[0]

    client.get(link)  # a scanner of mails
    update = tell(incident, "public", "Tills are slow", boss)
    send_update_mails(subject_id=update.pk, at=NOON, again=False)
    assert len(mail.outbox) == 1
    client.post(link)
    send_update_mails(subject_id=update.pk, at=NOON, again=False)
    send_update_mails(subject_id=update.pk, at=NOON, again=True)
    assert [message.to for message in mail.outbox[1:]] == [["ani@example.com"]]
    assert StatusMail.objects.count() == 1

    client.post(re.search(r"/status/leave/\S+", mail.outbox[1].body)[0])
    later = tell(incident, "public", "It works", boss)
    send_update_mails(subject_id=later.pk, at=NOON, again=False)
    assert len(mail.outbox) == 2


def test_asking_again_and_again_sends_one_mail_and_then_nothing(client, boss):
    cache.clear()
    client.logout()
    answers = [subscribe(client, "ani@example.com").status_code for _turn in range(7)]

    assert answers == [200] * 5 + [429] * 2
    assert Job.objects.filter(kind="incidents.status_confirm").count() == 1


def test_a_forged_link_ends_nothing(client, boss):
    row = StatusSubscriber.objects.create(address="a@example.com", asked_at=NOON)
    confirming = link_for(row, "confirm").rstrip("/").rsplit("/", 1)[1]

    # A link for one purpose is none for another.
    answer = client.post(reverse("incidents:status_leave", args=[confirming]))

    assert answer.status_code == 404
    row.refresh_from_db()
    assert row.ended_at is None


def test_the_summary_says_how_it_stands_and_is_sent(client, boss):
    chief = make_user(Role.VIEWER)
    incident = make_incident(title="Tills stand still", commander=boss)
    assign_role(incident=incident, role="management", user=chief, actor=boss, at=NOON)

    html = client.get(reverse("incidents:summary", args=[incident.code])).content.decode()
    client.post(reverse("incidents:summary_send", args=[incident.code]))

    assert "Tills stand still" in html
    assert boss.name in html
    assert Notice.objects.filter(person=chief, kind="update").count() == 1


def test_the_list_shows_promised_against_sent(client, boss):
    incident = make_incident(commander=boss)
    tell(incident, "users", "First", boss, next_in=HALF_HOUR)
    tell(incident, "users", "Second", boss, at=NOON + 3 * HALF_HOUR)

    html = client.get(reverse("incidents:updates")).content.decode()
    csv = b"".join(client.get(reverse("incidents:updates"), {"export": "csv"})).decode()

    assert "status-late" in html
    assert "Late" in csv


def test_the_past_is_on_the_page_for_two_weeks(client, boss):
    incident = make_incident(commander=boss)
    incident = start_response(incident=incident, actor=boss, at=NOON)
    tell(incident, "public", "Tills are slow", boss)
    recover_incident(incident=incident, actor=boss, at=NOON + HALF_HOUR)

    assert "Everything works" in public(client)


def test_the_management_summary_is_a_paper_that_says_how_it_stands(tmp_path):
    site = make_site()
    incident = make_incident(sites=[site], title="Tills stand still", severity=1)
    tell(incident, "management", "We are at it.", incident.commander, next_in=HALF_HOUR)

    paper, _digest = make_paper(
        kind="management_summary", subject_id=incident.pk, language="en",
        at=NOON + timedelta(minutes=30),
    )  # fmt: skip

    (tmp_path / "summary.pdf").write_bytes(paper.bytes)
    text = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "summary.pdf"), "-"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert paper.pages == 2
    for words in ("Management summary", "Tills stand still", "We are at it.", "Sites hit"):
        assert words in text
