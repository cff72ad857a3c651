"""Sites, assets, dependencies, targets and what was really achieved."""

from assets.models.achievement import Achievement, AchievementSource, Measure
from assets.models.asset import Asset, AssetKind
from assets.models.dependency import Dependency, DependencyKind
from assets.models.failover_path import FAILOVER_LIFECYCLE, FailoverPath, FailoverState
from assets.models.planned_window import PlannedWindow
from assets.models.recovery_target import RecoveryTarget
from assets.models.region import Region
from assets.models.site import Criticality, Sector, Site, SiteAssignment, SiteKind

__all__ = [
    "FAILOVER_LIFECYCLE",
    "Achievement",
    "AchievementSource",
    "Asset",
    "AssetKind",
    "Criticality",
    "Dependency",
    "DependencyKind",
    "FailoverPath",
    "FailoverState",
    "Measure",
    "PlannedWindow",
    "RecoveryTarget",
    "Region",
    "Sector",
    "Site",
    "SiteAssignment",
    "SiteKind",
]
