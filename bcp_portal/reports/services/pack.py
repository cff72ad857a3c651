"""Verbs of the auditor's pack: asked for with one click, made in the background, filed."""

import hashlib
import tempfile
from datetime import datetime
from typing import IO

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.services.checkpoint import sign_all
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.services.job import queue_job
from bcp_portal.reports.evidence.pack import write_pack
from bcp_portal.reports.models import PACK, ReportFile
from bcp_portal.reports.render import RendererMissingError, RenderError
from bcp_portal.reports.services.report_file import fail_report, finish_report, start_report

PACK_JOB = "report.pack"
READ = "audit.view_auditrow"


@verb
def request_pack(*, language: str, actor: User, at: datetime) -> ReportFile:
    """Ask for everything an auditor leaves with; only whoever asked reads it."""
    report = ReportFile.objects.create(
        kind=PACK,
        title=_("Auditor's pack"),
        subject_kind=PACK,
        subject_id=actor.pk,
        subject_code=f"{at:%Y-%m-%d}",
        language=language,
        as_of=at,
        requested_by=actor,
        is_private=True,
    )
    audit(action="evidence.pack", obj=report, actor=actor, at=at, after={"format": "zip"})
    queue_job(kind=PACK_JOB, subject_id=report.pk, at=at)
    return report


@verb
def note_progress(*, report: ReportFile, percent: int) -> None:
    """Say how far it is."""
    ReportFile.objects.filter(pk=report.pk).update(progress=percent)


def make_pack(*, subject_id: int, at: datetime, again: bool = False) -> None:
    """Make a pack; may run twice, the first that finishes counts."""
    report = ReportFile.objects.select_related("requested_by").filter(pk=subject_id).first()
    if report is None or report.is_final or report.requested_by is None:
        return
    person = report.requested_by
    start_report(report=report, at=at)
    if not person.is_active or not person.has_perm(READ):
        words = _("%s may not read this report any more.") % person.name
        fail_report(report=report, error=words, at=at)
        return
    newest = sign_all(at=at)
    with (
        tempfile.TemporaryFile() as file,
        translation.override(report.language),
        timezone.override(person.zone()),
    ):
        try:
            files = write_pack(
                file,
                newest=newest,
                person=person,
                language=report.language,
                at=report.as_of,
                tell=lambda percent: note_progress(report=report, percent=percent),
            )
        except RendererMissingError:
            raise
        except RenderError as error:
            fail_report(report=report, error=str(error), at=at)
            return
        _file(report, file, files, at)


def _file(report: ReportFile, file: IO[bytes], files: int, at: datetime) -> None:
    size = file.tell()
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # readable
    file.seek(0)
    path = f"reports/{report.as_of:%Y/%m}/{report.uid.hex}-{sha256[:16]}.zip"
    path = default_storage.save(path, File(file))
    finish_report(
        report=report,
        sha256=sha256,
        size=size,
        pages=files,
        content_sha256="",
        path=path,
        at=at,
    )
