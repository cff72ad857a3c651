"""The forms of recovery designs and third parties."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.asset import CODE
from assets.models import Asset, FailoverPath, RecoveryDesign, ThirdParty
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField


class RecoveryDesignForm(forms.ModelForm[RecoveryDesign]):
    """How an asset is built to come back."""

    retention = DurationFormField(
        label=_("Copies are kept for"), required=False, help_text=_("For example 30d.")
    )
    full_restore = DurationFormField(
        label=_("Full restore takes"), required=False, help_text=_("Measured or estimated: 4h.")
    )
    partial_restore = DurationFormField(
        label=_("Partial restore takes"), required=False, help_text=_("One table, one folder.")
    )

    class Meta:
        model = RecoveryDesign
        fields = (
            "redundancy",
            "failover",
            "failover_path",
            "replication",
            "retention",
            "full_restore",
            "partial_restore",
            "note",
        )
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, user: User, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        path: Any = self.fields["failover_path"]
        path.queryset = FailoverPath.objects.visible_to(user).order_by("name")


class ThirdPartyForm(forms.ModelForm[ThirdParty]):
    """What is known about a third party."""

    promised_rto = DurationFormField(
        label=_("Back within, by contract"), required=False, help_text=_("Empty is unknown.")
    )

    class Meta:
        model = ThirdParty
        fields = (
            "name",
            "contract",
            "contract_ends_on",
            "notice_days",
            "promised_rto",
            "contact",
            "phone",
            "email",
            "exit_plan",
        )
        widgets = {
            "contract_ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "exit_plan": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {"exit_plan": _("Where the data go, who takes over, how long it takes.")}


class NewThirdPartyForm(ThirdPartyForm):
    """A third party and the code people will call it by."""

    code = forms.CharField(label=_("Code"), max_length=40, validators=[CODE])
    field_order = ("code",)

    def clean_code(self) -> str:
        """Codes are capitals, and nobody else's."""
        code = str(self.cleaned_data["code"]).upper()
        if ThirdParty.objects.filter(code=code).exists():
            raise forms.ValidationError(_("This code is already taken."))
        return code
