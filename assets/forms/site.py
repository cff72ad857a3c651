"""The forms of sites, regions, planned windows and failover paths."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.asset import CODE
from assets.models import Asset, FailoverPath, PlannedWindow, Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField

# What most people look for comes first.
INDONESIA = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


def zones() -> list[tuple[str, str]]:
    """All time zones, the Indonesian ones first."""
    names = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
    first = [(zone, f"{zone} ({names[zone]})") for zone in INDONESIA]
    return first + [(zone, zone) for zone in sorted(available_timezones() - set(INDONESIA))]


class SiteForm(forms.ModelForm[Site]):
    """What is known about a site."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)

    class Meta:
        model = Site
        fields = (
            "name",
            "kind",
            "region",
            "criticality",
            "time_zone",
            "provider",
            "shard",
            "sector",
            "latitude",
            "longitude",
            "data_volume_bytes",
            "offline_is_normal",
            "address",
            "phone",
            "opened_on",
        )
        help_texts = {
            "data_volume_bytes": _("Bytes held at the site; empty if unknown."),
            "offline_is_normal": _("Its silence alone never raises an alarm."),
        }
        widgets = {
            "opened_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "address": forms.Textarea(attrs={"rows": 2}),
        }


class NewSiteForm(SiteForm):
    """A site and the code people will call it by."""

    class Meta(SiteForm.Meta):
        fields = ("code", *SiteForm.Meta.fields)  # type: ignore[assignment]  # one field more

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].validators.append(CODE)

    def clean_code(self) -> str:
        """Codes are said on the phone: capitals are one trap less."""
        return str(self.cleaned_data["code"]).upper()


class RegionForm(forms.ModelForm[Region]):
    """A region's code and name."""

    class Meta:
        model = Region
        fields = ("code", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["code"].disabled = True


class WindowForm(forms.ModelForm[PlannedWindow]):
    """When a site or a region is offline on purpose."""

    duration = DurationFormField(label=_("Lasts"), help_text=_("90m, 8h, 1d"))

    class Meta:
        model = PlannedWindow
        fields = ("site", "region", "starts_at", "duration", "rrule", "reason")
        help_texts = {
            "starts_at": _("In your own time zone; it repeats at that hour of each site's zone."),
            "rrule": _("Empty for once; FREQ=DAILY, or FREQ=WEEKLY;BYDAY=SU."),
        }
        widgets = {
            "starts_at": forms.DateTimeInput(
                attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
            )
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.visible_to(user).open().order_by("code")


class FailoverForm(forms.ModelForm[FailoverPath]):
    """A prepared way from one site to another."""

    class Meta:
        model = FailoverPath
        fields = ("name", "source", "target", "asset", "is_automatic", "switch_address")
        help_texts = {
            "asset": _("Empty if everything of the site goes this way."),
            "switch_address": _(
                "A step orders the switch there by a signed webhook; empty where people switch."
            ),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source", "target"):
            sites: Any = self.fields[name]
            sites.queryset = Site.objects.visible_to(user).open().order_by("code")
        assets: Any = self.fields["asset"]
        assets.queryset = Asset.objects.visible_to(user).in_use().order_by("code")
