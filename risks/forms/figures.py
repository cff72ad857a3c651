"""The forms of figures: estimates, the tolerance line, what continuity is worth."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from risks.models import ContinuityWorth, LossEstimate


class EstimateForm(forms.ModelForm[LossEstimate]):
    """How often and how much, so that one would be surprised only one time in ten."""

    class Meta:
        model = LossEstimate
        fields = (
            "rate_low",
            "rate_high",
            "shape",
            "loss_low",
            "loss_likely",
            "loss_high",
            "note",
        )
        help_texts = {
            "rate_low": _("Once in ten years is 0.1."),
            "loss_likely": _("Only for PERT."),
            "note": _("Incidents, contracts, prices: on what this rests."),
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}


class ToleranceForm(forms.Form):
    """The line under which the curve must stay."""

    points = forms.CharField(
        label=_("Loss and chance, one pair a line"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For example “1000000000 20%”: more than a billion in at most one year of 5."),
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}))

    def clean_points(self) -> list[tuple[float, float]]:
        """Pairs of numbers, or a sentence that says which line is none."""
        pairs = []
        for line in self.cleaned_data["points"].splitlines():
            words = line.replace(";", " ").split()
            if not words:
                continue
            try:
                loss, chance = words
                pairs.append((float(loss), _chance(chance)))
            except ValueError as error:
                raise forms.ValidationError(
                    gettext("“%s” is not a loss and a chance.") % line
                ) from error
        return pairs


def _chance(text: str) -> float:
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


class WorthForm(forms.ModelForm[ContinuityWorth]):
    """What an hour, an error and the undertaking are worth."""

    class Meta:
        model = ContinuityWorth
        fields = (
            "hour_of_downtime",
            "share_offline",
            "hours_before",
            "error_cost",
            "yearly_cost",
            "busy_from",
            "busy_until",
            "gigabyte_cost",
            "reason",
        )
        widgets = {"reason": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = _("Accounts, contracts, years before the portal.")
