"""What the platform's own rooms can show: the trail, access reviews, training, backups."""

import json
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.accounts.models import AccessReview, Completion
from bcp_portal.accounts.selectors.training import everybody, training_matrix
from bcp_portal.audit.models import AuditCheckpoint, AuditRow, ChainCheck
from bcp_portal.reports.evidence.registry import Evidence, register_evidence


def trail(at: datetime) -> Evidence:
    """The audit trail: how long it is, and whether it is whole."""
    last = AuditRow.objects.order_by("-seq").values_list("seq", flat=True).first()
    newest_at = AuditRow.objects.order_by("-at").values_list("at", flat=True).first()
    check = ChainCheck.objects.first()
    gaps = []
    if check is not None and check.broken_seq is not None:
        gaps.append(_("The audit trail is broken: %s") % check.problem)
    if not AuditCheckpoint.objects.exists():
        gaps.append(_("The audit trail has no signed checkpoint yet."))
    return Evidence(last or 0, newest_at, tuple(gaps))


def access_reviews(at: datetime) -> Evidence:
    """Reviews of rights that were closed, and those that are late."""
    closed = AccessReview.objects.exclude(closed_at=None).order_by("-closed_at")
    late = AccessReview.objects.open().filter(due_at__lt=at).values_list("code", flat=True)
    newest = closed.first()
    return Evidence(
        closed.count(),
        newest.closed_at if newest else None,
        tuple(_("The access review %s is overdue.") % code for code in late),
        tuple(closed.values_list("code", flat=True)[:3]),
    )


def training(at: datetime) -> Evidence:
    """What people have shown to know, and where something is missing."""
    matrix = training_matrix(everybody(), at=at)
    newest = Completion.objects.order_by("-done_at").values_list("done_at", flat=True).first()
    gaps = tuple(
        _("%(person)s: “%(course)s” is missing") % {"person": line.person, "course": cell.course}
        for line in matrix.lines
        for cell in line.cells
        if cell.is_gap
    )
    return Evidence(Completion.objects.count(), newest, gaps[:10])


def backup(at: datetime) -> Evidence:
    """The last backup of the portal itself."""
    try:
        note = json.loads((settings.DATA_DIR / "last-backup.json").read_text())
        made_at = datetime.fromisoformat(note["made_at"])
    except (OSError, ValueError, KeyError):
        return Evidence(0)
    return Evidence(1, made_at)


def register() -> None:
    """Tell the registry."""
    register_evidence(
        "trail", gettext_lazy("Audit trail"), url_name="audit:trail", gather=trail, max_age_days=7
    )
    register_evidence(
        "access_reviews",
        gettext_lazy("Access reviews"),
        url_name="accounts:reviews",
        gather=access_reviews,
        max_age_days=100,
    )
    register_evidence(
        "training", gettext_lazy("Training"), url_name="accounts:training", gather=training
    )
    register_evidence(
        "backup",
        gettext_lazy("Backup of the portal"),
        url_name="",
        gather=backup,
        max_age_days=2,
    )
