"""What people fill in about sites, assets and targets."""

from assets.forms.asset import AssetForm, LinkForm, NewAssetForm, ReasonForm
from assets.forms.site import (
    FailoverForm,
    NewSiteForm,
    RegionForm,
    SiteForm,
    WindowForm,
)
from assets.forms.target import AchievementForm, TargetForm

__all__ = [
    "AchievementForm",
    "AssetForm",
    "FailoverForm",
    "LinkForm",
    "NewAssetForm",
    "NewSiteForm",
    "ReasonForm",
    "RegionForm",
    "SiteForm",
    "TargetForm",
    "WindowForm",
]
