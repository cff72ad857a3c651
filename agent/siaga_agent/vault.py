"""Encryption at rest: one random data key, wrapped by a passphrase or a key file."""

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

VERSION = 1
_NONCE = 12
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}


class NoKeyError(Exception):
    """The data key cannot be had: wrong passphrase, missing or foreign key file."""


class CorruptRecordError(Exception):
    """A stored record does not decrypt: it was damaged, or moved from another place."""


@dataclass(frozen=True)
class KeySource:
    """Where the wrapping key comes from: exactly one of the two is set."""

    passphrase: str | None = None
    key_file: Path | None = None


class Vault:
    """Seals and opens records; each is bound to its name, its device and the format version."""

    def __init__(self, data_key: bytes, *, device: str) -> None:
        self._cipher = AESGCM(data_key)
        self._mark_key = hashlib.sha256(b"siaga-agent/mark\0" + data_key).digest()
        self._device = device

    def seal(self, record_id: str, plain: bytes) -> bytes:
        """Encrypt one record under its own name."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound_to(record_id))

    def open(self, record_id: str, sealed: bytes) -> bytes:
        """Decrypt a record, or say that it is not what was stored under this name."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._bound_to(record_id))
        except (InvalidTag, ValueError) as error:
            raise CorruptRecordError(record_id) from error

    def mark(self, text: str) -> bytes:
        """A keyed fingerprint: equal for equal texts, and says nothing about them."""
        return hmac.digest(self._mark_key, text.encode(), "sha256")

    def _bound_to(self, record_id: str) -> bytes:
        return f"{record_id}|{self._device}|{VERSION}".encode()


def create_vault(source: KeySource, *, device: str) -> tuple[Vault, dict[str, Any]]:
    """Make a data key and return it with the wrapped form that the configuration keeps."""
    data_key = AESGCM.generate_key(bit_length=256)
    if source.passphrase is not None:
        salt = os.urandom(16)
        wrapping = _from_passphrase(source.passphrase, salt, _SCRYPT)
        told: dict[str, Any] = {"kind": "passphrase", "salt": _b64(salt), **_SCRYPT}
    else:
        path = _needed(source.key_file)
        wrapping = _make_key_file(path)
        told = {"kind": "file", "path": str(path)}
    nonce = os.urandom(_NONCE)
    wrapped = nonce + AESGCM(wrapping).encrypt(nonce, data_key, _wrap_bound_to(device))
    return Vault(data_key, device=device), {**told, "wrapped": _b64(wrapped), "version": VERSION}


def open_vault(told: dict[str, Any], *, device: str, passphrase: str | None = None) -> Vault:
    """Unwrap the data key with the passphrase or the key file that the configuration names."""
    try:
        if told["kind"] == "passphrase":
            if passphrase is None:
                raise NoKeyError("This outbox is locked with a passphrase, and none was given.")
            wrapping = _from_passphrase(passphrase, base64.b64decode(told["salt"]), told)
        else:
            wrapping = _read_key_file(Path(told["path"]))
        wrapped = base64.b64decode(told["wrapped"])
        data_key = AESGCM(wrapping).decrypt(
            wrapped[:_NONCE], wrapped[_NONCE:], _wrap_bound_to(device)
        )
    except InvalidTag as error:
        raise NoKeyError("The passphrase or key file does not fit this outbox.") from error
    except (KeyError, TypeError, binascii.Error) as error:
        raise NoKeyError("The key section of agent.json is damaged.") from error
    return Vault(data_key, device=device)


def _from_passphrase(passphrase: str, salt: bytes, cost: dict[str, Any]) -> bytes:
    kdf = Scrypt(salt=salt, length=32, n=cost["n"], r=cost["r"], p=cost["p"])
    return kdf.derive(passphrase.encode())


def _make_key_file(path: Path) -> bytes:
    """Use the key file that is there (several devices may share a medium), or make one."""
    if path.exists():
        return _read_key_file(path)
    key = os.urandom(32)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(_b64(key) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _read_key_file(path: Path) -> bytes:
    try:
        key = base64.b64decode(path.read_text().strip(), validate=True)
    except (OSError, ValueError) as error:
        raise NoKeyError(f"The key file {path} cannot be read.") from error
    if len(key) != 32:
        raise NoKeyError(f"The key file {path} does not hold a 256-bit key.")
    return key


def _needed(path: Path | None) -> Path:
    if path is None:
        raise NoKeyError("A passphrase or a key file is needed.")
    return path


def _wrap_bound_to(device: str) -> bytes:
    return f"siaga-agent/data-key|{device}|{VERSION}".encode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
