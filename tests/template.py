"""One migrated store for the whole run, to copy: migrating anew takes half a minute each time.

`tests.run_suite` makes it and names it in SIAGA_TEST_TEMPLATE: a database on the server of
DATABASE_URL, or an SQLite file. Without it every test that needs tables migrates for itself.
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connections
from django.db.backends.sqlite3.creation import DatabaseCreation as SqliteCreation

VARIABLE = "SIAGA_TEST_TEMPLATE"


def template_file() -> Path | None:
    """The migrated SQLite file of this run, if there is one."""
    named = os.environ.get(VARIABLE, "")
    return Path(named) if named.endswith(".sqlite3") else None


def template_database() -> str | None:
    """The migrated PostgreSQL database of this run, if there is one."""
    named = os.environ.get(VARIABLE, "")
    return named if named and not named.endswith(".sqlite3") else None


def copy_template_file(folder: Path) -> None:
    """Lay the migrated file where a portal of that data folder looks for its store."""
    if found := template_file():
        shutil.copyfile(found, folder / "siaga.sqlite3")


@contextmanager
def own_database(purpose: str) -> Iterator[str]:
    """Make a database beside the one of DATABASE_URL, migrated if one can be copied; drop it."""
    url, name = os.environ["DATABASE_URL"], f"{purpose}_{secrets.token_hex(4)}"
    template = f"TEMPLATE {made}" if (made := template_database()) else ""
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {template}")
    try:
        yield with_path(url, name)
    finally:
        with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def load_template_database(url: str) -> None:
    """Fill an empty database of another server with the migrated tables, if there are any."""
    if name := template_database():
        source = with_path(os.environ["DATABASE_URL"], name)
        dump = subprocess.run(["pg_dump", source], check=True, capture_output=True)
        load = ["psql", "--quiet", "--set", "ON_ERROR_STOP=1", url]
        subprocess.run(load, input=dump.stdout, check=True, stdout=subprocess.DEVNULL)


def with_path(url: str, path: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def start_from_template() -> None:
    """Let Django's test databases begin as copies; migrating them then finds nothing to do."""
    if name := template_database():
        connections["default"].settings_dict["TEST"]["TEMPLATE"] = name
    if file := template_file():
        # A file as in life, not a store in memory: there every thread of a live server locks
        # whole tables against the others, and waits for nobody.
        own = Path(os.environ["SIAGA_DATA_DIR"]) / "tests.sqlite3"
        connections["default"].settings_dict["TEST"]["NAME"] = str(own)
        SqliteCreation._create_test_db = _copied_from(file, SqliteCreation._create_test_db)


def _copied_from(file: Path, create: Callable[..., str]) -> Callable[..., str]:
    def created(self: SqliteCreation, *words: object, **options: object) -> str:
        name = create(self, *words, **options)
        shutil.copyfile(file, name)
        return name

    return created
