"""Make the post-incident report of an incident as a PDF file."""

from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from bcp_portal.reports.render import RenderError
from bcp_portal.reports.services.report_file import make_paper
from incidents.models import Incident
from incidents.reports.facts import IncidentFacts, gather_incident


class Command(BaseCommand):
    """Print where the file is and its hash; what is settled gives the same bytes every time."""

    help = "Writes the post-incident report of an incident, for example: report INC-14 --out r.pdf"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which incident, where to, in which language, as of when."""
        parser.add_argument("code", help="the code of the incident, for example INC-14")
        parser.add_argument("--out", type=Path, required=True, help="the file to write")
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default=settings.LANGUAGE_CODE.split("-")[0],
        )
        parser.add_argument(
            "--as-of", default="", help="the moment that the report shows, for example on its cover"
        )

    def handle(self, *, code: str, out: Path, language: str, as_of: str, **_: Any) -> None:
        """Render, write, and say what was written."""
        incident = Incident.objects.filter(code=code.upper()).first()
        if incident is None:
            raise CommandError(f"There is no incident {code}.")
        facts = gather_incident(incident.pk, at=timezone.now())
        moment = _moment(facts, as_of)
        try:
            paper, _content = make_paper(
                kind="incident", subject_id=incident.pk, language=language, at=moment
            )
        except RenderError as error:
            raise CommandError(str(error)) from error
        try:
            out.write_bytes(paper.bytes)
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror}.") from error
        self.stdout.write(
            f"{out}: {incident.code} as of {moment.isoformat()}, {paper.pages} pages,"
            f" SHA-256 {paper.sha256}"
        )


def _moment(facts: IncidentFacts, as_of: str) -> datetime:
    """The moment asked for, that of the last change of what is settled, or now."""
    if not as_of:
        return facts.changed_at if facts.is_settled else facts.at
    try:
        moment = parse_datetime(as_of)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CommandError(f"“{as_of}” is not a moment; write for example 2026-11-22T10:00:00Z.")
    if moment < facts.changed_at:
        raise CommandError(
            f"{facts.incident.code} was changed at {facts.changed_at.isoformat()}; a report shows"
            " what is on record and cannot go back behind that."
        )
    return moment
