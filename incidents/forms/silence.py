"""The form of a silence."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from incidents.models import IncidentKind, SilenceKind
from incidents.models.silence import NEVER_SILENT
from telemetry.models import SignalRule

_RULES = [choice for choice in SignalRule.choices if choice[0] not in NEVER_SILENT]


class SilenceForm(forms.Form):
    """What may be quiet, for how long and why; everything named must be true of an alert."""

    kind = forms.ChoiceField(label=_("Why it is quiet"), choices=SilenceKind.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), required=False)
    asset = forms.ModelChoiceField(label=_("Asset"), queryset=Asset.objects.none(), required=False)
    region = forms.ModelChoiceField(
        label=_("Region"),
        queryset=Region.objects.none(),
        required=False,
        help_text=_("Without a site or an asset a second person must agree."),
    )
    rule = forms.ChoiceField(label=_("Rule"), choices=[("", "–"), *_RULES], required=False)
    incident_kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", "–"), *IncidentKind.choices], required=False
    )
    words = forms.CharField(
        label=_("Words in the alert"),
        max_length=100,
        required=False,
        help_text=_("For example the name of a check of another monitor."),
    )
    starts_at = forms.DateTimeField(
        label=_("From"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Leave empty to begin now."),
    )
    span = DurationFormField(
        label=_("For how long"),
        help_text=_("For example 30m or 2h. For more than 4 hours a second person must agree."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = Site.objects.visible_to(user).order_by("code")
        for name, rows in (
            ("site", sites),
            ("asset", Asset.objects.visible_to(user).in_use().order_by("code")),
            ("region", Region.objects.filter(sites__in=sites).distinct().order_by("code")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows
