"""Asking PostgreSQL through its own `psql`: no driver to install at a branch."""

import csv
import io
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from siaga_agent.adapters.base import AdapterError
from siaga_agent.adapters.command import run_limited
from siaga_agent.store import Json

_ENV = {
    "PGCONNECT_TIMEOUT": "5",
    "PGAPPNAME": "siaga-agent",
    "PGOPTIONS": "-c statement_timeout=8000 -c lock_timeout=4000",
    "PGCLIENTENCODING": "UTF8",
    "LC_ALL": "C",
}


class Psql:
    """One connection string (or service name), asked with one short-lived process a question."""

    def __init__(self, conninfo: str, *, program: str | None = None) -> None:
        self._conninfo = conninfo
        self._program = program or find_psql()

    def ask(self, sql: str, **values: str) -> list[Json]:
        """Rows as objects; the query must return one json column named `row`.

        `:'name'` in the query is quoted by psql itself, so no value can become SQL.
        """
        printed = self._run(sql, values, ("--csv", "-t"))
        rows = csv.reader(io.StringIO(printed))
        try:
            return [json.loads(row[0]) for row in rows if row]
        except (ValueError, csv.Error) as error:
            raise AdapterError("not_json", "psql printed something that is not a row.") from error

    def do(self, sql: str, **values: str) -> None:
        """Run a statement that returns nothing."""
        self._run(sql, values, ())

    def _run(self, sql: str, values: Mapping[str, str], options: tuple[str, ...]) -> str:
        named = [word for name, value in values.items() for word in ("-v", f"{name}={value}")]
        words = [self._program, "-X", "-q", "-A", "-v", "ON_ERROR_STOP=1", *options, *named]
        try:
            return run_limited(
                [*words, "-d", self._conninfo, "-f", "-"], timeout_s=15, extra_env=_ENV, typed=sql
            )
        except AdapterError as error:
            if "status 2" in str(error):
                raise AdapterError("unreachable", str(error)) from error
            raise


def find_psql() -> str:
    """The newest psql of this machine."""
    on_path = shutil.which("psql")
    if on_path:
        return on_path
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"))
    if not found:
        raise AdapterError("no_psql", "psql was not found; install the PostgreSQL client.")
    return str(found[-1])
