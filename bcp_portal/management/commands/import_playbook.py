"""Take in a playbook from a file: Markdown, CACAO 2.0, or JSON of ours."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from bcp_portal.accounts.models import User
from bcp_portal.shared.errors import DomainError
from incidents.playbooks.formats import read_json
from incidents.playbooks.markdown import read_markdown
from incidents.playbooks.plan import PlaybookPlan
from incidents.services.playbook import import_playbook, load_ready_playbooks

LARGEST = 2 * 1024 * 1024


class Command(BaseCommand):
    """`import_playbook FILE [--dry-run] [--publish]`, or `import_playbook --ready`."""

    help = "Import a playbook as a draft; what is not understood is listed and invents nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be typed."""
        parser.add_argument("file", nargs="?", type=Path, help="a .md or .json file")
        parser.add_argument("--dry-run", action="store_true", help="show, change nothing")
        parser.add_argument("--code", default="", help="the code of the playbook")
        parser.add_argument("--publish", action="store_true", help="publish it if it is sound")
        parser.add_argument("--ready", action="store_true", help="the plans of the portal itself")
        parser.add_argument("--actor", default="", help="user name of who imports it")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, show, and unless told otherwise keep."""
        at = timezone.now()
        actor = self._actor(options["actor"])
        if options["ready"]:
            for version in load_ready_playbooks(actor=actor, at=at):
                self.stdout.write(f"{version.code} {version.status}")
            return
        try:
            plan = self._read(options["file"], options["code"])
            self._show(plan)
            if options["dry_run"]:
                self.stdout.write("Nothing was changed.")
                return
            version = import_playbook(plan=plan, actor=actor, at=at, publish=options["publish"])
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{version.code} is a {version.get_status_display().lower()}.")

    def _read(self, path: Path | None, code: str) -> PlaybookPlan:
        if path is None:
            raise CommandError("Name a file, or say --ready.")
        try:
            if path.stat().st_size > LARGEST:
                raise CommandError(f"{path} is larger than 2 MB.")
            text = path.read_text(encoding="utf-8-sig")
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text (byte {error.start}).") from error
        if path.suffix.lower() == ".json":
            return read_json(text, source=path.name, code=code)
        return read_markdown(text, source=path.name, code=code)

    def _show(self, plan: PlaybookPlan) -> None:
        self.stdout.write(f"{plan.code} {plan.title}")
        for phase in plan.phases:
            self.stdout.write(f"  {phase.name} ({phase.kind}): {len(phase.steps)} steps")
        for phase in plan.phases:
            for step in phase.steps:
                if step.unfinished:
                    self.stdout.write(f"  unfinished: {step.text[:60]}: {step.unfinished}")

    def _actor(self, username: str) -> User | None:
        if not username:
            return None
        actor = User.objects.filter(username=username).first()
        if actor is None:
            raise CommandError(f"Nobody signs in as {username}.")
        return actor
