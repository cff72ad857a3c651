"""The form of the authority matrix."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.authority import ONE, SEVERITIES, TWO, Authority
from incidents.models import StepRight

CHOICES = [(ONE, _("one person")), (TWO, _("two people"))]


class AuthorityForm(forms.Form):
    """How many people for each cell, and why it changes."""

    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, matrix: Authority, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cells: dict[str, forms.Field] = {}
        for right in StepRight:
            for severity in SEVERITIES:
                cells[_name(right, severity)] = forms.TypedChoiceField(
                    label=_("%(right)s, in an incident of S%(severity)s")
                    % {"right": right.label, "severity": severity},
                    choices=CHOICES,
                    coerce=int,
                    initial=matrix.people(right.value)[severity - 1],
                )
        self.fields = cells | self.fields

    def clean(self) -> dict[str, Any]:
        """Gather the cells into rows."""
        data = dict(super().clean() or {})
        names = {right: [_name(right, severity) for severity in SEVERITIES] for right in StepRight}
        if all(name in data for row in names.values() for name in row):
            data["cells"] = {
                right.value: [data.pop(name) for name in row] for right, row in names.items()
            }
        return data


def _name(right: StepRight, severity: int) -> str:
    return f"{right.name.lower()}_s{severity}"
