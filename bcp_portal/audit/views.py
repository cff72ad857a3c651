"""The trail as auditors read it: the list, one row, one thing's history, all of it as a file."""

import tempfile
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from bcp_portal.audit.export import write_export
from bcp_portal.audit.models import AuditRow
from bcp_portal.audit.sealing import holds_sealed
from bcp_portal.audit.selectors import (
    SHOWN,
    actions,
    differences,
    history,
    kinds,
    people,
    row_page,
    trust,
)
from bcp_portal.audit.services.checkpoint import sign_all
from bcp_portal.audit.verbs import record_access
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs, render_page

READ = "audit.view_auditrow"


def _note_export(export: lists.Export) -> None:
    last = AuditRow.objects.order_by("-seq").first()
    if last is not None:
        record_access(
            action="audit.export",
            obj=last,
            actor=export.user,
            at=export.at,
            reason=f"{export.rows} rows as {export.format}: {export.query}",
        )


TRAIL = lists.ListSpec(
    name="audit.trail",
    title=_("Audit trail"),
    lead=_("Every change, and every look at what is sensitive. Nothing here can be changed."),
    columns=(
        lists.code("seq", _("No."), url="audit:row", args=("seq",)),
        lists.when("at", _("When"), sort=True),
        lists.text("actor_name", _("Who"), sort=True),
        lists.text("action", _("What"), sort=True),
        lists.template("object_code", _("To what"), template="audit/_object.html", sort=True),
        lists.text("reason", _("Why")),
        lists.template(
            "changes", _("Before and after"), template="audit/_changes.html", value=differences
        ),
        lists.text("session", _("Sign-in"), shown=False),
        lists.text("hash", _("Hash"), max_chars=16, shown=False),
        lists.text("prev_hash", _("Previous hash"), max_chars=16, shown=False),
    ),
    filters=(
        lists.choice("person", _("Person"), choices=lambda _ask: people(), field="actor_id"),
        lists.choice("action", _("Action"), choices=lambda _ask: actions()),
        lists.choice("kind", _("Kind of thing"), choices=lambda _ask: kinds(), field="object_kind"),
        lists.dates("at", _("When")),
    ),
    search=("actor_name", "action", "object_code", "object_kind", "reason", "session"),
    default_sort="-seq",
    on_export=_note_export,
)


@require_safe
@needs(READ)
def trail(request: SignedInRequest) -> HttpResponse:
    """The whole trail, newest first, and what vouches for it."""
    rows = AuditRow.objects.visible_to(request.user)
    return lists.list_response(
        request,
        TRAIL,
        rows,
        at=timezone.now(),
        template="audit/trail.html",
        extra={"trust": trust},
    )


@require_safe
@needs(READ)
def row(request: SignedInRequest, seq: int) -> HttpResponse:
    """One row, field by field, and its place in the chain."""
    found = get_object_or_404(AuditRow.objects.visible_to(request.user), seq=seq)
    if holds_sealed(found):
        record_access(
            action="audit.read_personal", obj=found, actor=request.user, at=timezone.now()
        )
    return render_page(request, "audit/row.html", {"page": row_page(found)})


@require_safe
@needs(READ)
def about(request: SignedInRequest, kind: str, object_id: str) -> HttpResponse:
    """Everything that was ever done to one thing."""
    rows = AuditRow.objects.visible_to(request.user).about(kind, object_id)
    page = history(rows.order_by("-seq")[:SHOWN])
    if page is None:
        raise Http404
    return render_page(request, "audit/history.html", {"page": page})


@require_POST
@needs(READ)
def export(request: SignedInRequest) -> Any:
    """The whole trail with everything that is needed to check it elsewhere."""
    at = timezone.now()
    last = AuditRow.objects.visible_to(request.user).order_by("-seq").first()
    if last is not None:
        record_access(action="audit.export", obj=last, actor=request.user, at=at, reason="ZIP")
    newest = sign_all(at=at)
    if newest is None:
        return redirect("audit:trail")
    # Closed, and with that deleted, by the response when the last byte has left.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    write_export(file, newest=newest, by=request.user.name, at=at)
    file.seek(0)
    name = f"siaga-audit-trail-{at:%Y-%m-%d}-{newest.size}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
