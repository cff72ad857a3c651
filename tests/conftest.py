"""What every test may count on: quick passwords, and pages that need no collected files."""

import ast

import pytest


def pytest_configure() -> None:
    from django.conf import settings  # noqa: PLC0415  # only now are the settings readable

    from tests.emptying import allow_emptying  # noqa: PLC0415
    from tests.template import start_from_template  # noqa: PLC0415

    allow_emptying()
    start_from_template()

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    # Named by their number: the workers of a run must all give a test the same name, and these
    # would be named by their address in memory or by the second they were made in.
    is_instant = isinstance(val, int | float) and val > 1e9
    return argname if is_instant or isinstance(val, ast.AST | bytes) else None


@pytest.fixture
def on_postgres() -> bool:
    """Say which store this run uses."""
    from django.db import connection  # noqa: PLC0415

    return connection.vendor == "postgresql"


@pytest.fixture(autouse=True)
def _english_again():
    """Whatever language a test was answered in, the next one begins in English."""
    from django.utils import translation  # noqa: PLC0415

    yield
    translation.deactivate()


@pytest.fixture(scope="module")
def browser():
    """A Chromium of its own for each module that drives pages."""
    from tests.frame.browsing import chromium  # noqa: PLC0415  # only those pay for its import

    with chromium() as started:
        yield started
