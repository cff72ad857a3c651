"""What the present installation can promise, found by asking its real parts."""

import json
import shutil
import smtplib
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError

from bcp_portal.accounts.selectors.second_factor import people_to_enrol
from bcp_portal.celery import app as celery
from bcp_portal.engine.health import engine_pulse
from bcp_portal.engine.models import CallHold
from bcp_portal.reports.signature import SigningKeyError, signing_key

ASK_WITHIN = 2.0
BACKUP_FRESH_FOR = timedelta(days=1)
DISK_NEEDED = 1024**3
KEY_SOON_OVER_D = 30


class State(StrEnum):
    """How one part stands: there, not there by choice, or there and not working."""

    OK = "ok"
    ABSENT = "absent"
    BROKEN = "broken"


@dataclass(frozen=True)
class Finding:
    """One part that was asked, and what it answered."""

    part: str
    state: State
    says: str


@dataclass(frozen=True)
class Promise:
    """One promise of the portal: kept here, kept with less behind it, or not kept."""

    code: str
    text: str
    verdict: str
    because: list[str]


@dataclass(frozen=True)
class Diagnosis:
    """Everything the doctor has to say."""

    profile: str
    findings: list[Finding]
    promises: list[Promise]

    @property
    def is_broken(self) -> bool:
        """Something is there and does not work, as opposed to being left out."""
        return any(finding.state is State.BROKEN for finding in self.findings)

    def as_json(self) -> str:
        """The same for programs."""
        return json.dumps(asdict(self) | {"broken": self.is_broken}, indent=1)


# Each promise, and the parts that carry it.
PROMISES: dict[str, tuple[str, tuple[str, ...]]] = {
    "P1": (
        "an acknowledged sample is durable and stored once",
        ("database", "durability", "tables", "disk"),
    ),
    "P2": ("a step fires once, or was cancelled", ("database", "tables")),
    "P3": (
        "people are called on time, whichever part dies",
        ("database", "engine", "worker", "live bus", "hosts"),
    ),
    "P4": (
        "an open incident has a live escalation or a person who took it",
        ("database", "engine"),
    ),
    "P5": ("nobody reachable is recorded, and the fallback is called", ("engine", "mail")),
    "P6": ("resolved beats a late acknowledgement", ("database", "tables")),
    "P7": ("the audit trail has no gap", ("database", "audit guard", "backup")),
    "P8": ("a restored backup calls nobody until two people release it", ("tables",)),
}


def diagnose(at: datetime) -> Diagnosis:
    """Ask every part, then say which promises they carry."""
    findings = [
        *_database_findings(at),
        _live_bus(),
        _mail(),
        _hosts(),
        _backup(at),
        _signing_key(at),
        _disk(),
        _secret_key(),
        *_choices(),
    ]
    profile = "production" if settings.DATABASE_URL else "embedded"
    return Diagnosis(profile, findings, [_judge(code, findings) for code in PROMISES])


def _judge(code: str, findings: list[Finding]) -> Promise:
    text, parts = PROMISES[code]
    asked = {one.part: one for one in findings}
    concerned = [asked[part] for part in parts if part in asked and asked[part].state != State.OK]
    unasked = [f"The {part} could not be asked" for part in parts if part not in asked]
    if any(one.state is State.BROKEN for one in concerned):
        verdict = "not kept"
    elif unasked:
        verdict = "not known"
    else:
        verdict = "kept, with less behind it" if concerned else "kept"
    return Promise(code, text, verdict, [one.says for one in concerned] + unasked)


def _database_findings(at: datetime) -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding("database", State.BROKEN, f"The database does not answer: {error}".strip())
        return
    yield Finding("database", State.OK, f"{connection.display_name} answers")
    yield _durability()
    missing = _missing_migrations()
    if missing:
        yield Finding("tables", State.BROKEN, f"{missing} migrations wait: run manage.py migrate")
        return
    yield Finding("tables", State.OK, "All migrations are applied")
    yield _audit_guard()
    yield _engine(at)
    yield _worker()
    yield _calls()
    yield _second_factor()


def _ask(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    return str(row[0])


def _durability() -> Finding:
    if connection.vendor == "sqlite":
        journal, level = _ask("PRAGMA journal_mode"), _ask("PRAGMA synchronous")
        says = f"SQLite: journal {journal}, synchronous {level}"
        return Finding("durability", State.OK if int(level) >= 2 else State.BROKEN, says)
    levels = {name: _ask(f"SHOW {name}") for name in ("fsync", "synchronous_commit")}
    says = "PostgreSQL: " + ", ".join(f"{name} {level}" for name, level in levels.items())
    is_durable = levels["fsync"] == "on" and levels["synchronous_commit"] != "off"
    return Finding("durability", State.OK if is_durable else State.BROKEN, says)


def _missing_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _audit_guard() -> Finding:
    count = int(
        _ask("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'")
        if connection.vendor == "sqlite"
        else _ask("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE 'audit%'")
    )
    if count:
        return Finding("audit guard", State.OK, "The database refuses changes to the audit trail")
    return Finding("audit guard", State.BROKEN, "The triggers that guard the audit trail are gone")


def _engine(at: datetime) -> Finding:
    pulse = engine_pulse(at)
    if pulse.age_s is None:
        return Finding("engine", State.ABSENT, "The engine has never run here")
    if pulse.is_fresh:
        return Finding("engine", State.OK, f"The engine turned {max(pulse.age_s, 0):.0f} s ago")
    return Finding("engine", State.BROKEN, f"The engine has been silent for {pulse.age_s:.0f} s")


def _worker() -> Finding:
    try:
        answers = celery.control.ping(timeout=ASK_WITHIN)
    except (OSError, OperationalError):
        answers = []
    if answers:
        return Finding("worker", State.OK, f"{len(answers)} Celery worker answers")
    return Finding("worker", State.ABSENT, "No Celery worker answers; the engine does its work")


def _calls() -> Finding:
    if CallHold.objects.in_force().exists():
        return Finding("calls", State.ABSENT, "Calls are held until two people release them")
    return Finding("calls", State.OK, "Calls go out")


def _second_factor() -> Finding:
    if not settings.SECOND_FACTOR_ROLES:
        says = "No SIAGA_SECOND_FACTOR_ROLES: two-step sign-in is offered, not demanded"
        return Finding("second factor", State.ABSENT, says)
    says = "Two-step sign-in is demanded of: " + ", ".join(settings.SECOND_FACTOR_ROLES)
    if waiting := people_to_enrol().count():
        says += f"; people who have yet to set it up: {waiting}"
    return Finding("second factor", State.OK, says)


def _live_bus() -> Finding:
    if not settings.REDIS_URL:
        says = "No Redis: pages of other web processes hear of changes a second later"
        return Finding("live bus", State.ABSENT, says)
    try:
        redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=ASK_WITHIN, socket_connect_timeout=ASK_WITHIN
        ).ping()
    except redis.RedisError:
        where = urlsplit(settings.REDIS_URL).hostname
        return Finding("live bus", State.BROKEN, f"Redis at {where} does not answer")
    return Finding("live bus", State.OK, "Redis answers")


