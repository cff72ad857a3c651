"""Failover paths: prepared ways from one site to another."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from assets.forms import FailoverForm, ReasonForm
from assets.models import FailoverPath, FailoverState
from assets.services.failover_path import (
    declare_failover_path,
    switch_failover_back,
    switch_failover_path,
)
from assets.views.asset import FORM
from assets.views.doors import form_door
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs

FAILOVERS = lists.ListSpec(
    name="assets.failover",
    title=gettext_lazy("Failover paths"),
    lead=gettext_lazy("Where work goes when a site cannot do it."),
    columns=(
        lists.text("name", gettext_lazy("Name"), sort=True, fixed=True),
        lists.badge("state", gettext_lazy("State"), sort=True),
        lists.text("source", gettext_lazy("From"), value=lambda row: row.source.code),
        lists.text("target", gettext_lazy("To"), value=lambda row: row.target.code),
        lists.text("asset", gettext_lazy("Asset"), value=lambda row: row.asset and row.asset.code),
        lists.bool_("is_automatic", gettext_lazy("By itself"), sort=True),
        lists.when("switched_at", gettext_lazy("Switched at"), sort=True),
        lists.template(
            "moves",
            gettext_lazy("Moves"),
            template="assets/_failover_moves.html",
            value=lambda row: "",
            perm="assets.switch_failover",
        ),
    ),
    filters=(lists.choice("state", gettext_lazy("State"), choices=FailoverState.choices),),
    search=("name", "source__code", "target__code", "asset__code"),
    default_sort="name",
    empty_title=gettext_lazy("No failover paths"),
    empty_text=gettext_lazy("Declare where work goes when a site cannot do it."),
    empty_url="assets:failover_declare",
    empty_label=gettext_lazy("Declare a path"),
)


@require_safe
@needs("assets.view_failoverpath")
def failover_list(request: SignedInRequest) -> HttpResponse:
    """The prepared ways and which are in use."""
    rows = FailoverPath.objects.visible_to(request.user).for_list()
    buttons = (
        [{"label": _("Declare a path"), "url": reverse("assets:failover_declare"), "primary": True}]
        if request.user.has_perm("assets.declare_failover")
        else []
    )
    return lists.list_response(
        request, FAILOVERS, rows, at=timezone.now(), extra={"title_buttons": buttons}
    )


@require_http_methods(FORM)
@needs("assets.declare_failover")
def failover_declare(request: SignedInRequest) -> HttpResponse:
    """Say where work goes when a site cannot do it."""

    def run(facts: dict[str, Any]) -> str:
        declare_failover_path(**facts, actor=request.user, at=timezone.now())
        return reverse("assets:failover")

    return form_door(
        request,
        FailoverForm(request.POST or None, user=request.user),
        run=run,
        title=_("Declare a failover path"),
        submit=_("Declare"),
        cancel_url=reverse("assets:failover"),
    )


@require_http_methods(FORM)
@needs("assets.switch_failover")
def failover_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send work along a path, or back its usual way."""
    path = get_object_or_404(FailoverPath.objects.visible_to(request.user).for_list(), pk=pk)
    is_back = path.state == FailoverState.ACTIVE

    def run(facts: dict[str, Any]) -> str:
        move = switch_failover_back if is_back else switch_failover_path
        move(path=path, reason=facts["reason"], actor=request.user, at=timezone.now())
        return reverse("assets:failover")

    title = _("Switch back from “%(name)s”") if is_back else _("Switch to “%(name)s”")
    return form_door(
        request,
        ReasonForm(request.POST or None),
        run=run,
        title=title % {"name": path.name},
        submit=_("Switch back") if is_back else _("Switch"),
        cancel_url=reverse("assets:failover"),
        template="assets/failover_switch.html",
        extra={"path": path},
    )
