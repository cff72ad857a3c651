"""Forms of the tree of causes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.models import Cause, CauseKind, Review, TimelineEntry


class CauseForm(forms.Form):
    """A cause, and what it lies under."""

    text = forms.CharField(label=_("Cause"), max_length=500)
    kind = forms.ChoiceField(label=_("Kind"), choices=CauseKind.choices, initial=CauseKind.PROCESS)
    parent = forms.ModelChoiceField(
        label=_("Explains"), queryset=Cause.objects.none(), required=False
    )

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parent"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Cause.objects.filter(review=review)


class EvidenceForm(forms.Form):
    """What shows a cause."""

    entry = forms.ModelChoiceField(
        label=_("Entry of the timeline"), queryset=TimelineEntry.objects.none(), required=False
    )
    note = forms.CharField(label=_("Or where to look"), max_length=300, required=False)

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["entry"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = TimelineEntry.objects.filter(incident=review.incident_id)
