"""Rows whose key is one of many, as one parameter.

`__in` names each of two thousand keys in the statement and lets each be looked at three times on
the way; `site__pk__among=keys` hands them over as one array, or as one JSON list to SQLite.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigAutoField, Lookup
from django.db.models.sql.compiler import SQLCompiler

Sql = tuple[str, tuple[Any, ...]]


@BigAutoField.register_lookup
class Among(Lookup[Iterable[int]]):
    """The column holds one of these whole numbers."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[int]:
        """Whole numbers and nothing else: no expression, no text."""
        return [int(key) for key in self.rhs]

    def get_db_prep_lookup(self, value: Any, connection: BaseDatabaseWrapper) -> Sql:
        """All of them are one parameter."""
        told = json.dumps(value) if connection.vendor == "sqlite" else value
        return "%s", (told,)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """PostgreSQL compares with an array."""
        column, own = self.process_lhs(compiler, connection)
        keys, params = self.process_rhs(compiler, connection)
        return f"{column} = ANY({keys}::bigint[])", (*own, *params)

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """SQLite unfolds a list."""
        column, own = self.process_lhs(compiler, connection)
        keys, params = self.process_rhs(compiler, connection)
        return f"{column} IN (SELECT value FROM json_each({keys}))", (*own, *params)
