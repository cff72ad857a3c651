"""Verbs of an overview: asked for on paper, taken away as a sheet."""

from datetime import datetime

from django.db import models

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.reports.models import ReportFile
from bcp_portal.reports.overviews.registry import Overview
from bcp_portal.reports.services.report_file import request_report

SUBJECT = "overview"


@verb
def request_overview(*, overview: Overview, language: str, actor: User, at: datetime) -> ReportFile:
    """Ask for an overview as this person may see it; nobody else reads that paper."""
    return request_report(
        kind=overview.kind,
        title=str(overview.label),
        subject_kind=SUBJECT,
        subject_id=actor.pk,
        subject_code=overview.key.upper().replace("_", "-"),
        language=language,
        actor=actor,
        at=at,
        is_private=True,
    )


@verb
def note_sheet(*, overview: Overview, rows: int, sha256: str, actor: User, at: datetime) -> None:
    """Note who took which overview away as a workbook, before they have it."""
    audit(
        action="report.sheet",
        obj=actor,
        actor=actor,
        at=at,
        after={"list": overview.key, "format": "xlsx", "rows": rows, "sha256": sha256},
    )


@verb
def note_facts(*, subject: models.Model, form: str, sha256: str, actor: User, at: datetime) -> None:
    """Note who took the facts of a report away as text, before they have them."""
    facts = {"format": form, "sha256": sha256}
    audit(action="report.facts", obj=subject, actor=actor, at=at, after=facts)
