"""What it takes to let a device, a job or another monitor report to us."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from telemetry.models.webhook_source import WebhookKind


class _AtSite(forms.Form):
    """Something at one of the sites the person may see."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["site"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Site.objects.visible_to(user).open().order_by("code")


class EnrolForm(_AtSite):
    """A machine at a site."""

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none())
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What people call the machine")
    )
    kind = forms.CharField(label=_("Kind"), max_length=40, initial="server")


class PingForm(_AtSite):
    """A job that calls when it has run."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For example: night backup")
    )
    period = DurationFormField(label=_("Calls every"), help_text=_("For example 24h"))
    grace = DurationFormField(label=_("Grace"), help_text=_("How much later is still fine"))
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), required=False)


class WebhookForm(_AtSite):
    """A monitor that sends its own alerts."""

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(
        label=_("Speaks like"),
        choices=[
            choice for choice in WebhookKind.choices if choice[0] != WebhookKind.GENERIC.value
        ],
    )
    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), required=False)

    def clean_kind(self) -> WebhookKind:
        """Hand over the kind itself."""
        return WebhookKind(self.cleaned_data["kind"])


class WhyForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
