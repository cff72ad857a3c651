"""Checks the audit trail of Siaga: one file of the standard library that needs nothing of ours.

    python3 verify.py                    the export in this folder
    python3 verify.py EXPORT             a ZIP file, a folder, or the rows alone (*.jsonl)
    python3 verify.py EXPORT --witness "SIZE ROOT SIGNATURE"

A witness is a checkpoint that somebody else kept: a site's agent, or the foot of a PDF (its
signature may be missing there). With --key NAME+ID+KEY only that public key is believed.
Ends with 0 if everything is as it was written, 1 with the place if not, 2 if it cannot be read.
"""

import argparse
import base64
import binascii
import functools
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

GENESIS = "0" * 64
ROWS, CHECKPOINTS, KEYS, MANIFEST = "trail.jsonl", "checkpoints.txt", "keys.txt", "manifest.json"
CONTENT = (
    "seq", "actor_id", "actor_name", "session", "action", "object_kind", "object_id",
    "object_code", "reason", "before", "after", "prev_hash",
)  # fmt: skip


class UnreadableError(ValueError):
    """What was given is no export of an audit trail."""


class Finding(NamedTuple):
    """A place where the trail is not what it was: from which row to which, and what is wrong."""

    first: int
    last: int
    problem: str

    def __str__(self) -> str:
        """Name the place, then what is wrong there."""
        place = f"row {self.first}" if self.first == self.last else f"rows {self.first}-{self.last}"
        return f"{place}: {self.problem}"


class Checkpoint(NamedTuple):
    """A signed statement that the first `size` rows have this Merkle root."""

    size: int
    root: bytes
    note: str

    @property
    def line(self) -> str:
        """The same on one line, as sites keep it."""
        signature = self.note.rstrip("\n").rsplit(" ", 1)[-1] if "\n\n" in self.note else ""
        return f"{self.size} {base64.b64encode(self.root).decode()} {signature}".rstrip()


# --- one row ---------------------------------------------------------------------------------


