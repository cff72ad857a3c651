"""The rules of the house, kept by the test suite instead of by memory."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from django.urls import URLResolver, get_resolver
from django.utils.module_loading import import_string
from rest_framework.viewsets import ViewSetMixin

from bcp_portal.accounts.middleware import LIBRARY_ROUTES
from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import PERMISSION_ROLES
from bcp_portal.engine import schedule
from bcp_portal.shared.lifecycle import Lifecycle
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN

ROOT = Path(__file__).resolve().parent.parent
APPS = ["bcp_portal", "assets", "telemetry", "incidents", "risks"]
SOURCES = [
    path
    for app in [*APPS, "agent"]
    for path in (ROOT / app).rglob("*.py")
    if "migrations" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
MAX_LINES, MAX_FUNCTION = 400, 50


def routes():
    """Every address of ours: its name and its view."""

    def walk(patterns, namespace):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inner)
            else:
                yield f"{namespace}{pattern.name}", pattern.callback

    for name, view in walk(get_resolver().url_patterns, ""):
        if not name.startswith(LIBRARY_ROUTES):
            yield name, view


ROUTES = sorted(routes(), key=lambda pair: pair[0])


@pytest.mark.parametrize(("name", "view"), ROUTES, ids=[name for name, _view in ROUTES])
def test_every_door_has_a_lock(name, view):
    viewset = getattr(view, "cls", None)
    if viewset is not None and issubclass(viewset, ViewSetMixin):
        unlocked = set(view.actions.values()) - set(viewset.action_permissions)
        assert not unlocked, f"{viewset.__name__} names no permission for {unlocked}"
    else:
        assert hasattr(view, "required_permission"), f"{name} has no nameplate"


@pytest.mark.parametrize(("name", "view"), ROUTES, ids=[name for name, _view in ROUTES])
def test_nameplate_and_policy_table_say_the_same(name, view):
    rules = [rule for rule in POLICY.rules if rule.route == name]
    assert rules, f"the policy table has no row for {name}"
    actions = getattr(view, "actions", None)
    for rule in rules:
        for method in rule.methods.split():
            if actions is None:
                assert view.required_permission == rule.permission
            elif action := actions.get(method.lower()):
                assert view.cls.action_permissions[action] == rule.permission, (name, method)


def test_the_policy_table_names_only_doors_that_exist():
    names = {name for name, _view in ROUTES}

    assert sorted({rule.route for rule in POLICY.rules} - names) == []


def test_every_permission_of_the_policy_table_is_held_by_some_role():
    needed = {rule.permission for rule in POLICY.rules} - {PUBLIC, SIGNED_IN}

    assert sorted(needed - PERMISSION_ROLES.keys()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_is_too_big(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES, "split this module by concept"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = node.end_lineno - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name} is {length} lines"


WRITERS = {
    "create", "save", "update", "delete", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create",
}  # fmt: skip
# Names that write nothing although they sound like it.
NOT_ROWS = {"hashlib", "hasher", "digest", "context", "params", "seen", "headers"}


@pytest.mark.parametrize("app", ["assets", "telemetry", "incidents", "risks"])
def test_only_verbs_write(app):
    for path in (ROOT / app).rglob("*.py"):
        where = path.relative_to(ROOT / app).as_posix()
        # The ingest door is the one writer besides the verbs; it is one statement a batch.
        if where.startswith(("services", "migrations", "management", "ingest/")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id in NOT_ROWS:
                    continue
                assert node.func.attr not in WRITERS, f"{app}/{where}:{node.lineno} writes rows"


def test_nobody_listens_to_save_signals():
    for path in SOURCES:
        text = path.read_text()
        assert "post_save" not in text, path
        assert "pre_save" not in text, path


def test_everything_that_runs_by_itself_exists():
    tables = (schedule.DEADLINES, schedule.JOBS, schedule.EXHAUSTED)
    names = [sweep.handler for sweep in schedule.SWEEPS]
    names += [name for table in tables for name in table.values()]

    for name in names:
        assert "at" in inspect.signature(import_string(name)).parameters, name


def verbs():
    for app in APPS:
        for path in (ROOT / app).rglob("services/*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    marks = {ast.unparse(mark) for mark in node.decorator_list}
                    if "verb" in marks:
                        yield f"{module}.{node.name}", node


VERBS = list(verbs())


@pytest.mark.parametrize(("name", "node"), VERBS, ids=[name for name, _node in VERBS])
def test_a_verb_takes_keywords_only(name, node):
    assert not node.args.args, f"{name} takes positional arguments"
    assert not node.args.posonlyargs


def lifecycles():
    for app in APPS:
        for path in (ROOT / app).rglob("models/*.py"):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for name in re.findall(r"^(\w+_LIFECYCLE)\b", path.read_text(), re.M):
                yield pytest.param(import_string(f"{module}.{name}"), id=name)


@pytest.mark.parametrize("lifecycle", list(lifecycles()))
def test_every_state_can_be_reached(lifecycle: Lifecycle):
    states = list(lifecycle.moves)
    reached, fresh = {states[0]}, {states[0]}
    while fresh:
        fresh = {to for state in fresh for to in lifecycle.moves[state]} - reached
        reached |= fresh

    assert set(states) == reached


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_obeys_the_content_security_policy(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 150, "split this page into fragments"
    # Paper is made in a process of its own, which has no such policy.
    if "reports/paper" in path.as_posix() or "/mail/" in path.as_posix():
        return
    assert not re.search(r"\sstyle\s*=", text), "an inline style"
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text), "an inline handler"
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*[^<\s]", text), "an inline script"


def test_the_pages_own_script_stays_small():
    assert len((ROOT / "static/js/portal.js").read_text().splitlines()) <= 150
