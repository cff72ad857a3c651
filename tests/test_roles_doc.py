"""The page about roles says what the code does."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import PERMISSION_ROLES, Role
from bcp_portal.management.commands.roles_matrix import ABBREVIATIONS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "roles.md"


@pytest.fixture
def printed():
    out = io.StringIO()
    call_command("roles_matrix", stdout=out)
    return out.getvalue()


def test_the_page_about_roles_is_the_printed_matrix(printed):
    assert PAGE.read_text(encoding="utf-8") == printed, (
        "docs/roles.md is not up to date: run `manage.py roles_matrix > docs/roles.md`"
    )


def test_the_matrix_names_every_permission_and_every_door(printed):
    for permission in PERMISSION_ROLES:
        assert f"| `{permission}` |" in printed
    for rule in POLICY.rules:
        assert f"| `{rule.route}` | {rule.methods} |" in printed


def test_every_role_has_a_column():
    assert set(ABBREVIATIONS) == set(Role)
