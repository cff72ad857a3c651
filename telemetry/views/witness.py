"""The witnesses of the audit trail: which devices remember what, and who contradicts it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from bcp_portal.shared import lists
from bcp_portal.shared.doors import form_door
from bcp_portal.shared.pages import SignedInRequest, needs, render_page
from telemetry.models import AuditWitness, WitnessState
from telemetry.services.witness import settle_witness

WITNESSES = lists.ListSpec(
    name="telemetry.witnesses",
    title=_("Witnesses of the audit trail"),
    lead=_("Each device keeps the signed checkpoints it was told and repeats the newest."),
    columns=(
        lists.text("device.name", _("Device"), sort="device__name"),
        lists.text("device.site.code", _("Site"), sort="device__site__code"),
        lists.number("size", _("Rows it remembers"), sort=True),
        lists.when("told_at", _("Told"), sort=True),
        lists.badge("state", _("Compared"), sort=True),
        lists.when("mismatch_at", _("Contradicted"), sort=True),
        lists.text("settle_reason", _("Explanation"), max_chars=80),
        lists.template(
            "settle",
            _("Explain"),
            template="telemetry/_witness_settle.html",
            value=lambda row: row.is_accusing,
            perm="telemetry.settle_witness",
        ),
    ),
    filters=(lists.choice("state", _("Compared"), choices=WitnessState.choices),),
    search=("device__name", "device__site__code", "device__site__name"),
    default_sort="-mismatch_at,-told_at",
    empty_title=_("No witness yet"),
    empty_text=_("A device becomes one as soon as it sends a batch after the first checkpoint."),
)


class ExplainForm(forms.Form):
    """Why the trail is not what a device remembers."""

    reason = forms.CharField(
        label=_("Why the trail is not what it was"),
        help_text=_("For example: restored from the backup of last night"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@needs("telemetry.view_device")
def witnesses(request: SignedInRequest) -> HttpResponse:
    """All witnesses, those that contradict the trail first."""
    rows = AuditWitness.objects.visible_to(request.user).for_list()
    return lists.list_response(request, WITNESSES, rows, at=timezone.now())


@require_safe
@needs("telemetry.view_device")
def witness_summary(request: SignedInRequest) -> HttpResponse:
    """How many agree, as a part of the page of the trail."""
    rows = AuditWitness.objects.visible_to(request.user)
    context = {
        "agreeing": rows.filter(state=WitnessState.AGREES).count(),
        "accusing": rows.accusing().count(),
        "all": rows.count(),
    }
    return render_page(request, "telemetry/_witness_summary.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("telemetry.settle_witness")
def witness_settle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Explain a contradiction, or agree with a colleague's explanation."""
    witness = get_object_or_404(AuditWitness.objects.visible_to(request.user).for_list(), pk=pk)

    def run(facts: dict[str, Any]) -> str:
        settle_witness(witness=witness, **facts, actor=request.user, at=timezone.now())
        return reverse("telemetry:witnesses")

    proposed = witness.proposed_by is not None
    return form_door(
        request,
        ExplainForm(request.POST or None, initial={"reason": witness.settle_reason}),
        run=run,
        title=_("Explain what %(device)s remembers") % {"device": witness.device},
        submit=_("I agree") if proposed else _("Propose this explanation"),
        cancel_url=reverse("telemetry:witnesses"),
    )
