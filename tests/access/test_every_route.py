"""Every route with every role and both scopes: who may not, gets nothing; nothing leaks."""

import re

import pytest
from django.urls import get_resolver, reverse
from django.urls.resolvers import RoutePattern, URLResolver

from bcp_portal.accounts.policy import POLICY
from bcp_portal.accounts.roles import Role
from bcp_portal.reports.overviews.registry import overviews_for
from bcp_portal.shared.policy import PUBLIC, SIGNED_IN, Rule
from tests.access.world import Half, assign, make_half
from tests.make import NOON, make_user

pytestmark = pytest.mark.django_db

HERE, THERE = "Kenari", "Rahasia"
EVERY_SITE = "assets.view_every_site"
# Which thing of a half an address is about: the longest beginning that fits counts.
SUBJECTS = {
    "assets:": ("code", "asset"),
    "assets:failover": ("pk", "path"),
    "assets:arrow": ("pk", "dependency"),
    "assets:region": ("code", "region"),
    "assets:delegation": ("pk", "delegation"),
    "assets:campaign": ("pk", "campaign"),
    "assets:third_party": ("code", "third_party"),
    "assets:signatory": ("pk", "signatory"),
    "assets:objective": ("code", "asset"),
    "assets:site": ("code", "site"),
    "assets:site_import_undo": ("pk", "site_import"),
    "assets:window": ("pk", "window"),
    "telemetry:site": ("code", "site"),
    "telemetry:pack": ("code", "site"),
    "telemetry:device": ("node_id", "device"),
    "telemetry:device_import_undo": ("pk", "device_import"),
    "telemetry:witness_settle": ("pk", "witness"),
    "telemetry:loss": ("pk", "loss"),
    "telemetry:order": ("code", "order"),
    "telemetry:order_by_hand": ("code", "site"),
    "telemetry:reconcile": ("pk", "reconciliation"),
    "telemetry:wave": ("code", "wave_plan"),
    "telemetry:site_copy": ("pk", "site_copy"),
    "telemetry:orders_of_site": ("code", "site"),
    "telemetry:exposure": ("code", "asset"),
    "telemetry:conflict": ("code", "conflict"),
    "telemetry:ping": ("pk", "ping"),
    "telemetry:source": ("pk", "monitor"),
    "telemetry:mapping": ("pk", "monitor"),
    "dashboard:site_card": ("code", "site"),
    "incidents:": ("code", "incident"),
    "incidents:for_asset": ("code", "asset"),
    "incidents:for_site": ("code", "site"),
    "incidents:review": ("code", "reviewed"),
    "incidents:step": ("pk", "step"),
    "incidents:action": ("pk", "action"),
    "incidents:notice": ("pk", "notice"),
    "incidents:silence": ("pk", "silence"),
    "incidents:team_join": ("pk", "team"),
    "incidents:team_leave": ("pk", "team"),
    "incidents:team_end": ("pk", "team"),
    "incidents:unname_person": ("pk", "named"),
    "incidents:reporting_told": ("pk", "duty"),
    "incidents:reporting_waive": ("pk", "duty"),
    "incidents:operation": ("pk", "operation"),
    "incidents:operation_file": ("pk", "evidence_file"),
    "incidents:run_settle": ("pk", "run"),
    "incidents:offline_device": ("pk", "offline_device"),
    "risks:": ("code", "risk"),
    "risks:for_incident": ("code", "reviewed"),
    "risks:ask_owner": ("code", "reviewed"),
    "risks:treatment": ("pk", "treatment"),
    "risks:action": ("pk", "treatment_action"),
    "risks:acceptance": ("pk", "acceptance"),
    "risks:evidence": ("pk", "evidence"),
    "risks:offer": ("pk", "offer"),
    "risks:edit_cell": ("pk", "risk"),
    "risks:file": ("pk", "risk_file"),
    "risks:page_remove": ("pk", "risk_link"),
    "risks:plan": ("code", "plan"),
    "risks:proposal": ("pk", "proposal"),
    "risks:import": ("uid", "batch"),
    "risks:indicator": ("code", "indicator"),
    "reports:": ("uid", "report"),
    "audit:": ("seq", "audit_row"),
    "audit:about": ("object_id", "audit_row"),
    "accounts:review": ("code", "access_review"),
    "accounts:grant": ("pk", "grant"),
    "reports:access_review": ("code", "access_review"),
    "reports:delivery_end": ("pk", "delivery"),
    "accounts:view": ("pk", "saved_view"),
    "accounts:person": ("username", "person"),
    "accounts:contact": ("pk", "contact"),
    "accounts:token": ("pk", "token"),
    "assets:assignment": ("username", "person"),
    "incidents:draft": ("pk", "update_draft"),
    "incidents:contact": ("pk", "contact"),
    "api:site": ("code", "site"),
    "api:device": ("node_id", "device"),
    "api:device-loss": ("pk", "loss"),
    "api:stream": ("pk", "stream"),
    "api:sync-session": ("pk", "session"),
    "api:conflict": ("code", "conflict"),
    "api:signal": ("pk", "signal"),
    "api:order": ("code", "order"),
    "api:asset": ("code", "asset"),
    "api:dependency": ("pk", "dependency"),
    "api:recovery-target": ("code", "asset"),
    "api:target-proposal": ("pk", "target_proposal"),
    "api:incident": ("code", "incident"),
    "api:alert": ("pk", "alert"),
    "api:silence": ("pk", "silence"),
    "api:timeline": ("pk", "timeline"),
    "api:run": ("pk", "run"),
    "api:step": ("pk", "step"),
    "api:review": ("pk", "review"),
    "api:action-item": ("pk", "action"),
    "api:inbox": ("pk", "notice"),
    "api:risk": ("code", "risk"),
    "api:plan": ("code", "plan"),
    "api:acceptance": ("pk", "acceptance"),
    "api:treatment": ("pk", "treatment"),
    "api:treatment-action": ("pk", "treatment_action"),
    "api:indicator": ("code", "indicator"),
    "api:report": ("uid", "report"),
}
# Known to everybody who may look at all: plans, policies, third parties, the catalogue of controls.
# A dangerous role asked for belongs to no site; anybody with the right may be its second person.
# That the centre lost data, too; the copies belong to their sites.
SHARED = (
    "incidents:playbook", "incidents:polic", "incidents:rotation", "incidents:shift",
    "incidents:exercise", "incidents:inject",
    "risks:sector_profile", "api:sector-profile",
    "risks:control", "accounts:course", "accounts:grant", "assets:third_party",
    "assets:custom_field", "assets:unit", "api:unit", "risks:category",
    # An overview is about no thing; what it holds follows from its reader (the last test here).
    "reports:overview", "reports:delivery_add",
    "api:playbook", "api:control", "api:exercise", "api:audit",
    "telemetry:conflict_rule", "telemetry:rule",
    "incidents:update_template", "incidents:audience", "incidents:reporting_rule",
    "incidents:status_component",
    "telemetry:conflict_rule", "telemetry:rule", "telemetry:rebuild", "api:rebuild",
    "incidents:update_template", "incidents:audience", "incidents:status_component",
)  # fmt: skip


