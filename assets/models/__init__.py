"""Sites, assets, dependencies, targets and what was really achieved."""

from assets.models.achievement import Achievement, AchievementSource, Measure
from assets.models.asset import Asset, AssetKind, AssetQuerySet
from assets.models.catalogue import BilingualName, CatalogueEntry, CatalogueQuerySet
from assets.models.custom_field import (
    CustomAbout,
    CustomFacts,
    CustomField,
    CustomKind,
)
from assets.models.dependency import Dependency, DependencyKind
from assets.models.failover_path import FAILOVER_LIFECYCLE, FailoverPath, FailoverState
from assets.models.impact import (
    MOMENTS,
    ImpactAnalysis,
    ImpactCampaign,
    ImpactCategory,
    ImpactLevel,
    ImpactPoint,
    ImpactQuestion,
)
from assets.models.planned_window import PlannedWindow
from assets.models.proposal import (
    PROPOSAL_LIFECYCLE,
    SPANS,
    ProposalStatus,
    Remark,
    TargetProposal,
)
from assets.models.recovery_design import FailoverMode, RecoveryDesign, Redundancy, Replication
from assets.models.recovery_target import RecoveryTarget
from assets.models.region import Region
from assets.models.signature import APPOINTED, Delegation, Signatory, Signature, SigningRole
from assets.models.site import Criticality, Sector, Site, SiteAssignment, SiteKind
from assets.models.site_import import SiteImport
from assets.models.third_party import ThirdParty
from assets.models.unit import Unit, UnitQuerySet

__all__ = [
    "APPOINTED",
    "FAILOVER_LIFECYCLE",
    "MOMENTS",
    "PROPOSAL_LIFECYCLE",
    "SPANS",
    "Achievement",
    "AchievementSource",
    "Asset",
    "AssetKind",
    "AssetQuerySet",
    "BilingualName",
    "CatalogueEntry",
    "CatalogueQuerySet",
    "Criticality",
    "CustomAbout",
    "CustomFacts",
    "CustomField",
    "CustomKind",
    "Delegation",
    "Dependency",
    "DependencyKind",
    "FailoverMode",
    "FailoverPath",
    "FailoverState",
    "ImpactAnalysis",
    "ImpactCampaign",
    "ImpactCategory",
    "ImpactLevel",
    "ImpactPoint",
    "ImpactQuestion",
    "Measure",
    "PlannedWindow",
    "ProposalStatus",
    "RecoveryDesign",
    "RecoveryTarget",
    "Redundancy",
    "Region",
    "Remark",
    "Replication",
    "Sector",
    "Signatory",
    "Signature",
    "SigningRole",
    "Site",
    "SiteAssignment",
    "SiteImport",
    "SiteKind",
    "TargetProposal",
    "ThirdParty",
    "Unit",
    "UnitQuerySet",
]
