"""The organisation's digital signature under a report, where it has given the portal a key.

The signature is an increment (PAdES, ISO 32000-2 chapter 12.8): what the renderer made stays in the
file byte by byte, and whatever is changed later breaks it for every reader of PDF.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from bcp_portal.reports.render import RenderedPdf

if TYPE_CHECKING:
    from pyhanko.sign.signers import SimpleSigner

FIELD = "Siaga"


class SigningKeyError(Exception):
    """There is a key, and it cannot sign: the message says why."""


@dataclass(frozen=True)
class SigningKey:
    """A key that can sign now, whose it is, and until when its certificate holds."""

    signer: "SimpleSigner"
    name: str
    ends_at: datetime


def signing_key(*, at: datetime) -> SigningKey | None:
    """Read the key that the settings name; None where they name none.

    Read anew for each paper: a key that was exchanged counts at once.
    """
    if not settings.REPORT_KEY:
        return None
    # Only who signs pays for the import.
    from pyhanko.sign.signers import SimpleSigner  # noqa: PLC0415

    signer = SimpleSigner.load_pkcs12(  # type: ignore[no-untyped-call]
        settings.REPORT_KEY, passphrase=_password()
    )
    if signer is None or signer.signing_cert is None:
        raise SigningKeyError(
            _("The signing key %s cannot be read; is it a PKCS#12 file, and the password right?")
            % settings.REPORT_KEY
        )
    certificate = signer.signing_cert
    begins_at, ends_at = certificate.not_valid_before, certificate.not_valid_after
    if not begins_at <= at <= ends_at:
        raise SigningKeyError(
            _("The certificate of the signing key holds from %(begin)s to %(end)s only.")
            % {"begin": _day(begins_at), "end": _day(ends_at)}
        )
    return SigningKey(signer, str(signer.subject_name)[:200], ends_at)


def sign_paper(paper: RenderedPdf) -> RenderedPdf:
    """The paper with the signature under it, as it is without a key, or with why it has none.

    A report is evidence without a signature, too: a key that fails withholds no paper.
    """
    try:
        key = signing_key(at=timezone.now())
    except SigningKeyError as error:
        return replace(paper, unsigned_why=str(error)[:300])
    if key is None:
        return paper
    signed = _signed(paper.bytes, key)
    return replace(
        paper, bytes=signed, sha256=hashlib.sha256(signed).hexdigest(), signed_by=key.name
    )


def _signed(pdf: bytes, key: SigningKey) -> bytes:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415
    from pyhanko.sign import fields, signers  # noqa: PLC0415

    about = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        reason=_("Made by the portal of %s") % settings.ORGANISATION,
        subfilter=fields.SigSeedSubFilter.PADES,
    )
    out = BytesIO()
    signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), about, signer=key.signer, output=out)
    return out.getvalue()


def _password() -> bytes | None:
    if not settings.REPORT_KEY_PASSWORD_FILE:
        return None
    try:
        return Path(settings.REPORT_KEY_PASSWORD_FILE).read_bytes().strip()
    except OSError as error:
        raise SigningKeyError(
            _("The password of the signing key cannot be read: %s") % error.strerror
        ) from error


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y")
