"""What waits for a person online: proposals from devices, and clashes between them."""

from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import sha256_hex
from bcp_portal.shared.pages import SignedInRequest, attempt, needs
from incidents.forms.incident import AnswerForm, SettleForm
from incidents.fresh_sign_in import proof_first
from incidents.models import EvidenceFile, Operation, OperationKind, PlaybookRun
from incidents.offline.proposals import ORDER, order_page
from incidents.services.clash import answer_proposal, settle_clash
from incidents.services.evidence_file import note_evidence_download
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
        is_tick = said["accepted"] and proposal.payload.get("what") == "tick"
        if is_tick and (asked := proof_first(request, proposal.step, at=timezone.now())):
            return asked
        stamp = stamp_of(said.pop("op_id"))
        went_through = attempt(
            request,
            lambda: answer_proposal(
                proposal=proposal, actor=request.user, at=timezone.now(), stamp=stamp, **said
            ),
        )
        if went_through and said["accepted"] and proposal.payload.get("what") == ORDER:
            return redirect(order_page(proposal.payload, incident_code=proposal.incident.code))
    return redirect("incidents:detail", code=proposal.incident.code)


@require_safe
@needs("incidents.view_incident")
def operation_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """A photo or file kept as evidence; one that no longer has its hash is not handed out."""
    file = get_object_or_404(EvidenceFile.objects.visible_to(request.user), pk=pk)
    try:
        with default_storage.open(file.path) as stored:
            content = stored.read()
    except OSError:
        content = b""
    if sha256_hex(content) != file.sha256:
        words = _("The file on record is missing or was changed; it is not handed out.")
        return HttpResponse(words, status=410, content_type="text/plain")
    note_evidence_download(file=file, actor=request.user, at=timezone.now())
    # Never shown in the page: what people bring may be anything.
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, file.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


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
