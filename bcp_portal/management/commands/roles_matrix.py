"""Print which role may open which door, from the roles and the policy table alone."""

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.contrib.auth import get_permission_codename
from django.core.management.base import BaseCommand

from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import PERMISSION_ROLES, Role
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN, Rule

HEAD = """\
# Who may do what

This page is written by `manage.py roles_matrix > docs/roles.md`; change the roles
(`bcp_portal/accounts/role_permissions/`) or the policy table (`bcp_portal/accounts/policy/`)
instead of this text. A test compares the two.

A permission says what somebody may do; the sites and regions assigned to a person say where.
Holders of `assets.view_every_site` see all sites. What is not visible is answered with 404.
"""
SCOPES = {
    "site": "rows of the own sites",
    "own": "one's own rows",
    "all": "all rows",
    "none": "no rows",
}
ABBREVIATIONS = {
    Role.VIEWER: "View",
    Role.RISK_MANAGER: "Risk",
    Role.INCIDENT_COMMANDER: "Comm",
    Role.RESPONDER: "Resp",
    Role.SYNC_TECHNICIAN: "Sync",
    Role.BUSINESS_OWNER: "Own",
    Role.AUDITOR: "Aud",
    Role.ADMINISTRATOR: "Adm",
}


class Command(BaseCommand):
    """The page docs/roles.md, on standard output."""

    help = "Prints which role holds which permission, and which permission opens which door."

    def handle(self, **_options: Any) -> None:
        """Print it; nothing is changed."""
        self.stdout.write(roles_page(_permission_names()), ending="")


def _permission_names() -> dict[str, str]:
    """What each permission allows, in words; asked of the models, so no database is needed."""
    names: dict[str, str] = {}
    for model in apps.get_models():
        meta = model._meta
        for action in meta.default_permissions:
            words = f"Can {action} {meta.verbose_name_raw}"
            names[f"{meta.app_label}.{get_permission_codename(action, meta)}"] = words
        names |= {f"{meta.app_label}.{code}": str(words) for code, words in meta.permissions}
    return names


def roles_page(names: dict[str, str]) -> str:
    """Write the whole page; `names` says in words what each permission allows."""
    lines = [HEAD, "## Roles", "", "| role | column below | permissions |", "|---|---|---|"]
    for role in Role:
        count = sum(role in holders for holders in PERMISSION_ROLES.values())
        lines.append(f"| `{role.value}` | {ABBREVIATIONS[role]} | {count} |")
    lines += ["", "## Permissions", ""]
    for app in sorted({permission.partition(".")[0] for permission in PERMISSION_ROLES}):
        lines += [f"### {app}", "", *_permission_table(app, names), ""]
    lines += ["## Doors", "", *_legend(), ""]
    for room in sorted({_room(rule) for rule in POLICY.rules}):
        rules = [rule for rule in POLICY.rules if _room(rule) == room]
        lines += [f"### {room}", "", *_door_table(rules), ""]
    return "\n".join(lines).rstrip() + "\n"


def _permission_table(app: str, names: dict[str, str]) -> Iterable[str]:
    heads = " | ".join(ABBREVIATIONS[role] for role in Role)
    yield f"| permission | what it allows | {heads} |"
    yield "|---|---|" + ":-:|" * len(Role)
    for permission, holders in sorted(PERMISSION_ROLES.items()):
        if permission.startswith(f"{app}."):
            marks = " | ".join("●" if role in holders else "" for role in Role)
            yield f"| `{permission}` | {names.get(permission, '')} | {marks} |"


def _legend() -> Iterable[str]:
    yield (
        "One row for each address and method. Rows: "
        + "; ".join(f"*{word}*: {meaning}" for word, meaning in SCOPES.items())
        + ". *Two* means that one person is not enough. What no row names is closed."
    )


def _door_table(rules: Iterable[Rule]) -> Iterable[str]:
    yield "| door | method | permission | rows | of | what lies behind | people | roles |"
    yield "|---|---|---|---|---|---|---|---|"
    for rule in sorted(rules, key=lambda rule: (rule.route, rule.methods)):
        yield (
            f"| `{rule.route}` | {rule.methods} | {_key(rule)} | {rule.scope} | {rule.kind} "
            f"| {rule.sensitivity} | {rule.duty} | {_holders(rule)} |"
        )


def _room(rule: Rule) -> str:
    return rule.route.partition(":")[0] if ":" in rule.route else "front door"


def _key(rule: Rule) -> str:
    return {PUBLIC: "public", SIGNED_IN: "signed in"}.get(rule.permission, f"`{rule.permission}`")


def _holders(rule: Rule) -> str:
    if rule.permission in (PUBLIC, SIGNED_IN):
        return "everybody" if rule.permission == PUBLIC else "all"
    holders = PERMISSION_ROLES.get(rule.permission, frozenset())
    return ", ".join(ABBREVIATIONS[role] for role in Role if role in holders)
