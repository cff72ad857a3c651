"""The auditor's pack: one ZIP file with papers, sheets, the audit trail and its verifier."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import AccessReview, User
from bcp_portal.audit.export import write_export
from bcp_portal.audit.models import AuditCheckpoint
from bcp_portal.reports.evidence import paper
from bcp_portal.reports.evidence.coverage import coverage
from bcp_portal.reports.overviews.registry import overviews_for
from bcp_portal.reports.overviews.sheet import write_overview
from bcp_portal.reports.services.report_file import make_paper
from bcp_portal.reports.sheets import write_xlsx
from bcp_portal.shared.lists.labels import Label

FOLDER = "siaga-auditors-pack"
PackFile = tuple[str, str, bytes]
# (name of the file, its label, kind of report, number of its subject)
PackPaper = tuple[str, Label, str, int]
PaperSource = Callable[[User, datetime], list[PackPaper]]
_sources: list[PaperSource] = []


def register_pack_papers(source: PaperSource) -> None:
    """Have more papers in the pack: those that a person may read, as of a moment."""
    if source not in _sources:
        _sources.append(source)


@dataclass(frozen=True)
class _Ask:
    """For whom, in which language, as of when."""

    person: User
    language: str
    at: datetime


def write_pack(
    file: IO[bytes],
    *,
    newest: AuditCheckpoint | None,
    person: User,
    language: str,
    at: datetime,
    tell: Callable[[int], None] = lambda percent: None,
) -> int:
    """Write the pack, telling how far it is; return how many files are in it."""
    ask = _Ask(person, language, at)
    listed: list[tuple[str, str, str]] = []
    most = 2 * len(overviews_for(person)) + len(_papers(ask)) + 3
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words, content in _files(ask, newest):
            archive.writestr(f"{FOLDER}/{name}", content)
            listed.append((name, words, hashlib.sha256(content).hexdigest()))
            tell(min(95, 10 + 85 * len(listed) // most))
        index = render_to_string(
            "reports/platform/pack_index.html",
            {
                "files": listed,
                "states": coverage(at=at),
                "by": person.name,
                "at": at,
                "newest": newest,
            },
        )
        archive.writestr(f"{FOLDER}/index.html", index)
    return len(listed) + 1


def _files(ask: _Ask, newest: AuditCheckpoint | None) -> Iterator[PackFile]:
    for name, words, kind, subject_id in _papers(ask):
        yield f"{name}.pdf", str(words), _paper(ask, kind, subject_id)
    yield "evidence-by-clause.xlsx", _("Evidence by clause"), _sheet_of_coverage(ask.at)
    for overview in overviews_for(ask.person):
        name = overview.key.replace("_", "-")
        yield f"{name}.pdf", str(overview.label), _paper(ask, overview.kind, ask.person.pk)
        sheet = io.BytesIO()
        picture = overview.gather(ask.person, ask.at)
        write_overview(sheet, overview, picture, by=ask.person.name, at=ask.at)
        yield f"{name}.xlsx", str(overview.label), sheet.getvalue()
    if newest is not None:
        trail = io.BytesIO()
        write_export(trail, newest=newest, by=ask.person.name, at=ask.at)
        words = _("The whole audit trail with its verifier")
        yield "siaga-audit-trail.zip", words, trail.getvalue()


def _papers(ask: _Ask) -> list[PackPaper]:
    found: list[PackPaper] = [("evidence-by-clause", _("Evidence by clause"), paper.KIND, 0)]
    reviews = AccessReview.objects.wholly_visible_to(ask.person)
    review = reviews.order_by("-opened_at").first()
    if review is not None:
        found.append((review.code, _("Newest access review"), "access_review", review.pk))
    return [*found, *(one for source in _sources for one in source(ask.person, ask.at))]


def _paper(ask: _Ask, kind: str, subject_id: int) -> bytes:
    done, _digest = make_paper(
        kind=kind,
        subject_id=subject_id,
        language=ask.language,
        at=ask.at,
        zone=ask.person.zone(),
        made_for=ask.person.name,
    )
    return done.bytes


def _sheet_of_coverage(at: datetime) -> bytes:
    file = io.BytesIO()
    write_xlsx(file, paper.heads(), paper.sheet(coverage(at=at)), title=_("Evidence by clause"))
    return file.getvalue()
