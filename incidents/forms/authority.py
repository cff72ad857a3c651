"""The form of the authority matrix."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.authority import ONE, SEVERITIES, TWO, Authority
from incidents.models import StepRight

# How many severities, from the worst on, take two: so that graver never takes fewer.
CHOICES = [
    (0, _("one person at every severity")),
    (1, _("two people at S1")),
    (2, _("two people at S1 and S2")),
    (3, _("two people from S1 to S3")),
    (4, _("two people at every severity")),
]


class AuthorityForm(forms.Form):
    """How many people each right takes, and why it changes."""

    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, matrix: Authority, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows: dict[str, forms.Field] = {
            right.name.lower(): forms.TypedChoiceField(
                label=right.label,
                choices=CHOICES,
                coerce=int,
                initial=list(matrix.people(right.value)).count(TWO),
            )
            for right in StepRight
        }
        self.fields = rows | self.fields

    def clean(self) -> dict[str, Any]:
        """Turn each row into its cells."""
        data = dict(super().clean() or {})
        if all(right.name.lower() in data for right in StepRight):
            data["cells"] = {
                right.value: _cells(data.pop(right.name.lower())) for right in StepRight
            }
        return data


def _cells(with_two: int) -> list[int]:
    return [TWO if severity <= with_two else ONE for severity in SEVERITIES]
