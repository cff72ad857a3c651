"""The restore drill: the newest backup put back into quarantine, checked, timed, and filed.

Nothing of the portal is touched. The quarantine is a data folder (and on PostgreSQL a database) of
its own, filled by the very command that a real restore uses, checked, and taken away again.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from psycopg import sql

from assets.models import Achievement, AchievementSource, Asset, AssetKind, Measure
from assets.services.achievement import record_achievement
from assets.services.asset import add_asset
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.backup import BackupError, unpack, write_backup

PORTAL = "SIAGA"
_HOLDS = """
from bcp_portal.engine.models import CallHold
print(CallHold.objects.in_force().count())
"""


@dataclass(frozen=True)
class Proof:
    """What one drill has shown: how long it took, and what would have been lost."""

    backup: Path
    made_at: datetime
    rto: timedelta
    rpo: timedelta
    files: int
    trail: str


def hold_drill(*, at: datetime, file: Path | None = None) -> Proof:
    """Restore into quarantine and check it there; every refusal says what did not hold."""
    backup = file or _newest_backup() or _fresh_backup(at)
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="siaga-drill-") as name:
        folder = Path(name)
        manifest = unpack(backup, folder / "look")
        shutil.rmtree(folder / "look")
        with _quarantine(folder) as environment:
            _manage(environment, "restore", str(backup))
            trail = _manage(environment, "verify_audit").splitlines()[0]
            held = _manage(environment, "shell", "--no-imports", "--command", _HOLDS)
        if held.strip() == "0":
            raise BackupError("The restored copy would have called people; it must hold its calls.")
    made_at = datetime.fromisoformat(manifest.made_at)
    return Proof(
        backup=backup,
        made_at=made_at,
        rto=timedelta(seconds=round(monotonic() - began, 1)),
        rpo=max(at - made_at, timedelta()),
        files=len(manifest.files),
        trail=trail,
    )


@verb
def file_drill(*, proof: Proof, code: str = PORTAL, at: datetime) -> list[Achievement]:
    """Put what was shown into the ledger of the portal's own asset, as for any other."""
    asset = Asset.objects.filter(code=code).first()
    if asset is None:
        facts = {"name": "Siaga", "kind": AssetKind.APPLICATION}
        asset = add_asset(code=code, facts=facts, actor=None, at=at)
    filed = [
        record_achievement(
            asset=asset,
            measure=measure,
            source_kind=AchievementSource.RESTORE_TEST,
            source_code=f"DRILL-{at:%Y%m%d-%H%M%S}",
            achieved=span,
            happened_at=at,
            actor=None,
            at=at,
        )
        for measure, span in ((Measure.RTO, proof.rto), (Measure.RPO, proof.rpo))
    ]
    after = {
        "backup": proof.backup.name,
        "rto_s": proof.rto.total_seconds(),
        "rpo_s": proof.rpo.total_seconds(),
        "trail": proof.trail,
    }
    audit(action="backup.drill", obj=asset, actor=None, at=at, after=after)
    return filed


def _newest_backup() -> Path | None:
    """The backup that a real loss would have to be answered with."""
    try:
        note = json.loads((settings.DATA_DIR / "last-backup.json").read_text())
        place = Path(note["file"])
    except (OSError, ValueError, KeyError):
        return None
    return place if place.is_file() else None


def _fresh_backup(at: datetime) -> Path:
    folder = settings.DATA_DIR / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    place = folder / f"siaga-{at:%Y%m%d-%H%M%S}.tar.gz"
    write_backup(place, at=at)
    return Path(place)


@contextmanager
def _quarantine(folder: Path) -> Iterator[dict[str, str]]:
    """An environment in which nothing of the portal is within reach."""
    home = folder / "quarantine"
    home.mkdir(mode=0o700)
    environment = os.environ | {
        "SIAGA_DATA_DIR": str(home),
        "SIAGA_SECRET_KEY": settings.SECRET_KEY,
        "REDIS_URL": "",
        "SIAGA_EMAIL_URL": "",
    }
    if not settings.DATABASE_URL:
        yield environment | {"DATABASE_URL": ""}
        return
    name = f"siaga_drill_{secrets.token_hex(4)}"
    place = sql.Identifier(name)
    try:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True) as link:
            link.execute(sql.SQL("CREATE DATABASE {}").format(place))
    except psycopg.errors.InsufficientPrivilege as error:
        raise BackupError(
            "The database user may not create the quarantine: ALTER ROLE … CREATEDB."
        ) from error
    try:
        parts = urlsplit(settings.DATABASE_URL)
        yield environment | {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
    finally:
        with psycopg.connect(settings.DATABASE_URL, autocommit=True) as link:
            link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(place))


def _manage(environment: dict[str, str], *words: str) -> str:
    result = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *words],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise BackupError(f"{words[0]} in quarantine refused: {result.stderr.strip()[-500:]}")
    return result.stdout
