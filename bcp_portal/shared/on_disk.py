"""What was answered is on the disk: waiting for the store's log where a commit did not wait."""

from django.db import connection

# A transaction that writes nothing but a word into PostgreSQL's log, which nobody reads: its
# commit waits until the log is on the disk up to here. Whoever waits at once shares one flush.
_FLUSH = "SELECT pg_logical_emit_message(true, 'siaga', '')"
_IF_BEHIND = f"{_FLUSH} WHERE pg_current_wal_flush_lsn() < pg_current_wal_insert_lsn()"


def release_before_disk() -> str:
    """Name the statement that lets the present transaction give its locks back at its commit.

    Whoever runs it owes `wait_for_disk` after the commit, before anybody is told (decision 0018).
    """
    return "SET LOCAL synchronous_commit TO off"


def wait_for_disk(*, if_behind: bool = False) -> None:
    """Return when everything that is committed by now is on the disk, or raise.

    With `if_behind` nothing is done where the log is on the disk already. SQLite waits in each
    commit, so there is nothing left to wait for. A connection that is lost here is like one that
    is lost during the commit: nobody knows whether the change will last, so nobody may be told.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_IF_BEHIND if if_behind else _FLUSH)
