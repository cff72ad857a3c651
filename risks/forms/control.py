"""The forms of a control."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.asset import people
from risks.filing import ALLOWED
from risks.models import Control, Effectiveness, Risk

RESULTS = [choice for choice in Effectiveness.choices if choice[0] != Effectiveness.UNTESTED]


class ControlForm(forms.ModelForm[Control]):
    """What is said about a control."""

    class Meta:
        model = Control
        fields = ("name", "kind", "nature", "description", "owner", "yearly_cost")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = people()


class ControlTestForm(forms.Form):
    """What a test of the control showed."""

    effectiveness = forms.ChoiceField(
        label=_("Operation"), choices=RESULTS, help_text=_("Does it work as it is meant to?")
    )
    design = forms.ChoiceField(
        label=_("Design"),
        required=False,
        choices=[("", _("Not looked at")), *RESULTS],
        help_text=_("Would it hold the risk down if it always worked?"),
    )
    tested_on = forms.DateField(
        label=_("Tested on"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(label=_("What was tested"), widget=forms.Textarea(attrs={"rows": 3}))
    proof = forms.FileField(
        label=_("Evidence"),
        required=False,
        help_text=_("A file of at most 8 MB; it is kept with its hash."),
        widget=forms.ClearableFileInput(
            attrs={"accept": ",".join(f".{ending}" for ending in sorted(ALLOWED))}
        ),
    )


class ApplyControlForm(forms.Form):
    """A control of the catalogue that holds down this risk."""

    control = forms.ModelChoiceField(label=_("Control"), queryset=Control.objects.none())
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    cuts_rate = forms.FloatField(
        label=_("Takes from the frequency, %"), min_value=0, max_value=95, initial=0
    )
    cuts_loss = forms.FloatField(
        label=_("Takes from the loss, %"), min_value=0, max_value=95, initial=0
    )

    def __init__(self, *args: Any, risk: Risk, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        controls: Any = self.fields["control"]
        controls.queryset = (
            Control.objects.in_place().exclude(risk_controls__risk=risk).order_by("code")
        )
