"""The subscriber's side of logical replication: applied until when, and what stopped it.

One duplicate key stops the whole subscription: the worker dies, is restarted, and dies again on
the same row. Nothing in pg_stat_subscription says so; the error counter does.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from siaga_agent.adapters.base import AdapterError, Findings, look_every
from siaga_agent.adapters.psql import Psql
from siaga_agent.clock import iso, parse_instant
from siaga_agent.store import Json

_SPACE = UUID("0e3d3c56-1f2b-5b58-8d1a-4b8b1c2f9f20")
REPEAT_FAILURE = timedelta(seconds=60)

# to_jsonb takes the statistics as they are: from PostgreSQL 18 on they also count conflicts.
_SUBSCRIPTION = """
SELECT json_build_object(
    'enabled', s.subenabled,
    'worker', st.pid IS NOT NULL,
    'received', st.received_lsn::text,
    'latest_end_at', to_char(st.latest_end_time AT TIME ZONE 'UTC',
                             'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'stats', to_jsonb(ss)
) AS row
FROM pg_subscription s
JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database()
LEFT JOIN pg_stat_subscription st ON st.subid = s.oid AND st.relid IS NULL
LEFT JOIN pg_stat_subscription_stats ss ON ss.subid = s.oid
WHERE s.subname = :'subscription'
ORDER BY st.pid NULLS LAST LIMIT 1;
"""


class SubscriberAdapter:
    """One subscription as one inbound stream."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._subscription = str(settings["subscription"])
        self.stream = str(settings.get("stream") or self._subscription)
        self.name = str(settings.get("name") or f"postgres:{self.stream}")
        self.streams: tuple[str, ...] = (self.stream,)
        self.every_s = look_every(settings)
        self._criticality = settings.get("criticality")
        self._psql = Psql(str(settings["conninfo"]), program=settings.get("psql"))

    def gather(self, cursor: Json, *, at: datetime) -> Findings:
        """Ask the subscription once."""
        rows = self._psql.ask(_SUBSCRIPTION, subscription=self._subscription)
        if not rows:
            raise AdapterError(
                "no_subscription", f"The subscription {self._subscription} does not exist."
            )
        return self.judge(rows[0], cursor, at=at)

    def judge(self, told: Json, cursor: Json, *, at: datetime) -> Findings:
        """Turn one reading into a sample, and into a session where one failed or recovered."""
        stats = told["stats"] or {}
        errors = int(stats.get("apply_error_count") or 0) + int(stats.get("sync_error_count") or 0)
        conflicts = sum(
            int(value or 0) for name, value in stats.items() if name.startswith("confl_")
        )
        applied = told["latest_end_at"] or cursor.get("applied")
        known = int(cursor.get("errors", errors))
        new_errors = max(0, errors - known)
        failed_since = cursor.get("failed_since")
        if new_errors and failed_since is None:
            failed_since = iso(at)
        # A worker that has lived through a whole look without a new error got past the row.
        recovered = bool(failed_since and not new_errors and _moved(cursor, told))
        failures = int(cursor.get("failures", 0)) + new_errors
        kept: Json = {
            "errors": errors,
            "conflicts": conflicts,
            "applied": applied,
            "received": told["received"] or cursor.get("received"),
            "failed_since": None if recovered else failed_since,
            "failures": 0 if recovered else failures,
            "told_at": cursor.get("told_at"),
            "unsaid": int(cursor.get("unsaid", 0)) + new_errors,
        }
        sessions = self._sessions(cursor, kept, conflicts, recovered=recovered, at=at)
        stream: Json = {
            "name": self.stream,
            "criticality": self._criticality,
            "pending_records": 0,
            "last_sync_ok_at": cursor.get("ok") if kept["failed_since"] else applied,
            "last_seq": kept["received"],
            "conflicts_open": 1 if kept["failed_since"] else 0,
            "consecutive_failures": kept["failures"],
        }
        kept["ok"] = stream["last_sync_ok_at"]
        frozen = frozenset() if told["enabled"] else frozenset({self.stream})
        return Findings(streams=[stream], sessions=sessions, cursor=kept, frozen=frozen)

    def freeze(self, stream: str) -> None:
        """Disable the subscription; it stays so over a restart."""
        self._alter("DISABLE")

    def thaw(self, stream: str) -> None:
        """Enable the subscription."""
        self._alter("ENABLE")

    def _alter(self, what: str) -> None:
        self._psql.do(
            f'ALTER SUBSCRIPTION :"subscription" {what};', subscription=self._subscription
        )

    def _sessions(
        self, before: Json, kept: Json, conflicts: int, *, recovered: bool, at: datetime
    ) -> list[Json]:
        if recovered:
            kept |= {"unsaid": 0, "told_at": None}
            return [self._session(before.get("failed_since"), at, "ok", 0, 0)]
        told_at = parse_instant(kept["told_at"])
        due = told_at is None or at - told_at >= REPEAT_FAILURE
        if not kept["unsaid"] or not due:
            return []
        opened = max(0, conflicts - int(before.get("conflicts", conflicts)))
        count = int(kept["unsaid"])
        kept |= {"unsaid": 0, "told_at": iso(at)}
        return [self._session(kept["failed_since"], at, "failed", count, opened)]

    def _session(
        self, began: str | None, at: datetime, outcome: str, errors: int, opened: int
    ) -> Json:
        started = parse_instant(began) or at
        session: Json = {
            "at": iso(at),
            "session_id": str(uuid5(_SPACE, f"{self._subscription}|{iso(at)}|{outcome}")),
            "stream": self.stream,
            "peer": self._subscription,
            "engine": "postgres",
            "direction": "pull",
            "trigger": "schedule",
            "started_at": iso(started),
            "ended_at": iso(at),
            "duration_ms": max(0, round((at - started).total_seconds() * 1000)),
            "outcome": outcome,
        }
        if errors:
            sample = (
                f"The subscription {self._subscription} stops at a row it cannot apply and tries "
                "again; the subscriber's server log names the row."
            )
            session["errors"] = [{"code": "apply_error", "count": errors, "sample": sample}]
        if opened:
            session["conflicts"] = {"opened": opened}
        return session


def _moved(before: Json, now: Json) -> bool:
    return bool(now["worker"] and now["received"] and now["received"] != before.get("received"))
