"""The live stream: who may hear what, nobody slows others, and nothing is missed unsaid."""

import contextlib
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.live import hub, stream
from bcp_portal.live.models import LiveEvent
from bcp_portal.live.stream import LiveStream
from tests.live.rig import Listener, sign_in, tell
from tests.make import make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.asynccontextmanager
async def listening(*keys: str, last_id: int | None = None):
    stream = LiveStream()
    listeners = [Listener(stream, key, last_id=last_id) for key in keys]
    try:
        for listener in listeners:
            await listener.open()
        yield listeners
    finally:
        await stream.close()


def viewer(*permissions: str) -> User:
    user = make_user()
    for name in permissions:
        app, codename = name.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


def test_a_change_is_heard():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(key) as (listener,):
            await tell("sites")
            return await listener.hears("sites")

    assert scene() == {
        "id": LiveEvent.objects.get().pk,
        "topic": "sites",
        "kind": "changed",
        "at": LiveEvent.objects.get().at.isoformat(),
    }


def test_who_is_not_signed_in_hears_nothing():
    @async_to_sync
    async def scene():
        async with listening("", "no-such-session") as listeners:
            return [listener.status for listener in listeners]

    assert scene() == [401, 401]


def test_only_those_who_hold_the_permission_hear():
    may, may_not = sign_in(viewer("engine.view_engine")), sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(may, may_not) as (one, other):
            await tell("secret", permission="engine.view_engine")
            await tell("open")
            await one.hears("secret")
            await other.hears("open")
            return [event["topic"] for event in other.events]

    assert scene() == ["open"]


def test_only_those_who_see_the_site_hear():
    site = make_site()
    everywhere, nowhere = sign_in(viewer("assets.view_every_site")), sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(everywhere, nowhere) as (one, other):
            await tell("site", site_id=site.pk)
            await tell("open")
            await one.hears("site")
            await other.hears("open")
            return [event["topic"] for event in other.events]

    assert scene() == ["open"]


def test_an_inbox_is_heard_by_its_owner_only():
    owner, other = viewer(), viewer()
    keys = sign_in(owner), sign_in(other)

    @async_to_sync
    async def scene():
        async with listening(*keys) as (one, another):
            await tell(f"inbox:{owner.pk}")
            await tell("open")
            await one.hears(f"inbox:{owner.pk}")
            await another.hears("open")
            return [event["topic"] for event in another.events]

    assert scene() == ["open"]


def test_a_flurry_about_one_topic_is_told_once_or_twice():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(key) as (listener,):
            for number in range(30):
                await tell("sites", at=timezone.now() + timedelta(seconds=number))
            newest = await sync_newest()
            await listener.until(lambda: listener.events and listener.events[-1]["id"] == newest)
            return len(listener.events)

    assert scene() < 30


async def sync_newest() -> int:
    return (await LiveEvent.objects.order_by("-pk").afirst()).pk


def test_what_was_missed_is_told_after_a_break():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        await tell("before", at=timezone.now())
        await tell("missed", at=timezone.now())
        first = await LiveEvent.objects.order_by("pk").afirst()
        async with listening(key, last_id=first.pk) as (listener,):
            await listener.hears("missed")
            return [name for name, _ in listener.messages]

    assert "resync" not in scene()


def test_who_was_away_too_long_is_told_to_start_over():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        await tell("old", at=timezone.now() - timedelta(hours=1))
        async with listening(key, last_id=1) as (listener,):
            await listener.until(lambda: listener.messages)
            return listener.messages[0][0]

    assert scene() == "resync"


def test_an_event_that_commits_late_is_heard_all_the_same():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(key) as (listener,):
            await LiveEvent.objects.acreate(pk=500, at=timezone.now(), topic="later", kind="x")
            await listener.hears("later")
            await LiveEvent.objects.acreate(pk=499, at=timezone.now(), topic="earlier", kind="x")
            return await listener.hears("earlier")

    assert scene()["id"] == 499


def test_a_slow_viewer_is_told_to_start_over_and_slows_nobody(monkeypatch):
    monkeypatch.setattr(hub, "QUEUE", 3)
    keys = sign_in(viewer()), sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(*keys) as (slow, quick):
            slow.is_blocked = True
            for number in range(8):
                await tell(f"topic-{number}")
                await quick.hears(f"topic-{number}")
            slow.is_blocked = False
            await slow.ended()
            return slow.messages[-1][0]

    assert scene() == "resync"


def test_the_pulse_tells_the_time_and_the_age_of_the_engine():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(key) as (listener,):
            await listener.until(lambda: listener.messages)
            return listener.messages[0]

    name, content = scene()
    assert name == "pulse"
    assert set(content) == {"at", "engine_age_s"}


def test_who_is_signed_out_stops_hearing(monkeypatch):
    monkeypatch.setattr(stream, "CHECK_EVERY_S", 0.0)
    monkeypatch.setattr(stream, "REMEMBER_ACCESS_S", 0.0)
    user = viewer()
    key = sign_in(user)

    @async_to_sync
    async def scene():
        async with listening(key) as (listener,):
            user.is_active = False
            await user.asave()
            await tell("anything")
            await listener.ended()
            return listener.events

    assert scene() == []


def test_a_viewer_that_leaves_is_forgotten():
    key = sign_in(viewer())

    @async_to_sync
    async def scene():
        async with listening(key) as (listener,):
            await listener.leave()
            return listener.stream._hub.count

    assert scene() == 0
