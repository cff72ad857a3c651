"""The centre's backup: an encrypted copy of its database that was read back, and can be lost."""

import os
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from siaga_agent.clock import iso
from siaga_agent.store import Json

EVERY_S = 300.0
_NONCE = 12


class Safe:
    """Copies the centre's database, seals the copy, and opens it again to see that it is whole.

    The folder stands for the disk that somebody carries away.
    """

    def __init__(self, centre: Path, folder: Path) -> None:
        self._source, self._folder = centre / "central.db", folder
        folder.mkdir(parents=True, exist_ok=True)
        self._copy, self._key = folder / "central.backup", folder / "key"
        self._lock = threading.Lock()
        self._is_lost = False

    def set_lost(self, *, lost: bool) -> None:
        """Lose the newest backup and make no other, or make one again at once."""
        with self._lock:
            self._is_lost = lost
            if lost:
                self._copy.unlink(missing_ok=True)
            elif not self._copy.exists():
                self._make()

    def renew(self) -> None:
        """Make a new one, unless backups are lost at the moment."""
        with self._lock:
            if not self._is_lost:
                self._make()

    def told(self) -> Json:
        """The backup as the contract describes it."""
        try:
            status = self._copy.stat()
        except FileNotFoundError:
            return {"target": "none"}
        made_at = iso(datetime.fromtimestamp(status.st_mtime, UTC))
        return {
            "last_ok_at": made_at,
            "verified_at": made_at,
            "bytes": status.st_size,
            "target": "external_media",
            "encrypted": True,
        }

    def _make(self) -> None:
        """A copy that cannot be opened again never takes the place of one that can."""
        with (
            closing(sqlite3.connect(self._source, timeout=30)) as source,
            closing(sqlite3.connect(":memory:")) as copy,
        ):
            source.backup(copy)
            plain = copy.serialize()
        seal, nonce = AESGCM(self._open_key()), os.urandom(_NONCE)
        draft = self._copy.with_suffix(".new")
        draft.write_bytes(nonce + seal.encrypt(nonce, plain, None))
        stored = draft.read_bytes()
        read = seal.decrypt(stored[:_NONCE], stored[_NONCE:], None)
        if sha256(read).digest() == sha256(plain).digest():
            os.replace(draft, self._copy)

    def _open_key(self) -> bytes:
        if not self._key.exists():
            self._key.touch(mode=0o600)
            self._key.write_bytes(AESGCM.generate_key(256))
        return self._key.read_bytes()