def row_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a row: what its `hash` must be."""
    content = {name: row[name] for name in CONTENT}
    at = row["at"]
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    content["at"] = int(moment.timestamp() * 1_000_000)
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# --- the tree --------------------------------------------------------------------------------


class MerkleTree:
    """The tree of RFC 6962 over the hashes of the rows, of which only the right edge is kept."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        self.size, self.edge = size, list(edge)

    def append(self, leaf: bytes) -> None:
        """Add a row's hash."""
        node, size = hashlib.sha256(b"\x00" + leaf).digest(), self.size
        while size & 1:
            node = hashlib.sha256(b"\x01" + self.edge.pop() + node).digest()
            size >>= 1
        self.edge.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The one hash that stands for all rows."""
        if not self.edge:
            return hashlib.sha256(b"").digest()
        return functools.reduce(
            lambda right, left: hashlib.sha256(b"\x01" + left + right).digest(), self.edge[::-1]
        )


# --- Ed25519 (RFC 8032), verification only ----------------------------------------------------

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Point = tuple[int, int, int, int]
_NEUTRAL: _Point = (0, 1, 1, 0)


def _add(one: _Point, two: _Point) -> _Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total = _NEUTRAL
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


def _decode(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _encode(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE = _decode((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _NEUTRAL


@functools.lru_cache(maxsize=65536)
def is_signed(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this signature of the message was made with the private half of the key."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    point, scalar = _decode(public_key), int.from_bytes(signature[32:], "little")
    if point is None or scalar >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    x, y, z, t = _times(int.from_bytes(digest, "little") % _ORDER, point)
    return _encode(_add(_times(scalar, _BASE), (-x % _P, y, z, -t % _P))) == signature[:32]


# --- keys and notes (the "signed note" form) -----------------------------------------------------


class Key(NamedTuple):
    """A public key with the name under which it signs."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The first bytes of its hash, which stand before each signature."""
        content = self.name.encode() + b"\n\x01" + self.public
        return hashlib.sha256(content).digest()[:4]

    def __str__(self) -> str:
        """Write the key as one line: name, id, key."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.public).decode()}"


def read_key(line: str) -> Key:
    """Read a key from its line."""
    try:
        name, _id, text = line.strip().split("+", 2)
        content = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise UnreadableError(f"This is no public key: {line.strip()[:80]}") from error
    key = Key(name, content[1:])
    if content[:1] != b"\x01" or len(key.public) != 32 or key.id.hex() != _id:
        raise UnreadableError(f"This is no public key: {line.strip()[:80]}")
    return key


def note_body(name: str, size: int, root: bytes) -> str:
    """The text that is signed: who speaks, how many rows, their root."""
    return f"{name}\n{size}\n{base64.b64encode(root).decode()}\n"


def read_note(text: str) -> Checkpoint:
    """Read a checkpoint from its signed note."""
    lines = text.split("\n")
    try:
        return Checkpoint(int(lines[1]), base64.b64decode(lines[2], validate=True), text)
    except (IndexError, ValueError, binascii.Error) as error:
        raise UnreadableError(f"This is no checkpoint: {text[:80]!r}") from error


def signers(note: str, keys: Iterable[Key]) -> list[Key]:
    """Those of the keys by which the note is signed."""
    body, _gap, lines = note.partition("\n\n")
    message, found = (body + "\n").encode(), []
    for line in lines.splitlines():
        try:
            _dash, name, text = line.split(" ")
            told = base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            continue
        for key in keys:
            if (key.name, key.id) == (name, told[:4]) and is_signed(key.public, message, told[4:]):
                found.append(key)
    return found


# --- the whole trail -----------------------------------------------------------------------------


def check_trail(
    rows: Iterable[Mapping[str, Any]], checkpoints: Iterable[Checkpoint] = ()
) -> Iterator[Finding]:
    """Walk the rows in their order and name each place where they are not what was written."""
    waiting = sorted(checkpoints, key=lambda one: one.size)[::-1]
    tree, seq, link, proven = MerkleTree(), 0, GENESIS, 0
    for row in rows:
        yield from check_row(row, seq, link)
        seq, link = row["seq"], row["hash"]
        tree.append(_bytes(link))
        while waiting and waiting[-1].size <= tree.size:
            if waiting.pop().root == tree.root():
                proven = tree.size
                continue
            words = f"not the rows over which the checkpoint of {tree.size} rows was signed"
            yield Finding(proven + 1, tree.size, words)
            return
    if waiting and tree.size > proven:
        words = "vouched for by no checkpoint: the one over them covers rows that are missing"
        yield Finding(proven + 1, tree.size, words)
    if waiting:
        words = f"missing; the checkpoint of {waiting[0].size} rows was signed over them"
        yield Finding(tree.size + 1, waiting[0].size, words)


def check_row(row: Mapping[str, Any], seq: int, link: str) -> Iterator[Finding]:
    """What is wrong with a row that should follow row `seq` with the hash `link`."""
    number = row["seq"]
    if number > seq + 1:
        yield Finding(seq + 1, number - 1, "missing")
    elif number <= seq:
        yield Finding(number, max(number, seq), "out of place, or there twice")
    if row["prev_hash"] != link:
        yield Finding(number, number, "does not follow the row before it")
    if row["hash"] != row_hash(row):
        yield Finding(number, number, "was changed after it was written")


def _bytes(digest: str) -> bytes:
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return digest.encode()


def unsigned(checkpoints: Iterable[Checkpoint], keys: Sequence[Key]) -> Iterator[Finding]:
    """The checkpoints that no known key has signed."""
    for one in checkpoints:
        if not signers(one.note, keys):
            yield Finding(one.size, one.size, "the checkpoint here is not signed by a known key")


# --- the export as files -------------------------------------------------------------------------


@contextmanager
def _opened(place: Path, name: str) -> Iterator[Iterator[str]]:
    if zipfile.is_zipfile(place):
        with zipfile.ZipFile(place) as archive:
            inside = [one for one in archive.namelist() if one.rsplit("/", 1)[-1] == name]
            if not inside:
                yield iter(())
                return
            with archive.open(inside[0]) as file:
                yield io.TextIOWrapper(file, encoding="utf-8")
        return
    path = place / name if place.is_dir() else place
    if not path.is_file() or (place.is_file() and name != ROWS):
        yield iter(())
        return
    with path.open(encoding="utf-8") as lines:
        yield lines


def read_row(line: str, number: int) -> dict[str, Any]:
    """Read one line of the rows; nothing is checked yet but that it is one."""
    try:
        row = json.loads(line)
        facts = {name: row[name] for name in (*CONTENT, "at", "hash")}
        datetime.fromisoformat(facts["at"])
        if type(facts["seq"]) is not int:
            raise TypeError("seq")
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(f"Line {number} is not a row of the trail: {error!r}.") from error
    return facts


def read_checkpoints(text: str) -> list[Checkpoint]:
    """Read signed notes one after another, each ended by a line of three dashes."""
    return [read_note(note.lstrip("\n")) for note in text.split("---\n") if note.strip()]


def read_witness(line: str) -> Checkpoint | None:
    """Read a checkpoint that somebody kept on one line; None if it is none."""
    try:
        size, root, *_signature = line.split()
        found = Checkpoint(int(size), base64.b64decode(root, validate=True), "")
    except (ValueError, binascii.Error):
        return None
    return found if found.size > 0 and len(found.root) == 32 else None


def _witness(line: str) -> Checkpoint:
    found = read_witness(line)
    if found is None:
        raise UnreadableError("A witness is written: SIZE ROOT SIGNATURE")
    return found


class _Counted:
    """Hands lines on as rows and remembers how many."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self.count = lines, 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._lines:
            if line.strip():
                self.count += 1
                yield read_row(line, self.count)


def check_export(place: Path, pinned: Sequence[Key], witnesses: Sequence[Checkpoint]) -> list[str]:
    """Check an export as it lies there; raise nothing for what is merely wrong."""
    with _opened(place, KEYS) as lines:
        keys = list(pinned) or [read_key(line) for line in lines if line.strip()]
    with _opened(place, CHECKPOINTS) as lines:
        checkpoints = read_checkpoints("".join(lines))
    found = [str(one) for one in unsigned(checkpoints, keys)]
    with _opened(place, ROWS) as lines:
        rows = _Counted(lines)
        found += [str(one) for one in check_trail(rows, [*checkpoints, *witnesses])]
    if not found:
        say = f"{rows.count} rows, each as it was written; {len(checkpoints)} signed checkpoints"
        sys.stdout.write(f"OK: {say}, {len(witnesses)} witnesses agree.\n")
        sys.stdout.writelines(f"Believed key: {key}\n" for key in keys)
        if not checkpoints and not witnesses:
            sys.stdout.write("Without a checkpoint a trail written anew as a whole looks whole.\n")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("export", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", default=[], type=read_key)
    parser.add_argument("--witness", action="append", default=[], type=_witness)
    told = parser.parse_args(arguments)
    try:
        found = check_export(told.export, told.key, told.witness)
    except (UnreadableError, OSError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"This cannot be read: {error}\n")
        return 2
    for one in found[:20]:
        sys.stderr.write(f"BROKEN at {one}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
