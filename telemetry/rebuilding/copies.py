"""Reading a site's copy: a JSON object a line, with the moment and hash of each record."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from bcp_portal.shared.errors import DomainError
from telemetry.models import Stream, SyncSession
from telemetry.models.rebuild import CopyMatch

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 200_000
_HASH = frozenset("0123456789abcdef")


class CopyUnreadableError(DomainError):
    """The file is not a copy as sites write it."""


@dataclass(frozen=True)
class Copy:
    """What a file says of itself."""

    first_at: datetime
    last_at: datetime
    rows: int
    digest: str
    sha256: str


def read_copy(content: bytes) -> Copy:
    """Read and sum up a file; a single bad line refuses all of it, with its number."""
    if not content.strip() or len(content) > MAX_BYTES:
        raise CopyUnreadableError(_("The file is empty or larger than 20 MiB."))
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise CopyUnreadableError(_("The file is not text in UTF-8.")) from None
    rows = list(_rows(text))
    if len(rows) > MAX_ROWS:
        raise CopyUnreadableError(_("A copy has at most 200,000 records; split it by day."))
    hashes = [found for _at, found in rows]
    if len(set(hashes)) < len(hashes):
        raise CopyUnreadableError(_("The same record stands in the file twice."))
    moments = [at for at, _found in rows]
    return Copy(
        min(moments), max(moments), len(rows), digest_of(hashes), sha256(content).hexdigest()
    )


def digest_of(hashes: list[str]) -> str:
    """sha256-sorted of the contract: independent of the order of the records."""
    return sha256("\n".join(sorted(hashes)).encode()).hexdigest()


def compare(copy: Copy, told: Mapping[str, Any]) -> CopyMatch:
    """Hold a copy against the digest that was told before the loss."""
    if told.get("alg") != "sha256-sorted" or not told.get("value"):
        return CopyMatch.UNPROVEN
    agrees = told["value"] == copy.digest and told.get("rows", copy.rows) == copy.rows
    return CopyMatch.AGREES if agrees else CopyMatch.DIFFERS


def newest_digest(stream: Stream, *, scope: str, until: datetime) -> dict[str, Any]:
    """What the site told last of this scope, at or before the loss; empty: it told nothing."""
    told = (
        SyncSession.objects.filter(
            device__site=stream.site_id,
            stream_name=stream.name,
            started_at__lte=until,
            digest_after__scope=scope,
        )
        .order_by("-started_at")
        .values_list("digest_after", "started_at")
        .first()
    )
    return {} if told is None else {**told[0], "told_at": told[1].isoformat()}


def _rows(text: str) -> Iterator[tuple[datetime, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            at, found = parse_datetime(told["at"]), str(told["hash"])
        except (ValueError, KeyError, TypeError, RecursionError):
            at, found = None, ""
        if at is None or at.tzinfo is None or len(found) != 64 or not _HASH.issuperset(found):
            raise CopyUnreadableError(
                _("Line %(number)d is not a record with “at” (with its zone) and “hash” (SHA-256).")
                % {"number": number}
            )
        yield at, found
