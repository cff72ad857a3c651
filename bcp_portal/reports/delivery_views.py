"""Doors of what comes to a person by itself, and the register of what left the portal."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bcp_portal.audit.models import AuditRow
from bcp_portal.audit.selectors import people
from bcp_portal.reports.models import Carries, ReportDelivery, Rhythm
from bcp_portal.reports.overview_views import find
from bcp_portal.reports.overviews.registry import READ
from bcp_portal.reports.selectors import TAKEN_AWAY, taken_fact, taken_what
from bcp_portal.reports.services.delivery import end_delivery, file_may_travel, order_delivery
from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, attempt, needs

WAYS = {
    "list.export": gettext_lazy("List"),
    "report.download": gettext_lazy("Report"),
    "report.sheet": gettext_lazy("Overview as a sheet"),
    "report.facts": gettext_lazy("Facts of a report"),
    "report.delivery_send": gettext_lazy("Sent by mail"),
    "training.export": gettext_lazy("Training as a sheet"),
    "evidence.pack": gettext_lazy("Auditor's pack"),
    "audit.export": gettext_lazy("Audit trail"),
}


class DeliveryForm(forms.Form):
    """How often, and as what."""

    rhythm = forms.ChoiceField(label=gettext_lazy("How often"), choices=Rhythm.choices)
    carries = forms.ChoiceField(label=gettext_lazy("The mail carries"), choices=Carries.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not file_may_travel():
            field = self.fields["carries"]
            field.choices = Carries.choices[:1]  # type: ignore[attr-defined]  # a choice field
            field.help_text = _("Reports do not leave this portal by mail as files.")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(READ)
def delivery_add(request: SignedInRequest, key: str) -> HttpResponse:
    """Have an overview sent to oneself, each week or month."""
    overview = find(request, key)

    def run(facts: dict[str, Any]) -> str:
        order_delivery(
            overview=overview,
            rhythm=Rhythm(facts["rhythm"]),
            carries=Carries(facts["carries"]),
            actor=request.user,
            at=timezone.now(),
        )
        return reverse("reports:overviews") + "#deliveries"

    return form_door(
        request,
        DeliveryForm(request.POST or None),
        run=run,
        title=_("Have “%s” sent") % overview.label,
        submit=_("Have it sent"),
        cancel_url=reverse("reports:overview", args=[key]),
    )


@require_POST
@needs(READ)
def delivery_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Have no more of it sent."""
    delivery = get_object_or_404(ReportDelivery.objects.visible_to(request.user), pk=pk)
    attempt(
        request,
        lambda: end_delivery(
            delivery=delivery,
            reason=_("Stopped by %s") % request.user.name,
            actor=request.user,
            at=timezone.now(),
        ),
        _("No more of it will be sent."),
    )
    return redirect(reverse("reports:overviews") + "#deliveries")


def _filter_words(row: AuditRow) -> str:
    return str(taken_fact(row, "query") or row.reason)


EXPORTS = lists.ListSpec(
    name="reports.exports",
    title=gettext_lazy("Who took what away"),
    lead=gettext_lazy(
        "Every export, download and mailed report: by whom, when, with which filter."
    ),
    columns=(
        lists.code("seq", gettext_lazy("No."), url="audit:row", args=("seq",)),
        lists.when("at", gettext_lazy("When"), sort=True),
        lists.text("actor_name", gettext_lazy("Who"), sort=True),
        lists.text("action", gettext_lazy("How"), value=lambda row: WAYS[row.action], sort=True),
        lists.text("what", gettext_lazy("What"), value=taken_what),
        lists.text("format", gettext_lazy("Format"), value=lambda row: taken_fact(row, "format")),
        lists.number("rows", gettext_lazy("Rows"), value=lambda row: taken_fact(row, "rows")),
        lists.text("query", gettext_lazy("Filter"), value=_filter_words),
        lists.text(
            "sha256",
            gettext_lazy("SHA-256"),
            value=lambda row: taken_fact(row, "sha256"),
            max_chars=17,
            css="code",
        ),
    ),
    filters=(
        lists.choice(
            "person", gettext_lazy("Person"), choices=lambda _ask: people(), field="actor_id"
        ),
        lists.choice("action", gettext_lazy("How"), choices=tuple(WAYS.items())),
        lists.dates("at", gettext_lazy("When")),
    ),
    search=("actor_name", "object_code", "reason"),
    default_sort="-seq",
    empty_title=gettext_lazy("Nothing has left the portal"),
    empty_text=gettext_lazy("Each export and download will stand here."),
)


@require_safe
@needs("audit.view_auditrow")
def exports(request: SignedInRequest) -> HttpResponse:
    """What left the portal as a copy."""
    rows = AuditRow.objects.visible_to(request.user).filter(action__in=TAKEN_AWAY)
    return lists.list_response(request, EXPORTS, rows, at=timezone.now())
