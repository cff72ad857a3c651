"""Lets the suite empty its own SQLite file between tests, although the trail refuses DELETE."""

import functools
from collections.abc import Callable

from django.db.backends.sqlite3.operations import DatabaseOperations

KEPT = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_auditrow'"


def allow_emptying() -> None:
    """Take the trail's triggers off while Django empties the tables, and put them back."""
    DatabaseOperations.sql_flush = _without_triggers(DatabaseOperations.sql_flush)


def _without_triggers(sql_flush: Callable) -> Callable:
    @functools.wraps(sql_flush)
    def around(self: DatabaseOperations, style: object, tables: list[str], **options) -> list[str]:
        statements = sql_flush(self, style, tables, **options)
        with self.connection.cursor() as cursor:
            cursor.execute(KEPT)
            triggers = dict(cursor.fetchall())
        off = [f"DROP TRIGGER {name}" for name in triggers]
        return [*off, *statements, *triggers.values()] if statements else []

    return around
