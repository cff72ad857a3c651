"""The auditor's pack: one ZIP file with papers, sheets, the audit trail and its verifier."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import AccessReview
from bcp_portal.accounts.selectors.training import everybody, training_matrix
from bcp_portal.audit.export import write_export
from bcp_portal.audit.models import AuditCheckpoint
from bcp_portal.reports import training
from bcp_portal.reports.evidence import paper
from bcp_portal.reports.evidence.coverage import coverage
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.reports.sheets import write_xlsx

FOLDER = "siaga-auditors-pack"


def write_pack(
    file: IO[bytes], *, newest: AuditCheckpoint | None, by: str, language: str, at: datetime
) -> int:
    """Write the pack; return how many files are in it."""
    listed: list[tuple[str, str, str]] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words, content in _parts(newest, by=by, language=language, at=at):
            archive.writestr(f"{FOLDER}/{name}", content)
            listed.append((name, words, hashlib.sha256(content).hexdigest()))
        index = render_to_string(
            "reports/platform/pack_index.html",
            {"files": listed, "states": coverage(at=at), "by": by, "at": at, "newest": newest},
        )
        archive.writestr(f"{FOLDER}/index.html", index)
    return len(listed) + 1


def _parts(
    newest: AuditCheckpoint | None, *, by: str, language: str, at: datetime
) -> Iterator[tuple[str, str, bytes]]:
    review = AccessReview.objects.order_by("-opened_at").first()
    papers = [("evidence-by-clause", _("Evidence by clause"), paper.KIND, 0)]
    papers.append(("training", _("Training"), training.KIND, 0))
    if review is not None:
        papers.append((review.code, _("Newest access review"), "access_review", review.pk))
    for name, words, kind, subject_id in papers:
        done, _digest = make_paper(kind=kind, subject_id=subject_id, language=language, at=at)
        yield f"{name}.pdf", words, done.bytes
    yield "evidence-by-clause.xlsx", _("Evidence by clause"), _sheet_of_coverage(at)
    yield "training.xlsx", _("Training"), _sheet_of_training(at)
    if newest is not None:
        trail = io.BytesIO()
        write_export(trail, newest=newest, by=by, at=at)
        words = _("The whole audit trail with its verifier")
        yield "siaga-audit-trail.zip", words, trail.getvalue()


def _sheet_of_coverage(at: datetime) -> bytes:
    file = io.BytesIO()
    write_xlsx(file, paper.heads(), paper.sheet(coverage(at=at)), title=_("Evidence by clause"))
    return file.getvalue()


def _sheet_of_training(at: datetime) -> bytes:
    file = io.BytesIO()
    rows = training.lines(training_matrix(everybody(), at=at))
    write_xlsx(file, training.heads(), rows, title=_("Training"))
    return file.getvalue()
