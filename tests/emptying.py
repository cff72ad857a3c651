"""Lets the suite empty its own database between tests, although the trail refuses to shrink."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseOperations as PostgresOperations
from django.db.backends.sqlite3.base import DatabaseOperations as SqliteOperations
from psycopg.errors import DeadlockDetected

TRIES = 4
GUARDED = ("audit_auditrow", "audit_auditcheckpoint")
KEPT = f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN {GUARDED}"


def allow_emptying() -> None:
    """Take the trail's triggers off while Django empties the tables, and put them back."""
    SqliteOperations.sql_flush = _without_triggers(SqliteOperations.sql_flush)
    PostgresOperations.sql_flush = _with_triggers_asleep(PostgresOperations.sql_flush)
    PostgresOperations.execute_sql_flush = _once_more(PostgresOperations.execute_sql_flush)


def _without_triggers(sql_flush: Callable) -> Callable:
    @functools.wraps(sql_flush)
    def around(self: SqliteOperations, style: object, tables: list[str], **options) -> list[str]:
        statements = sql_flush(self, style, tables, **options)
        with self.connection.cursor() as cursor:
            cursor.execute(KEPT)
            triggers = dict(cursor.fetchall())
        off = [f"DROP TRIGGER {name}" for name in triggers]
        return [*off, *statements, *triggers.values()] if statements else []

    return around


def _with_triggers_asleep(sql_flush: Callable) -> Callable:
    @functools.wraps(sql_flush)
    def around(self: PostgresOperations, style: object, tables: list[str], **options) -> list[str]:
        statements = sql_flush(self, style, tables, **options)
        there = [name for name in GUARDED if name in tables]
        off = [f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in there]
        on = [f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in there]
        return [*off, *statements, *on] if statements else []

    return around


def _once_more(execute: Callable) -> Callable:
    """Empty again if a page that a closing browser had asked for was still being answered.

    The answer and the emptying each hold a table that the other one wants; PostgreSQL lets one of
    them go, and by then the other is done.
    """

    @functools.wraps(execute)
    def around(self: PostgresOperations, statements: list[str]) -> None:
        for _try in range(TRIES - 1):
            try:
                return execute(self, statements)
            except OperationalError as error:
                if not isinstance(error.__cause__, DeadlockDetected):
                    raise
        return execute(self, statements)

    return around


@contextmanager
def guards_asleep() -> Iterator[None]:
    """Let a test do what only the owner of the database can: change the trail."""
    on_postgres = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if on_postgres:
            triggers = {}
            for name in GUARDED:
                cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        else:
            cursor.execute(KEPT)
            triggers = dict(cursor.fetchall())
            for name in triggers:
                cursor.execute(f"DROP TRIGGER {name}")
        yield
        for name in GUARDED if on_postgres else ():
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        for statement in triggers.values():
            cursor.execute(statement)
