"""The private half of the key that signs checkpoints: a file that only the portal can read."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from bcp_portal.audit.verifier import Key, note_body


@dataclass(frozen=True)
class Signer:
    """A key pair with the name under which it signs."""

    name: str
    seed: bytes

    @property
    def key(self) -> Key:
        """The public half."""
        return Key(self.name, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def signature_line(self, body: str) -> str:
        """The line of a signed note that holds this signer's signature."""
        told = self.key.id + self._private.sign(body.encode())
        return f"— {self.name} {base64.b64encode(told).decode()}\n"


def signed_note(size: int, root: bytes, signers: list[Signer]) -> str:
    """A checkpoint of the trail in signed-note form; all signers speak under one name."""
    body = note_body(signers[0].name, size, root)
    return f"{body}\n" + "".join(signer.signature_line(body) for signer in signers)


def new_signer() -> Signer:
    """Make a key pair, named after the address of this portal."""
    name = f"{urlsplit(settings.BASE_URL).netloc or 'siaga'}/audit".replace("+", "-")
    return Signer(name, Ed25519PrivateKey.generate().private_bytes_raw())


def places() -> tuple[Path, Path]:
    """Where the key lies, and where a new one lies until the change to it is committed."""
    place: Path = settings.AUDIT_KEY_FILE
    return place, place.with_name(place.name + ".new")


def stored_signers() -> list[Signer]:
    """The key pairs that lie here."""
    return [_read(place) for place in places() if place.is_file()]


def store_signer(signer: Signer, place: Path) -> bool:
    """Write a key pair that only we can read; False if somebody else was first."""
    text = json.dumps({"name": signer.name, "seed": base64.b64encode(signer.seed).decode()})
    try:
        descriptor = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return True


def _read(place: Path) -> Signer:
    facts = json.loads(place.read_text())
    return Signer(facts["name"], base64.b64decode(facts["seed"]))
