"""The publisher's side of logical replication: the slot is the witness.

A dark subscriber has no row at all in pg_stat_replication; only its slot tells that somebody is
missing, and an idle slot holds back WAL until the publisher's disk is full or the slot is lost.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from siaga_agent.adapters.base import AdapterError, Findings, look_every
from siaga_agent.adapters.psql import Psql
from siaga_agent.adapters.watermarks import Watermarks
from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

_SPACE = UUID("5b3f2e0a-6d0f-5f0e-9a53-0c7f3a1b7c11")
SESSION_GAP = timedelta(seconds=60)

# Counters of the published tables give the number of changed rows; the slot gives bytes. Both are
# read in one statement, the counters first: a row counted is a row before this place in the WAL.
_SLOT = """
SELECT json_build_object(
    'changes', (
        SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
        FROM pg_stat_user_tables s
        WHERE (s.schemaname, s.relname) IN
            (SELECT schemaname, tablename FROM pg_publication_tables)
    ),
    'lsn', pg_current_wal_lsn() - '0/0'::pg_lsn,
    'confirmed', confirmed_flush_lsn - '0/0'::pg_lsn,
    'confirmed_text', confirmed_flush_lsn::text,
    'pending_bytes', greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0),
    'active', active,
    'wal_status', wal_status,
    'safe_wal_size', safe_wal_size,
    'walsenders', (SELECT count(*) FROM pg_stat_replication r WHERE r.pid = active_pid)
) AS row
FROM pg_replication_slots WHERE slot_name = :'slot' AND slot_type = 'logical';
"""


class PublisherAdapter:
    """One logical slot as one stream: what the subscriber has not confirmed is pending."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.stream = str(settings.get("stream") or settings["slot"])
        self.name = str(settings.get("name") or f"postgres:{self.stream}")
        self.streams: tuple[str, ...] = (self.stream,)
        self.every_s = look_every(settings)
        self._slot = str(settings["slot"])
        self._criticality = settings.get("criticality")
        self._psql = Psql(str(settings["conninfo"]), program=settings.get("psql"))

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Ask the slot once."""
        rows = self._psql.ask(_SLOT, slot=self._slot)
        if not rows:
            raise AdapterError("no_slot", f"The replication slot {self._slot} does not exist.")
        return self.judge(rows[0], cursor, at=at)

    def judge(self, slot: Json, cursor: Json, *, at: datetime) -> Findings:
        """Turn one reading of the slot into a sample, and into sessions where something ended."""
        marks = Watermarks.read(cursor.get("marks"))
        confirmed = slot["confirmed"]
        pending = marks.note(
            changes=int(slot["changes"]),
            lsn=int(slot["lsn"]),
            confirmed=None if confirmed is None else int(confirmed),
            active=bool(slot["active"]),
            at=at,
        )
        # Only an answer from the other side counts: a slot that merely has nothing to send
        # while nobody listens has not synced.
        caught_up = bool(slot["active"]) and pending.records == 0
        last_ok = iso(at) if caught_up else cursor.get("last_ok")
        now: Json = {
            "active": bool(slot["active"]),
            "wal_status": slot["wal_status"] or "lost",
            "last_ok": last_ok,
            "marks": marks.as_json(),
            "safe": slot["safe_wal_size"],
            "sent": marks.confirmed_changes,
            "confirmed": int(confirmed or 0),
        }
        sessions, kept = self._sessions(cursor, now, slot, caught_up=caught_up, at=at)
        stream: Json = {
            "name": self.stream,
            "criticality": self._criticality,
            "pending_records": pending.records,
            "pending_bytes": int(slot["pending_bytes"] or 0),
            "oldest_pending_at": pending.oldest_at,
            "pending_expires_at": expiry(slot, marks, pending.records, at=at),
            "last_sync_ok_at": last_ok,
            "last_seq": slot["confirmed_text"],
            "consecutive_failures": 0 if slot["active"] else 1,
        }
        return Findings(streams=[stream], sessions=sessions, cursor=now | kept)

    def freeze(self, stream: str) -> None:
        """Refuse: only the subscriber can stop a subscription without risking the slot."""
        raise AdapterError(
            "no_freeze",
            f"{stream} is stopped at its subscriber (ALTER SUBSCRIPTION ... DISABLE), "
            "not at the publisher.",
        )

    def thaw(self, stream: str) -> None:
        """Refuse, as `freeze` does."""
        self.freeze(stream)

    def _sessions(
        self, before: Json, now: Json, slot: Json, *, caught_up: bool, at: datetime
    ) -> tuple[list[Json], Json]:
        """The sessions that ended with this reading, and what to remember of the running one."""
        found: list[Json] = []
        began = parse_instant(before.get("began")) or at
        kept: Json = {
            "began": iso(began),
            "base_sent": before.get("base_sent", now["sent"]),
            "base_confirmed": before.get("base_confirmed", now["confirmed"]),
            "trigger": before.get("trigger", "schedule"),
        }
        if not before.get("active", now["active"]) and now["active"]:
            kept |= {"trigger": "reconnect", "began": iso(at)}
        if before.get("active", False) and not now["active"]:
            found.append(self._session(kept, now, at, "aborted", "subscriber_gone", _told(slot)))
        if slot_got_worse(before.get("wal_status", "reserved"), now["wal_status"]):
            code = f"slot_{now['wal_status']}"
            found.append(self._session(kept, now, at, "failed", code, _told(slot)))
        long_enough = at - began >= SESSION_GAP or kept["trigger"] == "reconnect"
        if caught_up and long_enough and now["sent"] > kept["base_sent"]:
            found.append(self._session(kept, now, at, "ok"))
        if caught_up and (found or now["sent"] == kept["base_sent"]):
            kept = {
                "began": iso(at),
                "base_sent": now["sent"],
                "base_confirmed": now["confirmed"],
                "trigger": "schedule",
            }
        return found, kept

    def _session(
        self, kept: Json, now: Json, at: datetime, outcome: str, code: str = "", told: str = ""
    ) -> Json:
        began = parse_instant(kept["began"]) or at
        session: Json = {
            "at": iso(at),
            "session_id": str(uuid5(_SPACE, f"{self._slot}|{iso(at)}|{outcome}|{code}")),
            "stream": self.stream,
            "peer": self._slot,
            "engine": "postgres",
            "direction": "push",
            "trigger": kept["trigger"],
            "started_at": kept["began"],
            "ended_at": iso(at),
            "duration_ms": max(0, round((at - began).total_seconds() * 1000)),
            "outcome": outcome,
            "records_out": max(0, now["sent"] - kept["base_sent"]),
            "bytes_out": max(0, now["confirmed"] - kept["base_confirmed"]),
        }
        if code:
            session["errors"] = [{"code": code, "count": 1, "sample": told}]
        return session


def slot_got_worse(before: str, now: str) -> bool:
    """Whether the slot moved nearer to being lost."""
    order = ("reserved", "extended", "unreserved", "lost")
    rank = {word: position for position, word in enumerate(order)}
    return rank.get(now, 0) > rank.get(before, 0)


def expiry(slot: Json, marks: Watermarks, pending: int, *, at: datetime) -> str | None:
    """When the slot will be lost if WAL goes on growing as it did; now, if it is lost already."""
    if slot["wal_status"] in (None, "lost"):
        return iso(at)
    safe = slot["safe_wal_size"]
    rate = marks.wal_bytes_a_second(int(slot["lsn"]), at)
    if safe is None or not pending or not rate:
        return None
    seconds = min(max(0.0, safe / rate), 366 * 86400.0)
    return iso(at + timedelta(seconds=seconds))


def _told(slot: Json) -> str:
    return (
        f"wal_status={slot['wal_status']} safe_wal_size={slot['safe_wal_size']} "
        f"pending_bytes={slot['pending_bytes']} walsenders={slot['walsenders']}"
    )
