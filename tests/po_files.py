"""Reads the catalogues of translations, and extracts a fresh one from the sources."""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("bcp_portal", "assets", "telemetry", "incidents", "risks", "templates")
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|%%")
TAG = re.compile(r"</?[a-z]+[^>]*>")
_LINE = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$')


@dataclass(frozen=True)
class Entry:
    """One string in two languages."""

    context: str
    english: str
    plural: str
    texts: tuple[str, ...]
    flags: str

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.english

    def placeholders_agree(self) -> bool:
        """Are all placeholders of the English text there, and no others?"""
        wanted = {frozenset(PLACEHOLDER.findall(text)) for text in (self.english, self.plural)}
        tags = sorted(TAG.findall(self.plural or self.english))
        return all(
            frozenset(PLACEHOLDER.findall(text)) in wanted and sorted(TAG.findall(text)) == tags
            for text in self.texts
        )


def read_catalogue(path: Path) -> list[Entry]:
    """Read a .po file; what is commented out as obsolete is left out."""
    blocks = re.split(r"\n\n+", path.read_text(encoding="utf-8").strip())
    return [entry for block in blocks if (entry := _entry(block)) and entry.english]


def _entry(block: str) -> Entry | None:
    parts: dict[str, str] = {}
    name, flags = "", ""
    for line in block.splitlines():
        if line.startswith("#,"):
            flags = line[2:]
        elif found := _LINE.match(line):
            name = found[1]
            parts[name] = ast.literal_eval(found[2])
        elif line.startswith('"'):
            parts[name] += ast.literal_eval(line)
    if "msgid" not in parts:
        return None
    texts = tuple(text for part, text in parts.items() if part.startswith("msgstr"))
    return Entry(
        parts.get("msgctxt", ""), parts["msgid"], parts.get("msgid_plural", ""), texts, flags
    )


def extract(folder: Path) -> list[Entry]:
    """Extract every string for people from the sources, as `makemessages` does it."""
    for name in SOURCES:
        ignored = shutil.ignore_patterns("__pycache__", "migrations")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "locale").mkdir()
    words = ["--locale=id", "--extension=html,py,txt", "--no-wrap", "--verbosity=0"]
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", *words],
        cwd=folder,
        check=True,
        env={"PATH": os.environ["PATH"]},  # none of our settings: it looks for no other folders
    )
    return read_catalogue(folder / "locale" / "id" / "LC_MESSAGES" / "django.po")
