"""What the command palette finds: things by code or name, and deeds by their words."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from bcp_portal.dashboard.links import incident_url, link, site_url
from bcp_portal.frame import may_open, url_of
from incidents.models import Incident, Playbook
from risks.models import Risk

EACH = 6
Found = dict[str, str]


class Deed(NamedTuple):
    """Something that can be begun from anywhere."""

    title: str | Promise
    route: str


DEEDS: tuple[Deed, ...] = (
    Deed(gettext_lazy("Declare an incident"), "incidents:declare"),
    Deed(gettext_lazy("Identify a risk"), "risks:add"),
    Deed(gettext_lazy("Import a risk register"), "risks:import"),
    Deed(gettext_lazy("Add an asset"), "assets:add"),
    Deed(gettext_lazy("Open a site"), "assets:site_open"),
    Deed(gettext_lazy("Declare a failover path"), "assets:failover_declare"),
    Deed(gettext_lazy("Plan a time without connection"), "assets:window_plan"),
    Deed(gettext_lazy("Schedule an exercise"), "incidents:exercise_add"),
    Deed(gettext_lazy("Report a lost device"), "telemetry:report_lost"),
    Deed(gettext_lazy("Two-step sign-in and passkeys"), "mfa_index"),
    Deed(gettext_lazy("Change my password"), "account_change_password"),
)


def find_anything(user: User, query: str) -> list[Found]:
    """Find what the person may open; without letters, what is open now and what can be begun."""
    words = query.strip()
    found: list[Found] = []
    for permission, search in _SEARCHES:
        if user.has_perm(permission):
            found.extend(search(user, words))
    return [*found, *_deeds(user, words)]


def _deeds(user: User, words: str) -> Iterator[Found]:
    for deed in DEEDS:
        url = url_of(deed.route)
        title = str(deed.title)
        ours = ":" in deed.route
        if url and words.lower() in title.lower() and (not ours or may_open(user, deed.route)):
            yield _row(title, url, kind=_("do"))


def _row(title: str, url: str, *, kind: str, hint: str = "") -> Found:
    return {"title": title, "hint": hint, "url": url, "kind": kind, "method": "get"}


def _incidents(user: User, words: str) -> Iterator[Found]:
    rows = Incident.objects.visible_to(user).order_by("-declared_at")
    if words:
        rows = rows.filter(Q(code__icontains=words) | Q(title__icontains=words))
    else:
        rows = rows.open()
    for row in rows[:EACH]:
        yield _row(
            f"{row.code} {row.headline}",
            incident_url(row.code),
            kind=_("incident"),
            hint=str(row.get_status_display()),
        )


def _sites(user: User, words: str) -> Iterator[Found]:
    if not words:
        return
    rows = Site.objects.visible_to(user).open().select_related("region").order_by("code")
    for row in rows.filter(Q(code__icontains=words) | Q(name__icontains=words))[:EACH]:
        yield _row(str(row), site_url(row.code), kind=_("site"), hint=row.region.name)


def _assets(user: User, words: str) -> Iterator[Found]:
    if not words:
        return
    rows = Asset.objects.visible_to(user).in_use().order_by("criticality", "code")
    for row in rows.filter(Q(code__icontains=words) | Q(name__icontains=words))[:EACH]:
        yield _row(str(row), link("assets:detail", row.code), kind=_("asset"))


def _risks(user: User, words: str) -> Iterator[Found]:
    if not words:
        return
    rows = Risk.objects.visible_to(user).order_by("code")
    for row in rows.filter(Q(code__icontains=words) | Q(title__icontains=words))[:EACH]:
        yield _row(f"{row.code} {row.title}", link("risks:detail", row.code), kind=_("risk"))


def _playbooks(user: User, words: str) -> Iterator[Found]:
    if not words:
        return
    rows = Playbook.objects.visible_to(user).filter(retired_at=None).order_by("code")
    for row in rows.filter(Q(code__icontains=words) | Q(title__icontains=words))[:EACH]:
        yield _row(str(row), link("incidents:playbook", row.code), kind=_("playbook"))


_SEARCHES: tuple[tuple[str, Callable[[User, str], Iterator[Any]]], ...] = (
    ("incidents.view_incident", _incidents),
    ("assets.view_site", _sites),
    ("assets.view_asset", _assets),
    ("risks.view_risk", _risks),
    ("incidents.view_playbook", _playbooks),
)
