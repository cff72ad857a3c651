"""A place under fire for each test, on the store of the present profile."""

import os
from pathlib import Path

import pytest

from tests.faults.rig import Place, fresh_place
from tests.servers import private_postgres, private_redis
from tests.template import load_template_database, template_file

IS_PRODUCTION = os.environ.get(
    "SIAGA_TEST_PROFILE", "production" if os.environ.get("DATABASE_URL") else "embedded"
).startswith("production")


@pytest.fixture(scope="session")
def hurt_postgres():
    """A PostgreSQL that may be crashed; None in the embedded profile."""
    if not IS_PRODUCTION:
        yield None
        return
    with private_postgres(durable=True) as server:
        yield server


@pytest.fixture(scope="session")
def template(hurt_postgres, tmp_path_factory) -> str:
    """Migrated tables to copy: a database's name or a file's."""
    if hurt_postgres is None and (made := template_file()):
        return str(made)
    folder: Path = tmp_path_factory.mktemp("template")
    place = Place(folder, postgres=hurt_postgres, redis=None)
    if hurt_postgres is not None:
        place.environment["DATABASE_URL"] = hurt_postgres.create_database("fault_template")
        load_template_database(place.environment["DATABASE_URL"])
    assert place.run("manage.py", "migrate", "--verbosity", "0") == 0, place._last_words()
    if hurt_postgres is not None:
        return "fault_template"
    place._sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return str(folder / "siaga.sqlite3")


@pytest.fixture
def redis():
    """A Redis of this test's own; None in the embedded profile."""
    if not IS_PRODUCTION:
        yield None
        return
    with private_redis() as server:
        yield server


@pytest.fixture
def place(tmp_path, template, hurt_postgres, redis):
    """Somewhere to start engines and workers."""
    with fresh_place(tmp_path, template, hurt_postgres, redis) as place:
        yield place


@pytest.fixture
def only_production():
    """For what needs PostgreSQL and Redis."""
    if not IS_PRODUCTION:
        pytest.skip("there is no such server in the embedded profile")
