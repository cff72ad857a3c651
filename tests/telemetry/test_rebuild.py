"""The centre came back old: who still holds what, and how it comes home by two people."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from bcp_portal.accounts.roles import Role
from bcp_portal.audit.models import AuditRow
from bcp_portal.shared.errors import DomainError
from telemetry.models import Rebuild, SiteCopy, Stream
from telemetry.models.rebuild import CopyMatch, CopyStatus
from telemetry.rebuilding.copies import digest_of
from telemetry.rebuilding.coverage import coverage
from telemetry.rebuilding.hours import Held, Holder, Told, held, steps
from telemetry.services.device import revoke_device
from telemetry.services.rebuild import (
    bring_copy,
    close_rebuild,
    open_rebuild,
    refuse_copy,
    release_copy,
)
from tests.make import NOON, make_device, make_region, make_site, make_user
from tests.make_assets import assign
from tests.make_telemetry import heartbeat, iso, send, sync_session

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SINCE, LOST = NOON - 6 * HOUR, NOON
LATER = NOON + HOUR
HASHES = [sha256(f"sale {number}".encode()).hexdigest() for number in range(3)]
SCOPE = "day 2026-03-02"


def digest(hashes=HASHES, **fields):
    told = {"alg": "sha256-sorted", "value": digest_of(hashes), "rows": len(hashes)}
    return told | {"scope": SCOPE} | fields


def records(hashes=HASHES, *, at=NOON - HOUR) -> bytes:
    return b"\n".join(json.dumps({"at": iso(at), "hash": one}).encode() for one in hashes)


def make_shop(*, synced_at=NOON - HOUR, **fields):
    """A shop that synchronised, with digests that agree, and was heard after the loss."""
    device = make_device(site=make_site(**fields))
    streams = [{"name": "sales", "pending_records": 0, "criticality": "critical"}]
    told = {"digest_after": digest(), "digest_peer_after": digest()}
    send(
        device,
        heartbeat(1, at=LATER, streams=streams),
        sync_session(2, at=synced_at + timedelta(minutes=1), started_at=iso(synced_at), **told),
        at=LATER,
    )
    return device


def commander(**fields):
    return make_user(Role.INCIDENT_COMMANDER, **fields)


def lose(actor=None):
    return open_rebuild(
        restored_to=SINCE,
        lost_at=LOST,
        reason="The storage of the centre burnt",
        actor=actor or commander(),
        at=LATER,
    )


def bring(rebuild, device, *, actor=None, content=None, scope=SCOPE):
    return bring_copy(
        rebuild=rebuild,
        stream=Stream.objects.get(site=device.site, name="sales"),
        scope=scope,
        content=content or records(),
        actor=actor or commander(),
        at=LATER,
    )


def test_each_hour_is_judged_by_the_sync_that_carried_it():
    begins = steps(SINCE, LOST)
    told = [
        Told(SINCE + 1.5 * HOUR, is_proven=True, is_mismatch=False),
        Told(SINCE + 3.5 * HOUR, is_proven=False, is_mismatch=True),
        Told(SINCE + 4.5 * HOUR, is_proven=False, is_mismatch=False),
    ]

    found = held(begins, LOST, told, Holder(LATER, None, is_gone=False))

    assert found == [
        Held.PROVEN, Held.DOUBTFUL, Held.DOUBTFUL, Held.HELD, Held.HELD, Held.HELD,
    ]  # fmt: skip


def test_what_waits_at_a_site_never_reached_the_centre_and_is_not_lost():
    found = held(steps(SINCE, LOST), LOST, [], Holder(NOON, SINCE + 2.5 * HOUR, is_gone=False))

    assert found[:2] == [Held.UNKNOWN, Held.UNKNOWN]
    assert set(found[2:]) == {Held.WAITING}


def test_a_site_that_was_not_heard_since_is_asked_and_not_assumed():
    found = held(steps(SINCE, LOST), LOST, [], Holder(SINCE, None, is_gone=False))

    assert set(found) == {Held.UNKNOWN}


def test_what_a_site_has_deleted_by_now_is_lost():
    of = Holder(LATER, None, is_gone=False, kept_since=SINCE + 2 * HOUR)

    assert held(steps(SINCE, LOST), LOST, [], of)[:3] == [Held.LOST, Held.LOST, Held.HELD]


def test_a_long_span_is_drawn_in_at_most_ninety_six_steps():
    for days in (1, 5, 30, 365):
        assert len(steps(NOON - timedelta(days=days), NOON)) <= 96
    assert len(steps(SINCE, LOST)) == 6


def test_the_picture_says_who_holds_what_and_says_plainly_what_nobody_holds(
    django_assert_max_num_queries,
):
    make_shop(code="A-OK")
    gone = make_shop(code="B-GONE")
    revoke_device(device=gone, actor=None, at=LATER, reason="stolen")
    rebuild, viewer = lose(), make_user(Role.AUDITOR)

    with django_assert_max_num_queries(8):
        picture = coverage(rebuild, user=viewer)

    lines = {line.site: line for line in picture.lines}
    assert lines["A-OK"].count(Held.PROVEN) >= 5
    assert lines["B-GONE"].count(Held.LOST) == 6
    assert [(line.site, span.steps) for line, span in picture.lost] == [("B-GONE", 6)]
    assert sum(bar.width for bar in lines["A-OK"].bars()) == pytest.approx(100, abs=0.01)


def test_a_copy_that_agrees_with_the_digest_is_released_by_somebody_else():
    device, bringer = make_shop(), commander()
    copy = bring(lose(), device, actor=bringer)
    assert (copy.status, copy.match) == (CopyStatus.QUARANTINED, CopyMatch.AGREES)

    with pytest.raises(DomainError, match="somebody else"):
        release_copy(copy=copy, note="", actor=bringer, at=LATER)
    released = release_copy(copy=copy, note="", actor=commander(), at=LATER)

    assert released.status == CopyStatus.RELEASED
    actions = AuditRow.objects.filter(action__startswith="rebuild.").values_list("action")
    assert [action for (action,) in actions.order_by("seq")] == [
        "rebuild.open", "rebuild.bring", "rebuild.released",
    ]  # fmt: skip


def test_the_database_itself_refuses_a_release_by_who_brought_it():
    copy = bring(lose(), make_shop())

    with pytest.raises(IntegrityError), transaction.atomic():
        SiteCopy.objects.filter(pk=copy.pk).update(
            status="released", settled_by=copy.brought_by, settled_at=LATER
        )


def test_a_copy_that_differs_from_what_was_told_is_never_released():
    copy = bring(lose(), make_shop(), content=records(HASHES[:2]))
    assert copy.match == CopyMatch.DIFFERS

    with pytest.raises(DomainError, match="differs"):
        release_copy(copy=copy, note="looks fine", actor=commander(), at=LATER)
    assert refuse_copy(copy=copy, note="a row is missing", actor=commander(), at=LATER).note


def test_a_copy_that_nothing_proves_needs_a_word_about_how_it_was_checked():
    copy = bring(lose(), make_shop(), scope="day 2026-03-01")
    assert copy.match == CopyMatch.UNPROVEN

    with pytest.raises(DomainError, match="how you checked"):
        release_copy(copy=copy, note=" ", actor=commander(), at=LATER)
    release_copy(copy=copy, note="counted by hand", actor=commander(), at=LATER)


def test_the_same_file_and_the_same_span_come_home_once():
    rebuild, device = lose(), make_shop()
    first = bring(rebuild, device)
    with pytest.raises(DomainError, match="already"):
        bring(rebuild, device)
    second = bring(rebuild, device, content=records() + b"\n")
    release_copy(copy=first, note="", actor=commander(), at=LATER)

    with pytest.raises(DomainError, match="released already"):
        release_copy(copy=second, note="", actor=commander(), at=LATER)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"at": "yesterday"}', "Line 1"),
        (b'{"at": "2026-03-02T10:00:00", "hash": "' + b"a" * 64 + b'"}', "Line 1"),
        (records() + b"\nnonsense", "Line 4"),
        (records() + b"\n" + records(HASHES[:1]), "twice"),
        (records(at=NOON - timedelta(days=90)), "time that was lost"),
    ],
)
def test_a_file_that_is_no_copy_is_refused_whole_with_its_line(content, said):
    rebuild, device = lose(), make_shop()

    with pytest.raises(DomainError, match=said):
        bring_copy(
            rebuild=rebuild,
            stream=Stream.objects.get(site=device.site, name="sales"),
            scope=SCOPE,
            content=content,
            actor=commander(),
            at=LATER,
        )
    assert not SiteCopy.objects.exists()


def test_a_rebuild_is_closed_by_somebody_else_when_the_quarantine_is_empty():
    opener = commander()
    rebuild = lose(opener)
    copy = bring(rebuild, make_shop())
    with pytest.raises(DomainError, match="quarantine"):
        close_rebuild(rebuild=rebuild, note="done", actor=commander(), at=LATER)
    release_copy(copy=copy, note="", actor=commander(), at=LATER)

    with pytest.raises(DomainError, match="somebody else"):
        close_rebuild(rebuild=rebuild, note="done", actor=opener, at=LATER)
    closed = close_rebuild(rebuild=rebuild, note="All is back", actor=commander(), at=LATER)

    assert closed.figures["released"] == 1
    assert closed.figures["lost"] == []
    with pytest.raises(DomainError, match="closed"):
        close_rebuild(rebuild=rebuild, note="again", actor=commander(), at=LATER)


def test_in_the_browser_it_goes_from_the_loss_to_the_records_with_two_people(client):
    device = make_shop(code="SBY-02")
    client.force_login(commander(time_zone="UTC"))
    answer = client.post(
        "/orders/rebuilds/open/",
        {
            "restored_to": SINCE.strftime("%Y-%m-%dT%H:%M"),
            "lost_at": LOST.strftime("%Y-%m-%dT%H:%M"),
            "reason": "The storage burnt",
        },
    )
    assert answer.status_code == 302, answer.context["form"].errors
    rebuild = Rebuild.objects.get()
    stream = Stream.objects.get(site=device.site, name="sales")
    file = SimpleUploadedFile("sales.jsonl", records())
    client.post(
        f"/orders/rebuilds/{rebuild.code}/bring/",
        {"stream": stream.pk, "scope": SCOPE, "file": file},
    )
    copy = SiteCopy.objects.get()
    page = client.get(f"/orders/rebuilds/{rebuild.code}/").content.decode()
    assert "SBY-02" in page
    assert "In quarantine" in page
    records_door = f"/orders/rebuilds/copies/{copy.pk}/records/"
    assert client.get(records_door).status_code == 404

    client.force_login(commander())
    client.post(f"/orders/rebuilds/copies/{copy.pk}/", {"note": ""})

    answer = client.get(records_door)
    assert answer.content == records()
    assert answer.headers["X-Content-SHA256"] == sha256(records()).hexdigest()
    told = client.get(f"/api/v1/rebuilds/{rebuild.code}/").json()
    assert told["coverage"]["streams"] == 1


def test_a_person_of_one_region_sees_no_copy_and_no_line_of_another(client):
    device = make_shop(code="FAR-01")
    copy = bring(lose(), device)
    near = make_user(Role.SYNC_TECHNICIAN)
    assign(near, region=make_region())
    client.force_login(near)

    assert "FAR-01" not in client.get(f"/orders/rebuilds/{copy.rebuild.code}/").content.decode()
    assert client.get(f"/orders/rebuilds/copies/{copy.pk}/").status_code == 404
