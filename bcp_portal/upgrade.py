"""Whether it is safe to begin an update: what waits, what is unlike its pin, what is old."""

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from bcp_portal.diagnosis import Finding, State

FRESH_FOR = timedelta(hours=24)
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s#;]+)")
_KNOWN = re.compile(r"^\| `([A-Z_]+)`", re.MULTILINE)


def check_upgrade(at: datetime) -> list[Finding]:
    """Ask everything that an update would trip over."""
    return [_migrations(), _versions(), _settings(), _backup(at)]


def is_safe(findings: list[Finding]) -> bool:
    """Whether nothing stands against beginning."""
    return all(one.state is State.OK for one in findings)


def pinned() -> dict[str, str]:
    """The versions that this portal was tested with."""
    lines = (settings.BASE_DIR / "requirements.txt").read_text().splitlines()
    return {match[1]: match[2] for line in lines if (match := _PIN.match(line))}


def _migrations() -> Finding:
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        return Finding("database", State.BROKEN, f"The database does not answer: {error}".strip())
    nodes = executor.loader.graph.leaf_nodes()
    waiting = [str(step) for step, _back in executor.migration_plan(nodes)]
    if waiting:
        says = f"{len(waiting)} migrations wait: {', '.join(waiting[:5])}"
        return Finding("migrations", State.ABSENT, f"{says}. The next prepare applies them.")
    unknown = sorted(set(executor.loader.applied_migrations) - set(executor.loader.graph.nodes))
    if unknown:
        says = f"The database is newer than this code: {'.'.join(unknown[0])}. Do not go back."
        return Finding("migrations", State.BROKEN, says)
    return Finding("migrations", State.OK, "Every migration is applied")


def _versions() -> Finding:
    unlike = list(_unlike())
    if unlike:
        says = f"Not what was tested: {'; '.join(unlike[:5])}. pip install -r requirements.txt"
        return Finding("versions", State.BROKEN, says)
    return Finding("versions", State.OK, f"{len(pinned())} packages are the pinned ones")


def _unlike() -> Iterator[str]:
    for name, wanted in pinned().items():
        try:
            here = version(name)
        except PackageNotFoundError:
            yield f"{name} is missing"
            continue
        if here != wanted:
            yield f"{name} {here}, pinned {wanted}"


def _settings() -> Finding:
    known = set(_KNOWN.findall((settings.BASE_DIR / "docs/settings.md").read_text()))
    asked = {name for name in os.environ if name.startswith("SIAGA_")}
    gone = sorted(asked - known)
    if gone:
        says = f"Set, and read by nobody: {', '.join(gone)}. See docs/settings.md"
        return Finding("settings", State.ABSENT, says)
    return Finding("settings", State.OK, "Every SIAGA_ variable that is set is known")


def _backup(at: datetime) -> Finding:
    try:
        note = json.loads((settings.DATA_DIR / "last-backup.json").read_text())
        age = at - datetime.fromisoformat(note["made_at"])
        place = Path(note["file"])
    except (OSError, ValueError, KeyError):
        return Finding(
            "backup", State.ABSENT, "No backup is known: run manage.py backup --out FILE"
        )
    if not place.is_file():
        return Finding("backup", State.ABSENT, f"The last backup is no longer at {place}")
    hours = age.total_seconds() / 3600
    state = State.OK if age <= FRESH_FOR else State.ABSENT
    return Finding("backup", state, f"The last backup is {hours:.1f} h old: {place}")
