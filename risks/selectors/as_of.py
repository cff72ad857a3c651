"""The register as it was at a moment, and what became of it until another: from kept versions."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from assets.models import Asset
from assets.selectors.history import ACTIONS
from bcp_portal.accounts.models import User
from risks.history import FieldDifference, differences
from risks.models import (
    STANDARD,
    Control,
    Plan,
    RegisterVersion,
    Risk,
    RiskMatrix,
    VersionKind,
)
from risks.selectors.appetite import Appetites, appetites_at
from risks.selectors.matrix import LevelBadge, Scales, level_badge, scales_of

STEPS_SHOWN = 6


@dataclass(frozen=True)
class PictureRow:
    """One thing as the register had it."""

    subject_id: int
    code: str
    facts: Mapping[str, Any]
    recorded_at: datetime
    badge: LevelBadge | None = None
    is_tolerable: bool = False


@dataclass(frozen=True)
class Picture:
    """The register at one moment."""

    kind: str
    moment: datetime
    kept_since: datetime | None
    matrix_version: int
    rows: list[PictureRow]

    @property
    def in_force(self) -> list[PictureRow]:
        """What was in force then."""
        return [
            row
            for row in self.rows
            if row.facts.get("status") != "retired" and not row.facts.get("withdrawn_on")
        ]


@dataclass(frozen=True)
class Step:
    """One change between two moments: who, what and why."""

    at: datetime
    actor: str
    action: str
    reason: str


@dataclass(frozen=True)
class ChangedRow:
    """One thing that differs between two moments."""

    code: str
    title: str
    how: str
    fields: list[FieldDifference]
    steps: list[Step]
    left_out: int


@dataclass(frozen=True)
class Difference:
    """What became of the register between two moments."""

    before: Picture
    after: Picture
    changed: list[ChangedRow]
    unchanged: int


def end_of_day(day: date, now: datetime) -> datetime:
    """The moment at which a day ends for the reader, or now if it has not ended."""
    zone = timezone.get_current_timezone()
    return min(datetime.combine(day + timedelta(days=1), time(), tzinfo=zone), now)


def picture_of(kind: str, moment: datetime, *, user: User | None) -> Picture:
    """The register at a moment, as far as this person may see it; None is the house itself."""
    rows = RegisterVersion.objects.as_of(kind, moment).order_by("code")
    seen = _visible(kind, user)
    if seen is not None:
        rows = rows.filter(subject_id__in=seen)
    assets = _asset_codes(user)
    scales = scales_at(moment)
    appetites = appetites_at(moment)
    since = RegisterVersion.objects.filter(kind=kind).order_by("recorded_at").first()
    return Picture(
        kind=kind,
        moment=moment,
        kept_since=since.recorded_at if since else None,
        matrix_version=scales.versioned(STANDARD)[0],
        rows=[_row(one, scales, appetites, assets) for one in rows],
    )


def scales_at(moment: datetime) -> Scales:
    """The matrices in force at a moment."""
    known = RiskMatrix.objects.filter(activated_at__lt=moment)
    return scales_of(known.order_by("activated_at", "version"))


def _row(
    one: RegisterVersion, scales: Scales, appetites: Appetites, assets: set[str] | None
) -> PictureRow:
    facts = dict(one.facts)
    for name in ("assets", "needs"):
        if assets is not None and name in facts:
            facts[name] = [code for code in facts[name] if code in assets]
    level = facts.get("level", "")
    scale = scales.of(facts.get("matrix", STANDARD))
    unrated = not level or facts.get("judge_again")
    return PictureRow(
        subject_id=one.subject_id,
        code=one.code,
        facts=facts,
        recorded_at=one.recorded_at,
        badge=level_badge(scale, level),
        is_tolerable=not unrated
        and appetites.tolerates(
            scale, level, unit=facts.get("unit", ""), category=facts.get("category", "")
        ),
    )


def _visible(kind: str, user: User | None) -> Any:
    """Whose history this person may see: what is visible now; None for everything."""
    if user is None or user.has_perm("assets.view_every_site"):
        return None
    if kind == VersionKind.CONTROL:
        return Control.objects.visible_to(user).values("pk")
    if kind == VersionKind.PLAN:
        return Plan.objects.visible_to(user).values("pk")
    if kind == VersionKind.OBJECTIVE:
        return Asset.objects.visible_to(user).values("pk")
    return Risk.objects.visible_to(user).values("pk")


def _asset_codes(user: User | None) -> set[str] | None:
    if user is None or user.has_perm("assets.view_every_site"):
        return None
    return set(Asset.objects.visible_to(user).values_list("code", flat=True))


def difference_of(before: Picture, after: Picture) -> Difference:
    """Compare two pictures; each change comes with who made it and why."""
    old = {row.subject_id: row for row in before.rows}
    steps = _steps(before, after)
    changed: list[ChangedRow] = []
    for row in after.rows:
        was = old.get(row.subject_id)
        fields = differences(was.facts if was else {}, row.facts)
        if not fields:
            continue
        taken = steps.get(row.subject_id, [])
        changed.append(
            ChangedRow(
                code=row.code,
                title=str(row.facts.get("title") or row.facts.get("name") or ""),
                how=_how(was, row),
                fields=fields,
                steps=taken[-STEPS_SHOWN:],
                left_out=max(0, len(taken) - STEPS_SHOWN),
            )
        )
    return Difference(before, after, changed, len(after.rows) - len(changed))


def _how(was: PictureRow | None, row: PictureRow) -> str:
    if was is None:
        return "new"
    gone = row.facts.get("status") == "retired" or row.facts.get("withdrawn_on")
    before = was.facts.get("status") == "retired" or was.facts.get("withdrawn_on")
    return "gone" if gone and not before else "changed"


def _by(name: str) -> str:
    return str(_("the portal")) if name == "engine" else name


def _steps(before: Picture, after: Picture) -> dict[int, list[Step]]:
    made = RegisterVersion.objects.filter(
        kind=after.kind, recorded_at__gte=before.moment, recorded_at__lt=after.moment
    ).order_by("recorded_at", "pk")
    found: dict[int, list[Step]] = defaultdict(list)
    for one in made.values_list("subject_id", "recorded_at", "actor_name", "action", "reason"):
        subject, at, actor, action, reason = one
        found[subject].append(Step(at, _by(actor), str(ACTIONS.get(action, action)), reason))
    return found
