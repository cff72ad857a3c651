"""Makers of assets, their dependencies, targets and proofs."""

from datetime import timedelta
from itertools import count

from assets.models import (
    Achievement,
    Asset,
    Dependency,
    FailoverPath,
    PlannedWindow,
    RecoveryTarget,
    SiteAssignment,
)
from tests.make import NOON, make_site

_serial = count(1)


def make_asset(
    *, rto: timedelta | None = None, rpo: timedelta | None = None, **fields: object
) -> Asset:
    """An asset shared by all sites, unless a site is given; with a target if rto or rpo is."""
    number = next(_serial)
    asset = Asset.objects.create(**({"code": f"A-{number}", "name": f"Asset {number}"} | fields))
    if rto is not None or rpo is not None:
        RecoveryTarget.objects.create(asset=asset, rto=rto, rpo=rpo, set_at=NOON)
    return asset


def make_dependency(asset: Asset, depends_on: Asset, **fields: object) -> Dependency:
    return Dependency.objects.create(asset=asset, depends_on=depends_on, **fields)


def make_achievement(asset: Asset, achieved: timedelta, **fields: object) -> Achievement:
    """A recovery in an incident at noon, judged by the target given."""
    target = fields.get("target")
    defaults = {
        "measure": "rto",
        "source_kind": "incident",
        "source_code": f"INC-{next(_serial)}",
        "happened_at": NOON,
        "recorded_at": NOON,
        "is_met": None if target is None else achieved <= target,
    }
    return Achievement.objects.create(asset=asset, achieved=achieved, **(defaults | fields))


def make_window(**fields: object) -> PlannedWindow:
    defaults = {"starts_at": NOON, "duration": timedelta(hours=1), "reason": "Works"}
    if "region" not in fields and "site" not in fields:
        defaults["site"] = make_site()
    return PlannedWindow.objects.create(**(defaults | fields))


def make_path(**fields: object) -> FailoverPath:
    number = next(_serial)
    defaults = {"name": f"Path {number}"}
    for end in ("source", "target"):
        if end not in fields:
            defaults[end] = make_site()
    return FailoverPath.objects.create(**(defaults | fields))


def assign(user, *, site=None, region=None) -> SiteAssignment:
    return SiteAssignment.objects.create(user=user, site=site, region=region)
