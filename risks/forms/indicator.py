"""The forms of an indicator."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.asset import people
from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from risks.indicators.readings import READINGS
from risks.models import Indicator, Risk


class IndicatorForm(forms.ModelForm[Indicator]):
    """What is measured, by which limits, and what it warns of."""

    reading = forms.ChoiceField(
        label=_("Where the value comes from"),
        required=False,
        help_text=_("A live reading is taken every minute; otherwise people type it."),
    )
    stale_after = DurationFormField(
        label=_("Too old after"),
        help_text=_("For example 1h or 30d. An old value says nothing, and shows it."),
    )
    risks = forms.ModelMultipleChoiceField(
        label=_("Risks it warns of"), queryset=Risk.objects.none(), required=False
    )

    class Meta:
        model = Indicator
        fields = (
            "name",
            "name_id",
            "description",
            "reading",
            "asset",
            "unit",
            "higher_is_worse",
            "watch_at",
            "act_at",
            "stale_after",
            "owner",
        )
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reading: Any = self.fields["reading"]
        reading.choices = [
            ("", _("Typed by people")),
            *((one.key, one.label) for one in READINGS.values()),
        ]
        owner: Any = self.fields["owner"]
        owner.queryset = people()
        asset: Any = self.fields["asset"]
        asset.queryset = Asset.objects.visible_to(user).in_use().order_by("code")
        asset.help_text = _("Only for readings that are taken by asset; empty: the whole company.")
        risks: Any = self.fields["risks"]
        risks.queryset = Risk.objects.visible_to(user).in_force().order_by("code")
        if self.instance.pk:
            self.fields["risks"].initial = list(self.instance.risks.values_list("pk", flat=True))


class ValueForm(forms.Form):
    """One value, measured by a person."""

    value = forms.FloatField(label=_("Value"))
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
