"""The trail as a list that auditors filter and take away."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from bcp_portal.audit.models import AuditRow
from bcp_portal.audit.verbs import record_access
from bcp_portal.shared import lists
from bcp_portal.shared.pages import SignedInRequest, needs


def _changes(row: AuditRow) -> list[tuple[str, Any, Any]]:
    names = sorted({*row.before, *row.after})
    return [(name, row.before.get(name), row.after.get(name)) for name in names]


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
    columns=(
        lists.number("seq", _("No."), sort=True, fixed=True),
        lists.when("at", _("When"), sort=True),
        lists.text("actor_name", _("Who"), sort=True),
        lists.text("action", _("What"), sort=True),
        lists.text("object_code", _("To what"), sort=True),
        lists.text("reason", _("Why")),
        lists.template(
            "changes", _("Before and after"), template="audit/_changes.html", value=_changes
        ),
        lists.text("session", _("Sign-in"), shown=False),
        lists.text("hash", _("Hash"), max_chars=16, shown=False),
        lists.text("prev_hash", _("Previous hash"), max_chars=16, shown=False),
    ),
    filters=(lists.dates("at", _("When")),),
    search=("actor_name", "action", "object_code", "object_kind", "reason"),
    default_sort="-seq",
    on_export=_note_export,
)


@require_safe
@needs("audit.view_auditrow")
def trail(request: SignedInRequest) -> HttpResponse:
    """The whole trail, newest first."""
    rows = AuditRow.objects.visible_to(request.user)
    return lists.list_response(request, TRAIL, rows, at=timezone.now())