def parameters(route: str) -> set[str]:
    """The names in an address."""
    return NAMES[route]


def _names(patterns, namespace: str = "") -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= _names(pattern.url_patterns, inner)
        elif isinstance(pattern.pattern, RoutePattern):
            found[f"{namespace}{pattern.name}"] = set(pattern.pattern.converters)
        else:
            found[f"{namespace}{pattern.name}"] = set(pattern.pattern.regex.groupindex)
    return found


NAMES = _names(get_resolver().url_patterns)


def address(rule: Rule, half: Half) -> str | None:
    """The address of a half's thing; None when the address names nothing that is scoped."""
    names = NAMES[rule.route]
    if not names or rule.route.startswith(SHARED):
        return None
    fitting = [begin for begin in SUBJECTS if rule.route.startswith(begin)]
    assert fitting, f"say in SUBJECTS what {rule.route} is about"
    field, thing = SUBJECTS[max(fitting, key=len)]
    values = {field: getattr(half.things[thing], field)}
    values |= {"column": "title", "number": 1} if "column" in names or "number" in names else {}
    if missing := names - values.keys():
        # Whatever else the address names: nobody gets past the first thing anyway.
        values |= dict.fromkeys(missing, 1)
    return reverse(rule.route, kwargs={name: values[name] for name in names})


def ask(client, method: str, url: str):
    kwargs = {"content_type": "application/json"} if url.startswith("/api/") else {}
    return client.post(url, {}, **kwargs) if method == "POST" else client.get(url)


