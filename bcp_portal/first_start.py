"""What a start prepares before any program runs; a second start finds it done."""

import hashlib
import io
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connections, transaction

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.user import create_user
from bcp_portal.shared.bundles import BUNDLES
from bcp_portal.shared.errors import DomainError

Say = Callable[[str], None]


class StaticFilesError(DomainError):
    """The static files could not be gathered."""


def prepare(say: Say) -> None:
    """Bring folders, tables, roles and texts up to date."""
    for name in ("broker", "broker-control", "logs", "mail", "media"):
        (settings.DATA_DIR / name).mkdir(parents=True, exist_ok=True)
    say("Preparing the database")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=io.StringIO())
    call_command("load_courses", verbosity=0, stdout=io.StringIO())
    compile_texts()


def compile_texts() -> None:
    """Compile translations that came without their compiled half, where gettext is installed."""
    msgfmt = shutil.which("msgfmt")
    for folder in settings.LOCALE_PATHS:
        for texts in Path(folder).glob("*/LC_MESSAGES/*.po"):
            compiled = texts.with_suffix(".mo")
            if msgfmt and not compiled.exists():
                subprocess.run([msgfmt, "-o", str(compiled), str(texts)], check=True)


def static_fingerprint() -> str:
    """Sum up all static files, so that unchanged ones are not collected again."""
    digest = hashlib.sha256(repr(BUNDLES).encode())
    for finder in get_finders():
        for path, storage in finder.list(None):
            place = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{place.st_size}\0{place.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class StaticFiles:
    """Gathers and compresses the static files if any changed, beside other work: it takes long."""

    def __init__(self) -> None:
        self._mark = Path(settings.STATIC_ROOT) / ".fingerprint"
        self._now = static_fingerprint()
        self._process: subprocess.Popen[str] | None = None
        is_known = self._mark.is_file() and self._mark.read_text() == self._now
        if not settings.DEBUG and not is_known:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
                cwd=settings.BASE_DIR,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def finish(self, say: Say) -> None:
        """Wait until they are all there."""
        if self._process is None:
            return
        say("Gathering style sheets and scripts")
        words, _nothing = self._process.communicate()
        if self._process.returncode != 0:
            raise StaticFilesError(f"The static files could not be gathered: {words[-500:]}")
        self._mark.write_text(self._now)


def load_demo(sign_ins: Path, say: Say) -> None:
    """Load the demo company, all or nothing, and keep its sign-ins for the next start."""
    say("Loading the demo company")
    told = io.StringIO()
    with transaction.atomic():
        call_command("seed_demo", stdout=told)
    sign_ins.touch(mode=0o600)
    sign_ins.write_text(told.getvalue())


def create_administrator(at: datetime) -> str:
    """Make the one account of an empty portal and return its sign-in, this once."""
    password = secrets.token_urlsafe(12)
    create_user(
        username="admin",
        email="admin@localhost.localdomain",
        full_name="Administrator",
        password=password,
        roles=[Role.ADMINISTRATOR],
        actor=None,
        at=at,
    )
    return f"Sign in as admin with the password {password} (shown only now; change it)"


def is_first_start() -> bool:
    """Say whether nobody has ever signed in to this database."""
    return not User.objects.exists()


def leave_database() -> None:
    """Close our own connections: from here on the programs have theirs."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        close_pool = getattr(connection, "close_pool", None)
        if close_pool is not None:
            close_pool()
