"""Verbs of a signal: open it once, keep it true, close it; incidents sweep what changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from bcp_portal.audit.verbs import verb
from bcp_portal.engine.doorbell import ring
from bcp_portal.live.services import publish
from telemetry.models import Signal, SignalRule


@dataclass(frozen=True)
class Claim:
    """What a rule says about one thing now."""

    rule: SignalRule
    key: str
    severity: int
    title: str
    began_at: datetime
    params: dict[str, Any] = field(default_factory=dict)
    sums: dict[str, Any] = field(default_factory=dict)
    parent_key: str = ""
    site_id: int | None = None
    region_id: int | None = None
    device_id: int | None = None
    stream_id: int | None = None
    asset_id: int | None = None
    site_ids: tuple[int, ...] = ()
    is_exercise: bool = False


_KEYS = ("rule", "key")
_PLACES = (
    "site_id", "region_id", "device_id", "stream_id", "asset_id", "is_exercise", "began_at"
)  # fmt: skip
_CONTENT = ("parent_key", "severity", "title", "params", "sums", "site_ids")


def open_fields(claim: Claim, *, at: datetime) -> dict[str, Any]:
    """What a new signal of a claim is made of."""
    content = {name: getattr(claim, name) for name in (*_KEYS, *_CONTENT, *_PLACES)}
    return content | {"site_ids": list(claim.site_ids), "opened_at": at}


@verb
def assert_claim(*, claim: Claim, at: datetime) -> Signal:
    """Open a signal for a claim, or bring the open one up to date; the constraint is the judge."""
    content: dict[str, Any] = {name: getattr(claim, name) for name in _CONTENT}
    content["site_ids"] = list(claim.site_ids)
    signal, is_new = Signal.objects.open().get_or_create(
        rule=claim.rule,
        key=claim.key,
        defaults=open_fields(claim, at=at),
    )
    if not is_new:
        changed = [name for name, value in content.items() if getattr(signal, name) != value]
        if not changed:
            return signal
        for name in changed:
            setattr(signal, name, content[name])
        signal.version = F("version") + 1
        signal.save(update_fields=[*changed, "version"])
        signal.refresh_from_db(fields=["version"])
    _tell(signal, at=at)
    return signal


@verb
def close_signal(*, signal: Signal, at: datetime) -> bool:
    """Say that a conclusion no longer holds; return whether it was still open."""
    closed = (
        Signal.objects.open().filter(pk=signal.pk).update(closed_at=at, version=F("version") + 1)
    )
    if closed:
        _tell(signal, at=at)
    return bool(closed)


@verb
def mark_swept(*, seen: Sequence[tuple[int, int]]) -> None:
    """Note up to which version incidents have looked: pairs of primary key and version.

    A signal that changed meanwhile keeps its newer version and is looked at again.
    """
    by_version: dict[int, list[int]] = {}
    for pk, version in seen:
        by_version.setdefault(version, []).append(pk)
    for version, pks in by_version.items():
        Signal.objects.filter(pk__in=pks, swept_version__lt=version).update(swept_version=version)


@verb
def look_again(*, signals: QuerySet[Signal]) -> int:
    """Ask incidents to look once more at conclusions that still hold; return how many."""
    pks = list(signals.filter(closed_at=None).values_list("pk", flat=True).distinct())
    asked = Signal.objects.filter(pk__in=pks).update(version=F("version") + 1)
    if asked:
        ring("engine")
    return asked


def _tell(signal: Signal, *, at: datetime) -> None:
    publish(
        topic="signals",
        kind=signal.rule,
        at=at,
        permission="telemetry.view_signal",
        site_id=signal.site_id,
    )
    ring("engine")
