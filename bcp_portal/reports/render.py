"""HTML to PDF, by a process that can do nothing else; the same input gives the same bytes."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


class RenderError(OSError):
    """A document did not become paper."""


class RenderTimeoutError(RenderError):
    """The document took more time than any honest one."""


class RenderMemoryError(RenderError):
    """The document took more memory than any honest one."""


class RenderTooLargeError(RenderError):
    """What went in, or what came out, is larger than a report may be."""


class RenderFailedError(RenderError):
    """The renderer could not make sense of the document, or fell over it."""


class RendererMissingError(RenderError):
    """The renderer does not start here: most likely a native library is missing."""


@dataclass(frozen=True)
class RenderLimits:
    """What one document may use."""

    cpu_seconds: int = 60
    wall_seconds: float = 90.0
    memory_bytes: int = 1024 * 1024 * 1024
    output_bytes: int = 64 * 1024 * 1024
    file_bytes: int = 16 * 1024 * 1024
    input_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF, and how it relates to what is on the paper (PDF/A-3)."""

    name: str
    content: bytes
    description: str = ""
    relationship: str = "Data"


@dataclass(frozen=True)
class RenderedPdf:
    """A PDF and what is known about its making."""

    bytes: bytes
    sha256: str
    pages: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    refused: tuple[str, ...]
    complaints: tuple[str, ...]
    # Whose signature is under it, or why there is none though there is a key for it.
    signed_by: str = ""
    unsigned_why: str = ""


USUAL = RenderLimits()
_ERRORS: dict[str, type[RenderError]] = {
    "timeout": RenderTimeoutError,
    "memory": RenderMemoryError,
    "too_large": RenderTooLargeError,
    "failed": RenderFailedError,
    "crash": RenderFailedError,
}


def pack_document(
    html: str,
    *,
    assets: Mapping[str, bytes],
    attachments: Sequence[Attachment],
    variant: str,
    tags: bool,
    at: datetime,
    limits: RenderLimits,
) -> bytes:
    """Everything the renderer may know, as one block of bytes that depends on nothing else."""
    blobs: list[tuple[str, bytes]] = [("html", html.encode("utf-8", "replace"))]
    blobs += sorted(assets.items())
    named = [(f"attachment:{number}", one) for number, one in enumerate(attachments)]
    blobs += [(blob, one.content) for blob, one in named]
    question = {
        "limits": asdict(limits),
        "variant": variant,
        "tags": tags,
        "at": at.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat(),
        "blobs": [(name, len(content)) for name, content in blobs],
        "attachments": [
            {
                "blob": blob,
                "name": one.name,
                "description": one.description,
                "relationship": one.relationship,
            }
            for blob, one in named
        ],
    }
    content = b"".join(blob for _name, blob in blobs)
    # The file's identifier follows from its content, as everything else does.
    question["identifier"] = hashlib.sha256(content).hexdigest()[:32]
    head = json.dumps(question).encode()
    packed = len(head).to_bytes(4, "big") + head + content
    if len(packed) > limits.input_bytes:
        raise RenderTooLargeError(f"The document has {len(packed)} bytes; that is too large.")
    return packed


def unpack_reply(head: Mapping[str, Any], pdf: bytes) -> RenderedPdf:
    """The PDF, or the one exception that says what went wrong."""
    if not head.get("ok"):
        kind = _ERRORS.get(str(head.get("kind")), RenderFailedError)
        raise kind(f"The document could not be rendered: {head.get('error', 'no answer')}.")
    return RenderedPdf(
        bytes=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        pages=int(head["pages"]),
        seconds=float(head["seconds"]),
        cpu_seconds=float(head["cpu_seconds"]),
        peak_bytes=int(head["peak_kb"]) * 1024,
        refused=tuple(head["refused"]),
        complaints=tuple(head["complaints"]),
    )
