"""How long the outbox keeps what: thinning, ageing and the quota, always declared."""

from datetime import datetime, timedelta

from siaga_agent.outbox import WAITING, Outbox

KEEP_ACKED = timedelta(days=7)
KEEP_REFUSED = timedelta(days=30)
# Age, and the width of the slot of which one plain heartbeat survives.
THINNING = (
    (timedelta(hours=6), timedelta(minutes=5)),
    (timedelta(days=3), timedelta(hours=1)),
)


def tidy(outbox: Outbox, *, at: datetime, max_bytes: int) -> None:
    """Thin, forget what the portal has held long enough, and stay inside the quota."""
    thin(outbox, at=at)
    forget_settled(outbox, at=at)
    stay_within(outbox, max_bytes=max_bytes)


def thin(outbox: Outbox, *, at: datetime) -> int:
    """Drop old plain heartbeats but one per slot; return how many went.

    The first of each slot stays, so thinning twice drops nothing more. State changes,
    sessions and conflicts are never plain and so never touched.
    """
    numbers: set[int] = set()
    with outbox.transaction() as db:
        for age, slot in THINNING:
            before = (at - age).timestamp()
            width = slot.total_seconds()
            rows = db.execute(
                f"SELECT seq FROM items WHERE plain = 1 AND {WAITING} AND at < ? AND seq NOT IN ("
                f"SELECT min(seq) FROM items WHERE plain = 1 AND {WAITING} AND at < ? "
                "GROUP BY CAST(at / ? AS INTEGER))",
                (before, before, width),
            )
            numbers.update(row[0] for row in rows)
        if numbers:
            outbox.drop(sorted(numbers), reason="downsampled")
    return len(numbers)


def forget_settled(outbox: Outbox, *, at: datetime) -> None:
    """Delete what the portal has held for a week, and what it refused a month ago."""
    with outbox.transaction() as db:
        db.execute("DELETE FROM items WHERE acked_at < ?", ((at - KEEP_ACKED).timestamp(),))
        db.execute(
            "DELETE FROM items WHERE rejected IS NOT NULL AND at < ?",
            ((at - KEEP_REFUSED).timestamp(),),
        )
        db.execute("DELETE FROM dropped WHERE told_at < ?", ((at - KEEP_REFUSED).timestamp(),))
        db.execute(
            "DELETE FROM witness WHERE checkpoint NOT IN "
            "(SELECT checkpoint FROM witness ORDER BY at DESC LIMIT 50000)"
        )


def stay_within(outbox: Outbox, *, max_bytes: int) -> None:
    """Make room: first what the portal already holds, then the oldest heartbeats."""
    for _ in range(100):
        if stored_bytes(outbox) <= max_bytes:
            return
        if not _forget_oldest_acked(outbox) and not _drop_oldest_heartbeats(outbox):
            return


def make_room(outbox: Outbox) -> bool:
    """Free something on a full disk; say whether there was anything to free."""
    return _forget_oldest_acked(outbox) or _drop_oldest_heartbeats(outbox)


def stored_bytes(outbox: Outbox) -> int:
    """How much the stored entries weigh."""
    with outbox.transaction() as db:
        return int(db.execute("SELECT coalesce(sum(size + 200), 0) FROM items").fetchone()[0])


def _forget_oldest_acked(outbox: Outbox) -> bool:
    with outbox.transaction() as db:
        gone = db.execute(
            "DELETE FROM items WHERE seq IN "
            "(SELECT seq FROM items WHERE acked_at IS NOT NULL ORDER BY seq LIMIT 1000)"
        )
        return gone.rowcount > 0


def _drop_oldest_heartbeats(outbox: Outbox) -> bool:
    with outbox.transaction() as db:
        rows = db.execute(
            f"SELECT seq FROM items WHERE plain = 1 AND {WAITING} ORDER BY seq LIMIT 200"
        ).fetchall()
        if rows:
            outbox.drop([row[0] for row in rows], reason="buffer_full")
    return bool(rows)
