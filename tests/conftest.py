"""What every test may count on: quick passwords, and pages that need no collected files."""

import pytest


def pytest_configure() -> None:
    from django.conf import settings  # noqa: PLC0415  # only now are the settings readable

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def on_postgres() -> bool:
    """Say which store this run uses."""
    from django.db import connection  # noqa: PLC0415

    return connection.vendor == "postgresql"