def _mail() -> Finding:
    if not settings.EMAIL_URL:
        says = f"No mail server (SIAGA_EMAIL_URL): mails are files in {settings.EMAIL_FILE_PATH}"
        return Finding("mail", State.ABSENT, says)
    try:
        link = get_connection(timeout=ASK_WITHIN)
        link.open()
        link.close()
    except (OSError, smtplib.SMTPException) as error:
        return Finding("mail", State.BROKEN, f"The mail server does not take mail: {error}")
    return Finding("mail", State.OK, f"The mail server {settings.EMAIL_HOST} answers")


def _hosts() -> Finding:
    if connection.vendor == "sqlite":
        return Finding("hosts", State.ABSENT, "One machine: while it is down, nobody is called")
    local = {"localhost", "127.0.0.1", "::1", "", socket.gethostname()}
    if connection.settings_dict["HOST"] in local:
        return Finding("hosts", State.ABSENT, "Portal and database share one machine")
    return Finding("hosts", State.OK, "The database is on a machine of its own")


def _backup(at: datetime) -> Finding:
    if connection.vendor == "postgresql":
        try:
            if _ask("SHOW archive_mode") != "off":
                return Finding("backup", State.OK, "The write-ahead log is archived")
        except DatabaseError:
            return Finding("backup", State.BROKEN, "The database does not say if it archives")
    try:
        note = json.loads((settings.DATA_DIR / "last-backup.json").read_text())
        age = at - datetime.fromisoformat(note["made_at"])
    except (OSError, ValueError, KeyError):
        says = "No WAL archive and no backup: run manage.py backup every day"
        return Finding("backup", State.ABSENT, says)
    hours = age.total_seconds() / 3600
    state = State.OK if age <= BACKUP_FRESH_FOR else State.ABSENT
    return Finding("backup", state, f"No WAL archive; the last backup is {hours:.0f} h old")


def _signing_key(at: datetime) -> Finding:
    part = "report signature"
    try:
        key = signing_key(at=at)
    except SigningKeyError as error:
        return Finding(part, State.BROKEN, f"Reports are made without their signature: {error}")
    if key is None:
        says = "No SIAGA_REPORT_KEY: reports carry hashes and no signature"
        return Finding(part, State.ABSENT, says)
    days = (key.ends_at - at).days
    state = State.OK if days >= KEY_SOON_OVER_D else State.ABSENT
    return Finding(part, state, f"Reports are signed by {key.name}; {days} days are left")


def _disk() -> Finding:
    free = shutil.disk_usage(settings.DATA_DIR).free
    state = State.OK if free >= DISK_NEEDED else State.BROKEN
    return Finding("disk", state, f"{free / 1024**3:.1f} GB free in {settings.DATA_DIR}")


def _secret_key() -> Finding:
    path: Path = settings.DATA_DIR / "secret.key"
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding("secret key", State.BROKEN, f"Others can read {path}: chmod 600 {path}")
    return Finding("secret key", State.OK, "The secret key is private")


def _choices() -> Iterator[Finding]:
    yield _choice(
        "debug",
        is_fine=not settings.DEBUG,
        fine="Debugging is off",
        otherwise="SIAGA_DEBUG is on: errors show secrets",
        worst=State.BROKEN,
    )
    yield _choice(
        "https",
        is_fine=settings.HTTPS,
        fine="Cookies travel by HTTPS only",
        otherwise="SIAGA_HTTPS is off: fit for this machine only",
    )
    yield _choice(
        "witnesses",
        is_fine=bool(settings.WITNESSES),
        fine=f"{len(settings.WITNESSES)} witnesses tell a cut link here from dark sites",
        otherwise="No SIAGA_WITNESSES: a cut link here looks like all sites going dark",
    )
    yield _choice(
        "watchdog",
        is_fine=bool(settings.WATCHDOG_MAIL),
        fine="The watchdog has people to tell",
        otherwise="No SIAGA_WATCHDOG_MAIL: a silent engine shows only as a banner",
    )


def _choice(
    part: str, *, is_fine: bool, fine: str, otherwise: str, worst: State = State.ABSENT
) -> Finding:
    return Finding(part, State.OK, fine) if is_fine else Finding(part, worst, otherwise)
