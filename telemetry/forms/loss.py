"""What people fill in when a device is lost or damaged, and when that report is settled."""

from django import forms
from django.utils.translation import gettext_lazy as _

from telemetry.models.device_loss import LossKind, LossOutcome

_MINUTE = "%Y-%m-%dT%H:%M"


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_MINUTE)


class LossForm(forms.Form):
    """Everything is filled in already: pressing the button is enough."""

    kind = forms.TypedChoiceField(
        label=_("What happened"), choices=LossKind.choices, coerce=LossKind, initial=LossKind.LOST
    )
    noticed_at = forms.DateTimeField(
        label=_("Since when is it gone or damaged?"),
        required=False,
        widget=_moment(),
        help_text=_("When somebody noticed it; empty means just now"),
    )
    reason = forms.CharField(
        label=_("What is known"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Not needed. Nobody is blamed for reporting."),
    )


class SettleForm(forms.Form):
    """How a report ended, and the record of decontamination."""

    outcome = forms.TypedChoiceField(
        label=_("How it ended"),
        choices=[one for one in LossOutcome.choices if one[0] != LossOutcome.OPEN],
        coerce=LossOutcome,
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    cleaned_by = forms.CharField(
        label=_("Decontaminated by"),
        required=False,
        max_length=120,
        help_text=_("A device of a health site goes to repair only with this record."),
    )
    cleaned_at = forms.DateTimeField(label=_("Decontaminated at"), required=False, widget=_moment())
    cleaned_how = forms.CharField(
        label=_("How it was decontaminated"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
