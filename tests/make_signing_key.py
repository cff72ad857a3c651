"""A key and a certificate of a made-up organisation, as the PKCS#12 file that signs reports."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
COMMON_NAME = "PT Contoh Ritel"


def make_signing_key(folder: Path, *, password: str, starts_in=-DAY, ends_in=9 * DAY) -> Path:
    """Write a self-signed key; its certificate holds between two spans from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, COMMON_NAME)])
    now = datetime.now(UTC)
    # What may sign documents says so: readers of PDF ask for it.
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now + starts_in)
        .not_valid_after(now + ends_in)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "reports.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"reports", key, certificate, None, BestAvailableEncryption(password.encode())
        )
    )
    return path
