"""The trail as one ZIP file that can be checked without us: rows, checkpoints, keys, verifier."""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from bcp_portal.audit.models import AuditCheckpoint, AuditKey
from bcp_portal.audit.services.walk import stored_rows
from bcp_portal.audit.verifier import CHECKPOINTS, KEYS, MANIFEST, ROWS

FOLDER = "siaga-audit-trail"
VERIFIER, README = "verify.py", "README.txt"


def write_export(file: IO[bytes], *, newest: AuditCheckpoint, by: str, at: datetime) -> int:
    """Write everything up to a checkpoint, so that each row in the file is vouched for."""
    signed = AuditCheckpoint.objects.until(newest.size).order_by("size")
    digests: dict[str, str] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, chunks in (
            (ROWS, _row_lines(newest.size)),
            (CHECKPOINTS, (f"{one.note}---\n" for one in signed.iterator(2000))),
            (KEYS, (f"{one}\n" for one in AuditKey.objects.order_by("pk"))),
            (VERIFIER, [_own_file("verifier.py")]),
            (README, [_own_file("export_readme.txt")]),
        ):
            digests[name] = _write(archive, name, chunks)
        facts = {
            "portal": settings.BASE_URL,
            "exported_at": at.isoformat(),
            "exported_by": by,
            "rows": newest.size,
            "head": newest.head,
            "root": newest.root,
            "checkpoint": newest.line,
            "sha256": digests,
        }
        _write(archive, MANIFEST, [json.dumps(facts, indent=1, ensure_ascii=False) + "\n"])
    return newest.size


def export_line(row: dict[str, Any]) -> str:
    """A row as one line of JSON."""
    return json.dumps({**row, "at": row["at"].isoformat()}, ensure_ascii=False)


def _row_lines(size: int) -> Iterator[str]:
    for row in stored_rows(limit=size):
        yield export_line(row) + "\n"


def _write(archive: zipfile.ZipFile, name: str, chunks: Iterable[str]) -> str:
    digest = hashlib.sha256()
    with archive.open(f"{FOLDER}/{name}", "w", force_zip64=True) as member:
        for chunk in chunks:
            content = chunk.encode()
            digest.update(content)
            member.write(content)
    return digest.hexdigest()


def _own_file(name: str) -> str:
    return Path(str(resources.files("bcp_portal.audit") / name)).read_text(encoding="utf-8")
