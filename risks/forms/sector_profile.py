"""The form in which an organisation says what it asks of a sector."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import Course
from incidents.models import Playbook
from risks.models import Control
from risks.selectors.sector_profile import ready_titles
from telemetry.sector_profiles import LIMITS, Asks, proposed_controls


class SectorProfileForm(forms.Form):
    """Limits, controls, courses and playbooks of one sector, and why they change."""

    controls = forms.MultipleChoiceField(
        label=_("Controls"), required=False, widget=forms.CheckboxSelectMultiple
    )
    courses = forms.MultipleChoiceField(
        label=_("Courses"), required=False, widget=forms.CheckboxSelectMultiple
    )
    playbooks = forms.MultipleChoiceField(
        label=_("Playbooks"), required=False, widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, sector: str, asks: Asks, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Control.objects.in_place().order_by("code").values_list("code", "name")
        controls = {code: one.name for code, one in proposed_controls(sector).items()} | dict(own)
        plans = ready_titles() | dict(Playbook.objects.values_list("code", "title"))
        courses = {one.code: str(one) for one in Course.objects.in_use()}
        for name, names in (("controls", controls), ("courses", courses), ("playbooks", plans)):
            field: Any = self.fields[name]
            chosen = getattr(asks, name)
            # What is asked for comes first, in its order; what is gone stays visible by its code.
            codes = [*chosen, *(code for code in names if code not in chosen)]
            field.choices = [(code, f"{code} {names.get(code, '')}".strip()) for code in codes]
            field.initial = list(chosen)
        limits = {
            name: forms.IntegerField(
                label=str(label), required=False, min_value=1, initial=asks.limits.get(name)
            )
            for name, label in LIMITS.items()
        }
        self.fields = limits | self.fields

    def asks(self) -> Asks:
        """What was said."""
        told = self.cleaned_data
        return Asks(
            {name: told[name] for name in LIMITS if told.get(name) is not None},
            tuple(told["controls"]),
            tuple(told["courses"]),
            tuple(told["playbooks"]),
        )
