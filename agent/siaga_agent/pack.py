"""The site's pack on this disk: believed only with the seal of headquarters, replaced whole."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from siaga_agent.marks import Marks
from siaga_agent.orders import Trust
from siaga_agent.outbox import Outbox
from siaga_agent.sealed import BadSealError, open_sealed
from siaga_agent.store import Json
from siaga_agent.transport import Portal
from siaga_agent.vault import CorruptRecordError

PACK_TYPE = "application/vnd.siaga.pack+json"
FILE = "pack.sealed"
NUMBER = "pack_number"


class PackRejectedError(Exception):
    """What came is not the pack of this site: not sealed, changed on its way, or older."""


@dataclass(frozen=True)
class Pack:
    """One edition whose seal was checked."""

    site: str
    number: int
    digest: str
    made_at: str
    html: str


class PackShelf:
    """Holds the last good edition, encrypted, under a number that never falls."""

    def __init__(self, home: Path, outbox: Outbox, *, trust: Trust) -> None:
        self._home, self._outbox, self._trust = home, outbox, trust
        self.marks = Marks(outbox)
        self._held: Pack | None = None

    def read(self) -> Pack | None:
        """The edition that is held; one that was damaged or exchanged on the disk is none."""
        if self._held is None:
            try:
                sealed = (self._home / FILE).read_bytes()
                told = json.loads(self._outbox.unseal("pack", sealed))
                self._held = self._checked(told["envelope"], told["html"])
            except (OSError, CorruptRecordError, ValueError, KeyError, PackRejectedError):
                return None
        return self._held

    @property
    def number(self) -> int:
        """The highest number that was ever held here."""
        held = self.read()
        return max(self._outbox.number(NUMBER), held.number if held else 0)

    @property
    def digest(self) -> str:
        """The SHA-256 of the page that is held, checked; nothing when none is."""
        held = self.read()
        return held.digest if held else ""

    def take(self, told: Mapping[str, Any]) -> Pack:
        """Put a new edition in place of the old one, if its seal is good and it is newer.

        A power cut leaves the old one or the new one, never half of either.
        """
        envelope, html = told.get("envelope"), told.get("html")
        if not isinstance(envelope, dict) or not isinstance(html, str):
            raise PackRejectedError("It is not written as it should be.")
        pack = self._checked(envelope, html)
        if pack.number < self.number:
            raise PackRejectedError(f"Edition {pack.number} is older than {self.number}.")
        self._write(json.dumps({"envelope": envelope, "html": html}).encode())
        self._outbox.raise_number(NUMBER, pack.number)
        self._held = pack
        return pack

    def _checked(self, envelope: Mapping[str, Any], html: str) -> Pack:
        if not self._trust.key:
            raise PackRejectedError("This device knows no key of headquarters: enrol it --again.")
        try:
            sealed = open_sealed(envelope, key=self._trust.key, kind=PACK_TYPE)
        except BadSealError as error:
            raise PackRejectedError(str(error)) from error
        if self._trust.site and sealed.get("site") != self._trust.site:
            raise PackRejectedError(f"It is for {sealed.get('site')}, not {self._trust.site}.")
        digest = hashlib.sha256(html.encode(errors="replace")).hexdigest()
        if sealed.get("sha256") != digest:
            raise PackRejectedError("It was changed on its way.")
        number = sealed.get("number")
        if type(number) is not int or number < 1:
            raise PackRejectedError("It has no number.")
        made_at = str(sealed.get("made_at", ""))
        return Pack(str(sealed.get("site", "")), number, digest, made_at, html)

    def _write(self, plain: bytes) -> None:
        path, draft = self._home / FILE, self._home / f"{FILE}.new"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(self._outbox.seal("pack", plain))
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        folder = os.open(self._home, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def fetch_pack(shelf: PackShelf, portal: Portal) -> Pack | None:
    """Ask for a newer edition and take it; None when there is none or nobody answers."""
    answer = portal.get_pack(number=shelf.number, digest=shelf.digest)
    if not answer.is_success or not answer.body:
        return None
    pack = shelf.take(answer.body)
    # Asked once more, headquarters learns at once which edition this device holds.
    portal.get_pack(number=shelf.number, digest=shelf.digest)
    return pack


def tell_marks(shelf: PackShelf, portal: Portal, *, at: datetime) -> bool | None:
    """Tell what was ticked; None when nothing waits, False when it was not taken."""
    waiting = shelf.marks.waiting()
    if not waiting:
        return None
    answer = portal.post_marks(waiting)
    if not answer.is_success or not answer.body:
        return False
    asked = {str(mark["op_id"]) for mark in waiting}
    taken, refused = _told(answer.body)
    shelf.marks.settle(
        taken=[one for one in taken if one in asked],
        refused={one: why for one, why in refused.items() if one in asked},
        at=at,
    )
    return asked.isdisjoint({str(mark["op_id"]) for mark in shelf.marks.waiting()})


def _told(body: Json) -> tuple[list[str], dict[str, str]]:
    taken, refused = body.get("taken"), body.get("refused")
    return (
        [str(one) for one in taken] if isinstance(taken, list) else [],
        {str(one): str(why) for one, why in refused.items()} if isinstance(refused, dict) else {},
    )
