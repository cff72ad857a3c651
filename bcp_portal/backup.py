"""A backup: one archive with the database, the files, and a manifest that proves both whole."""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from bcp_portal.audit.verbs import audit, verb
from bcp_portal.engine.models import CallHold
from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.hashing import keyed_hash

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}


class BackupError(DomainError):
    """The backup cannot be written, or must not be restored here."""


@dataclass(frozen=True)
class Manifest:
    """What an archive holds: the database's kind, when it was taken, a digest of every file."""

    format: int
    made_at: str
    store: str
    key_check: str
    files: dict[str, str]

    @property
    def database(self) -> str:
        """Name of the database's file inside the archive."""
        return DATABASE[self.store]


def key_check() -> str:
    """Recognise the secret key without revealing it: tokens work only with the same key."""
    return keyed_hash("backup", "which key is this")[:16]


def write_backup(out: Path, *, at: datetime) -> Manifest:
    """Write the archive beside its name first, so that a half one never looks whole."""
    if not out.parent.is_dir():
        raise BackupError(f"There is no folder {out.parent}.")
    with tempfile.TemporaryDirectory(prefix="siaga-backup-") as folder:
        database = Path(folder) / DATABASE[connection.vendor]
        _dump(database)
        members = {database.name: database} | dict(_media())
        manifest = Manifest(
            format=FORMAT,
            made_at=at.isoformat(),
            store=connection.vendor,
            key_check=key_check(),
            files={name: _digest(path) for name, path in members.items()},
        )
        page = Path(folder) / MANIFEST
        page.write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True))
        partial = out.with_name(out.name + ".partial")
        descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
                for name, path in {MANIFEST: page, **members}.items():
                    archive.add(path, arcname=name, recursive=False)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
    note = {"made_at": manifest.made_at, "file": str(out), "sha256": _digest(out)}
    (settings.DATA_DIR / "last-backup.json").write_text(json.dumps(note))
    return manifest


def restore_backup(file: Path, *, at: datetime, replace: bool) -> Manifest:
    """Put an archive in the place of the database; it calls nobody until two people release it."""
    with tempfile.TemporaryDirectory(prefix="siaga-restore-", dir=settings.DATA_DIR) as name:
        folder = Path(name)
        manifest = unpack(file, folder)
        if manifest.store != connection.vendor:
            raise BackupError(
                f"This is a backup of {manifest.store}; the portal here runs on"
                f" {connection.vendor}. Set DATABASE_URL to match."
            )
        if not replace and not _is_empty():
            raise BackupError("The database here is not empty. Add --replace to give it up.")
        reason = f"Restored from {file.name} of {manifest.made_at}"
        _load(folder / manifest.database, reason=reason, at=at)
        _replace_media(folder / "media")
    # A backup from before an update lacks the newest tables.
    call_command("migrate", verbosity=0, interactive=False)
    _note_restored(reason=reason, at=at)
    return manifest


@verb
def _note_restored(*, reason: str, at: datetime) -> None:
    hold = CallHold.objects.filter(reason=reason).latest("pk")
    audit(action="backup.restore", obj=hold, actor=None, at=at, reason=reason)


def unpack(file: Path, folder: Path) -> Manifest:
    """Take the archive apart, and refuse it if a single byte is not as the manifest says."""
    try:
        with tarfile.open(file, "r:gz") as archive:
            manifest = Manifest(**json.load(_member(archive, MANIFEST)))
            if manifest.format != FORMAT or manifest.store not in DATABASE:
                raise BackupError("This backup was made by another version of Siaga.")
            for name, digest in manifest.files.items():
                target = folder / _safe(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with _member(archive, name) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
                if _digest(target) != digest:
                    raise BackupError(f"{name} in this backup is damaged; nothing was changed.")
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {file}.") from error
    except (tarfile.TarError, EOFError, OSError, ValueError, TypeError, KeyError) as error:
        raise BackupError(
            f"{file.name} is not a backup of Siaga, or it is damaged; nothing was changed."
        ) from error
    return manifest


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(name)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _media() -> Iterator[tuple[str, Path]]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield f"media/{path.relative_to(root).as_posix()}", path


def _replace_media(restored: Path) -> None:
    root = Path(settings.MEDIA_ROOT)
    if root.exists():
        shutil.rmtree(root)
    if restored.exists():
        shutil.move(restored, root)


def _is_empty() -> bool:
    tables = connection.introspection.table_names()
    if "accounts_user" not in tables:
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM accounts_user LIMIT 1")
        return cursor.fetchone() is None


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        with (
            closing(sqlite3.connect(connection.settings_dict["NAME"])) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return
    _client("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", str(target))


def _load(source: Path, *, reason: str, at: datetime) -> None:
    # The hold is part of the restored data from its first moment: an engine that is already
    # running must not see a due escalation of last week without it.
    if connection.vendor == "sqlite":
        _load_sqlite(source, reason=reason, at=at)
    else:
        _load_postgres(source, reason=reason, at=at)


def _load_sqlite(source: Path, *, reason: str, at: datetime) -> None:
    with closing(sqlite3.connect(source)) as copy:
        table = CallHold._meta.db_table
        insert = f'INSERT INTO "{table}" (reason, held_at) VALUES (?, ?)'
        copy.execute(insert, (reason, at.replace(tzinfo=None).isoformat(sep=" ")))
        copy.commit()
    connection.close()
    place = Path(connection.settings_dict["NAME"])
    for ending in ("-wal", "-shm"):
        place.with_name(place.name + ending).unlink(missing_ok=True)
    source.replace(place)


def _load_postgres(source: Path, *, reason: str, at: datetime) -> None:
    script = source.with_suffix(".sql")
    _client(
        "pg_restore", "--no-owner", "--no-privileges", "--file", str(script), str(source),
        connect=False,
    )  # fmt: skip
    hold = sql.SQL("INSERT INTO {} (reason, held_at) VALUES ({}, {});\n").format(
        sql.Identifier("public", CallHold._meta.db_table), sql.Literal(reason), sql.Literal(at)
    )
    with script.open("a") as file:
        file.write(hold.as_string(None))
    before = source.with_name("before.sql")
    before.write_text("DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n")
    _client(
        "psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set", "ON_ERROR_STOP=1",
        "--output", os.devnull, "--file", str(before), "--file", str(script),
    )  # fmt: skip


def _client(program: str, *arguments: str, connect: bool = True) -> None:
    if shutil.which(program) is None:
        raise BackupError(f"{program} is missing. Please run:  apt-get install postgresql-client")
    result = subprocess.run(
        [program, *arguments],
        env=os.environ | (_libpq(connection.settings_dict) if connect else {}),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise BackupError(f"{program} refused: {result.stderr.strip()[-500:]}")


def _libpq(place: dict[str, Any]) -> dict[str, str]:
    named = {
        "PGHOST": place["HOST"],
        "PGPORT": place["PORT"],
        "PGUSER": place["USER"],
        "PGPASSWORD": place["PASSWORD"],
        "PGDATABASE": place["NAME"],
        "PGSSLMODE": place["OPTIONS"].get("sslmode"),
        "PGSSLROOTCERT": place["OPTIONS"].get("sslrootcert"),
    }
    return {name: str(value) for name, value in named.items() if value}
