"""Verbs of a report on file, and the work of making it."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.selectors import newest_words
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.reports.models import (
    REPORT_LIFECYCLE,
    ReportDelivery,
    ReportFile,
    ReportState,
)
from bcp_portal.reports.paper import checkpoint_words, watermark_words
from bcp_portal.reports.registry import UnknownReportError, report_kind
from bcp_portal.reports.render import (
    Attachment,
    RenderedPdf,
    RendererMissingError,
    RenderError,
)
from bcp_portal.reports.renderer import html_to_pdf
from bcp_portal.reports.signature import sign_paper
from bcp_portal.shared.hashing import canonical_json, sha256_hex

logger = logging.getLogger(__name__)

RENDER_JOB = "report.render"
DELIVER_JOB = "report.deliver"
PAYLOAD_NAME = "report.json"


@verb
def request_report(
    *,
    kind: str,
    title: str,
    subject_kind: str,
    subject_id: int,
    subject_code: str,
    language: str,
    actor: User,
    at: datetime,
    source_version: str = "",
    is_private: bool = False,
) -> ReportFile:
    """Ask for a report of a subject as it is now; it is made in the background."""
    report_kind(kind)
    report = ReportFile.objects.create(
        kind=kind,
        title=title,
        subject_kind=subject_kind,
        subject_id=subject_id,
        subject_code=subject_code,
        source_version=source_version,
        language=language,
        as_of=at,
        requested_by=actor,
        is_private=is_private,
    )
    audit(action="report.request", obj=report, actor=actor, at=at, after={"kind": kind})
    queue_job(kind=RENDER_JOB, subject_id=report.pk, at=at)
    return report


@verb
def keep_private(*, subject_kind: str, subject_id: int, is_private: bool) -> int:
    """Let only those who asked read the reports of a subject, or everybody again."""
    papers = ReportFile.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return papers.update(is_private=is_private)


@verb
def start_report(*, report: ReportFile, at: datetime) -> ReportFile:
    """Say that somebody is making it."""
    locked = _move(report, ReportState.RENDERING)
    locked.progress = 10
    locked.save(update_fields=["status", "progress"])
    audit(action="report.start", obj=locked, actor=None, at=at)
    return locked


@verb
def finish_report(
    *,
    report: ReportFile,
    sha256: str,
    size: int,
    pages: int,
    content_sha256: str,
    path: str,
    at: datetime,
    signed_by: str = "",
    unsigned_why: str = "",
) -> ReportFile:
    """Put the paper on file with its hash; from here on it never changes."""
    locked = _move(report, ReportState.READY)
    locked.progress, locked.generated_at, locked.path = 100, at, path
    locked.sha256, locked.content_json_sha256 = sha256, content_sha256
    locked.size, locked.pages, locked.error = size, pages, ""
    locked.signed_by, locked.unsigned_why = signed_by, unsigned_why
    locked.save()
    audit(
        action="report.finish",
        obj=locked,
        actor=None,
        at=at,
        after={
            "sha256": sha256,
            "content_sha256": content_sha256,
            "pages": pages,
            "signed_by": signed_by,
        },
    )
    for waiting in ReportDelivery.objects.awaiting(locked).values_list("pk", flat=True):
        queue_job(kind=DELIVER_JOB, subject_id=waiting, at=at)
    return locked


@verb
def fail_report(*, report: ReportFile, error: str, at: datetime) -> ReportFile:
    """Say that there will be no paper, and why."""
    locked = _move(report, ReportState.FAILED)
    locked.error = error[:2000]
    locked.save(update_fields=["status", "error"])
    ReportDelivery.objects.awaiting(locked).update(last_words=locked.error[:300])
    audit(action="report.fail", obj=locked, actor=None, at=at, after={"error": locked.error})
    return locked


@verb
def note_download(*, report: ReportFile, actor: User, at: datetime) -> None:
    """Note that somebody took the paper away."""
    audit(action="report.download", obj=report, actor=actor, at=at, after={"sha256": report.sha256})


def render_report(*, subject_id: int, at: datetime, again: bool = False) -> None:
    """Make the paper of a report; may run twice, the first that finishes counts.

    A document that cannot be rendered will not become better by trying: it fails at once. A
    renderer that is missing may be back soon: that is raised, and tried again.
    """
    report = ReportFile.objects.select_related("requested_by").filter(pk=subject_id).first()
    if report is None or report.is_final:
        return
    if again:
        logger.info("Report %s was begun before; it is made again", report.code)
    start_report(report=report, at=at)
    try:
        paper, content_sha256 = make_paper(
            kind=report.kind,
            subject_id=report.subject_id,
            language=report.language,
            at=report.as_of,
            zone=report.requested_by.zone() if report.requested_by else None,
            made_for=_made_for(report),
        )
    except RendererMissingError:
        raise
    except (RenderError, UnknownReportError) as error:
        fail_report(report=report, error=str(error), at=at)
        return
    path = _keep(report, paper)
    finish_report(
        report=report,
        sha256=paper.sha256,
        size=len(paper.bytes),
        pages=paper.pages,
        content_sha256=content_sha256,
        path=path,
        at=at,
        signed_by=paper.signed_by,
        unsigned_why=paper.unsigned_why,
    )


@verb
def give_up_report(*, subject_id: int, error: str, at: datetime) -> None:
    """Say that every try has failed."""
    report = ReportFile.objects.filter(pk=subject_id).first()
    if report is not None and not report.is_final:
        fail_report(report=report, error=error, at=at)


def _made_for(report: ReportFile) -> str:
    """Whose name stands on every page: of what is sensitive, and of what only named people see."""
    is_marked = report.is_private or report_kind(report.kind).is_sensitive
    return report.requested_by.name if is_marked and report.requested_by else ""


def make_paper(
    *,
    kind: str,
    subject_id: int,
    language: str,
    at: datetime,
    zone: ZoneInfo | None = None,
    made_for: str = "",
) -> tuple[RenderedPdf, str]:
    """Build, render and sign a report without filing it; return it and its content's hash."""
    with translation.override(language), timezone.override(zone):
        token = checkpoint_words.set(newest_words(at))
        mark = watermark_words.set(_watermark(made_for, at) if made_for else "")
        try:
            built = report_kind(kind).build(subject_id=subject_id, language=language, at=at)
        finally:
            checkpoint_words.reset(token)
            watermark_words.reset(mark)
    payload = canonical_json(built.payload)
    paper = html_to_pdf(
        built.html,
        assets=built.assets,
        attachments=[
            Attachment(PAYLOAD_NAME, payload, "The facts of this report as JSON", "Source"),
            *(
                Attachment(name, content, "Rows of this report as CSV", "Data")
                for name, content in built.sheets.items()
            ),
        ],
        variant="pdf/a-3b",
        at=at,
    )
    if paper.refused:
        # Only our own templates get here: an address that was refused is a mistake in one of them.
        logger.warning("Report %s %s asked for %s", kind, subject_id, ", ".join(paper.refused))
    with translation.override(language), timezone.override(zone):
        return sign_paper(paper), sha256_hex(payload)


def _watermark(name: str, at: datetime) -> str:
    moment = date_format(timezone.localtime(at), "j M Y H:i T")
    return _("Confidential – made for %(name)s, %(moment)s") % {"name": name, "moment": moment}


def _move(report: ReportFile, to: ReportState) -> ReportFile:
    # Locked before the check: of two workers that made the same report, one wins.
    locked = ReportFile.objects.select_for_update().get(pk=report.pk)
    REPORT_LIFECYCLE.check(ReportState(locked.status), to)
    locked.status = to
    return locked


def _keep(report: ReportFile, paper: RenderedPdf) -> str:
    # The hash in the name: a second worker writes the same bytes to the same place, or others
    # to another, and the row names the one that counts.
    path = f"reports/{report.as_of:%Y/%m}/{report.uid.hex}-{paper.sha256[:16]}.pdf"
    if default_storage.exists(path):
        default_storage.delete(path)
    return default_storage.save(path, ContentFile(paper.bytes))


def no_such_file_words() -> str:
    """What a person reads when the file of a report is gone."""
    return _("The file of this report is missing from the store; ask for the report again.")
