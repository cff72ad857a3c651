"""What Syncthing's events become, where the real pair is too quick or too slow to show it."""

from datetime import UTC, datetime, timedelta

from siaga_agent.adapters.syncthing_events import EventReader
from siaga_agent.clock import iso

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
PEER = "PEER-ID"


def reader(kept=None):
    return EventReader("stock", "stock", PEER, kept or {})


def event(kind, at, **told):
    return {"type": kind, "time": iso(at), "data": told}


def in_step(at):
    return event("FolderCompletion", at, folder="stock", device=PEER, completion=100, needItems=0)


def test_a_queue_that_drains_between_two_looks_is_told_as_a_session():
    dark = reader()
    dark.note_pending(3, 3000, connected=False, at=AT)
    back = reader(dark.as_json())

    sessions = back.read(
        [
            event("DeviceConnected", AT + timedelta(minutes=5), id=PEER),
            in_step(AT + timedelta(minutes=5, seconds=1)),
        ],
        at=AT + timedelta(minutes=6),
    )

    assert [(one["outcome"], one["trigger"]) for one in sessions] == [("ok", "reconnect")]
    assert (sessions[0]["records_out"], sessions[0]["bytes_out"]) == (3, 3000)
    assert sessions[0]["duration_ms"] == 1000


def test_a_link_that_returns_with_nothing_to_say_is_no_session():
    dark = reader()
    dark.note_pending(0, connected=False, at=AT)

    sessions = reader(dark.as_json()).read(
        [event("DeviceConnected", AT, id=PEER), in_step(AT)], at=AT
    )

    assert sessions == []


def test_another_devices_return_begins_nothing():
    dark = reader()
    dark.note_pending(3, connected=False, at=AT)

    sessions = reader(dark.as_json()).read(
        [event("DeviceConnected", AT, id="SOMEBODY-ELSE"), in_step(AT)], at=AT
    )

    assert sessions == []