def doors(*methods: str) -> list[tuple[str, Rule]]:
    return [
        (method, rule)
        for rule in POLICY.rules
        for method in rule.methods.split()
        if method in methods and rule.permission not in (PUBLIC,)
    ]


def body(response) -> str:
    return (
        b"".join(response).decode("utf-8", "replace")
        if response.streaming
        else (response.content.decode("utf-8", "replace"))
    )


@pytest.fixture
def world(db):
    return make_half(HERE), make_half(THERE)


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_a_door_without_the_permission_stays_shut(client, world, role):
    here, there = world
    user = make_user(role)
    assign(user, here)
    client.force_login(user)

    for method, rule in doors("GET", "POST"):
        if rule.permission == SIGNED_IN or user.has_perm(rule.permission):
            continue
        url = address(rule, there) or _plain(rule)
        response = ask(client, method, url)
        assert response.status_code == 403, (method, rule.route, response.status_code)
        # The frame names open incidents to whoever may see them at every site.
        assert user.has_perm(EVERY_SITE) or THERE not in body(response), rule.route


# No provider is named in this walk, so these doors are not there.
SWITCHED_OFF = {"accounts:single_sign_on_again"}


def _plain(rule: Rule) -> str:
    names = NAMES[rule.route]
    return reverse(rule.route, kwargs=dict.fromkeys(names, 1))


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_what_lies_outside_the_scope_does_not_exist(client, world, role):
    here, there = world
    user = make_user(role)
    assign(user, here)
    client.force_login(user)
    if user.has_perm(EVERY_SITE):
        return _look_everywhere(client, user, there)

    leaks = []
    for method, rule in doors("GET", "POST"):
        if rule.permission != SIGNED_IN and not user.has_perm(rule.permission):
            continue
        url = address(rule, there)
        if url is None and method == "GET" and not NAMES[rule.route]:
            response = client.get(reverse(rule.route), {"part": "tasks"})
            if rule.route in SWITCHED_OFF:
                assert response.status_code == 404, rule.route
                continue
            assert response.status_code < 400, (rule.route, response.status_code)
            assert THERE not in body(response), f"{rule.route} shows what is out of scope"
        elif url is not None:
            response = ask(client, method, url)
            if response.status_code != 404 or THERE in body(response):
                leaks.append((method, rule.route, response.status_code))
    assert leaks == []
    return None


def _look_everywhere(client, user, there) -> None:
    """Whoever sees every site still sees only what the role may see."""
    for _method, rule in doors("GET"):
        if rule.permission != SIGNED_IN and not user.has_perm(rule.permission):
            continue
        url = address(rule, there)
        if url is None and NAMES[rule.route]:
            continue
        response = client.get(url or reverse(rule.route))
        assert response.status_code < 500, (rule.route, response.status_code)
        if not user.has_perm("incidents.view_incident"):
            text = body(response)
            leaks = re.findall(rf"{THERE} (?:incident|note|alert|past|update|cause)", text)
            assert not leaks, (rule.route, leaks)


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_no_overview_shows_what_lies_outside_the_scope(world, role):
    here, _there = world
    user = make_user(role)
    assign(user, here)
    if user.has_perm(EVERY_SITE):
        return

    for overview in overviews_for(user):
        picture = overview.gather(user, NOON)
        cells = [str(cell) for part in picture.parts for row in part.rows for cell in row]
        assert THERE not in " ".join([picture.lead, *cells]), overview.key


def test_nobody_gets_in_without_signing_in(client, world):
    here, _there = world

    for method, rule in doors("GET", "POST"):
        response = ask(client, method, address(rule, here) or _plain(rule))
        assert response.status_code in (302, 401, 403), (rule.route, response.status_code)
        assert HERE not in body(response), rule.route


def test_what_lies_inside_the_scope_is_shown(client, world):
    here, _there = world
    user = make_user(Role.RESPONDER)
    assign(user, here)
    client.force_login(user)

    for url in (
        reverse("telemetry:site", args=[here.site.code]),
        reverse("incidents:detail", args=[here.incident.code]),
        reverse("api:incident-detail", args=[here.incident.code]),
        reverse("incidents:alerts"),
        reverse("assets:detail", args=[here.asset.code]),
    ):
        response = client.get(url)
        assert response.status_code == 200, url
        assert HERE in body(response), url
