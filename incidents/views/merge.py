"""What waits for a person online: proposals from devices, and clashes between them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.incident import AnswerForm, SettleForm
from incidents.models import Operation, OperationKind, PlaybookRun
from incidents.services.clash import answer_proposal, settle_clash
from incidents.services.operation_log import stamp_of


@require_POST
@needs("incidents.work_incident")
def operation_answer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Accept or decline what somebody proposed without a link."""
    proposals = Operation.objects.visible_to(request.user).standing()
    proposal = get_object_or_404(
        proposals.select_related("run", "step", "incident").filter(kind=OperationKind.PROPOSE),
        pk=pk,
    )
    form = AnswerForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        stamp = stamp_of(said.pop("op_id"))
        attempt(
            request,
            lambda: answer_proposal(
                proposal=proposal, actor=request.user, at=timezone.now(), stamp=stamp, **said
            ),
        )
    return redirect("incidents:detail", code=proposal.incident.code)


@require_POST
@needs("incidents.work_incident")
def run_settle(request: SignedInRequest, pk: int) -> HttpResponse:
    """Say which side of a clash holds."""
    runs = PlaybookRun.objects.visible_to(request.user).select_related("incident")
    run = get_object_or_404(runs, pk=pk)
    form = SettleForm(request.POST)

    def settle() -> None:
        if not form.is_valid():
            raise DomainError(_("Say which side holds, and why."))
        said = form.cleaned_data
        stamp = stamp_of(said.pop("op_id"))
        settle_clash(run=run, actor=request.user, at=timezone.now(), stamp=stamp, **said)

    attempt(request, settle)
    return redirect("incidents:detail", code=run.incident.code)
