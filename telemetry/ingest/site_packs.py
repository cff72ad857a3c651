"""The site's pack at the device's door: the edition in force out, what was ticked on it in."""

import gzip
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from telemetry.ingest.decode import UnreadableBatchError
from telemetry.models import Device, PackMarkKind, SitePack
from telemetry.services.site_pack import ToldMark, note_copy, take_marks

MOST_MARKS = 200
_BIGGEST = 2**53
Span = Annotated[int, Meta(ge=-_BIGGEST, le=_BIGGEST)]


class MarkIn(Struct, forbid_unknown_fields=True):
    """One mark as it comes over the wire."""

    op_id: UUID
    kind: Literal["tick", "untick", "note"]
    at: Annotated[datetime, Meta(tz=True)]
    item: Annotated[str, Meta(max_length=60)] = ""
    digest: Annotated[str, Meta(max_length=64)] = ""
    offset_ms: Span | None = None
    uncertainty_ms: Annotated[int, Meta(ge=0, le=_BIGGEST)] | None = None
    who: Annotated[str, Meta(max_length=80)] = ""
    words: Annotated[str, Meta(max_length=500)] = ""


class MarksIn(Struct, forbid_unknown_fields=True):
    """A batch of marks, still to be looked at one by one."""

    marks: Annotated[list[Raw], Meta(max_length=MOST_MARKS)]


def pack_for(device_id: int, held: str, number: int) -> tuple[str, dict[str, Any] | None]:
    """The digest of the edition in force, and the edition unless the device holds it already.

    Whoever asks says what it holds, verified and on its disk; that is how we know.
    """
    device = Device.objects.get(pk=device_id)
    if held or number:
        note_copy(device=device, number=number, digest=held, at=datetime.now(UTC))
    pack = SitePack.objects.current().filter(site=device.site_id)
    known = pack.values_list("digest", flat=True).first()
    if known is None or known == held:
        return known or "", None
    row = pack.get()
    return row.digest, {"envelope": row.envelope, "html": gzip.decompress(row.html).decode()}


def marks_from(device_id: int, body: bytes) -> dict[str, Any]:
    """Take a batch of marks in; a bad one is answered alone, and never spoils its neighbours."""
    try:
        told = msgspec.json.decode(body, type=MarksIn)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableBatchError(400, f"The marks cannot be read: {error}") from error
    good: list[ToldMark] = []
    refused: dict[str, str] = {}
    for place, raw in enumerate(told.marks):
        try:
            good.append(_read(msgspec.json.decode(raw, type=MarkIn)))
        except msgspec.DecodeError as error:
            refused[_name(raw, place)] = str(error)[:300]
    device = Device.objects.select_related("site").get(pk=device_id)
    bad = take_marks(device=device, told=good, at=datetime.now(UTC))
    refused |= {str(op_id): why for op_id, why in bad.items()}
    taken = [str(mark.op_id) for mark in good if mark.op_id not in bad]
    return {"taken": taken, "refused": refused}


def _name(raw: Raw, place: int) -> str:
    try:
        return str(msgspec.json.decode(raw, type=dict[str, Any])["op_id"])[:60]
    except (msgspec.DecodeError, KeyError):
        return f"#{place}"


def _read(told: MarkIn) -> ToldMark:
    if told.kind == "note" and not _clean(told.words):
        raise msgspec.ValidationError("A note needs words.")
    return ToldMark(
        op_id=told.op_id,
        kind=PackMarkKind(told.kind),
        item=_clean(told.item),
        digest=_clean(told.digest),
        said_at=told.at.astimezone(UTC),
        offset_ms=told.offset_ms,
        uncertainty_ms=told.uncertainty_ms,
        who=_clean(told.who),
        words=_clean(told.words),
    )


def _clean(text: str) -> str:
    """Without what no database and no page can hold."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t").strip()
