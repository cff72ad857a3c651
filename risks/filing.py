"""Which files may stand beside a risk, told by what they are and not by what they are called.

No database, no clock.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

MOST_BYTES = 8 * 1024 * 1024
LONGEST_NAME = 160
TEXT = "text/plain"
OFFICE = "application/vnd.openxmlformats-officedocument"
# Ending -> the kind it is handed out as, and how such a file begins; text has no beginning.
ALLOWED: dict[str, tuple[str, bytes]] = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    "docx": (f"{OFFICE}.wordprocessingml.document", b"PK\x03\x04"),
    "xlsx": (f"{OFFICE}.spreadsheetml.sheet", b"PK\x03\x04"),
    "pptx": (f"{OFFICE}.presentationml.presentation", b"PK\x03\x04"),
    "odt": ("application/vnd.oasis.opendocument.text", b"PK\x03\x04"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", b"PK\x03\x04"),
    "txt": (TEXT, b""),
    "md": (TEXT, b""),
    "log": (TEXT, b""),
    "csv": ("text/csv", b""),
    "json": ("application/json", b""),
    "eml": ("message/rfc822", b""),
}


class ForbiddenFileError(ValueError):
    """The file may not stand beside a risk."""


@dataclass(frozen=True)
class CheckedFile:
    """A file that may stay: the name and kind under which it is handed out."""

    name: str
    kind: str


def check_file(name: str, content: bytes) -> CheckedFile:
    """Let a file in, or say why not."""
    name = _plain_name(name)
    ending = name.rpartition(".")[2].lower()
    if ending not in ALLOWED:
        allowed = ", ".join(sorted(ALLOWED))
        raise ForbiddenFileError(
            _("“%(name)s” is of a kind that cannot be kept here. Allowed: %(allowed)s.")
            % {"name": name, "allowed": allowed}
        )
    if not content:
        raise ForbiddenFileError(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise ForbiddenFileError(_("The file is larger than 8 MB."))
    kind, beginning = ALLOWED[ending]
    if not content.startswith(beginning) or (not beginning and b"\x00" in content[:65_536]):
        raise ForbiddenFileError(
            _("“%(name)s” is not what its ending says it is.") % {"name": name}
        )
    return CheckedFile(name, kind)


def _plain_name(name: str) -> str:
    """The name without folders and without signs that a header or a shell would trip over."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last)
    stem, dot, ending = kept.strip(" .").rpartition(".")
    if not dot:
        return kept[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
