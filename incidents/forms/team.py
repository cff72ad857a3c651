"""Forms of teams and of the severity matrix."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from incidents.models import Severity
from incidents.severity_matrix import REACHES, SEVERITIES, Matrix


def _people() -> Any:
    return User.objects.filter(is_active=True).order_by("first_name", "username")


class TeamForm(forms.Form):
    """What the team does, who leads it, who is in it."""

    name = forms.CharField(label=_("What the team does"), max_length=80)
    lead = forms.ModelChoiceField(label=_("Who leads it"), queryset=User.objects.none())
    members = forms.ModelMultipleChoiceField(
        label=_("Who is in it"),
        queryset=User.objects.none(),
        required=False,
        help_text=_("More than seven people on one lead are hard to lead."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("lead", "members"):
            field: Any = self.fields[name]
            field.queryset = _people()


class JoinForm(forms.Form):
    """One more person."""

    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["user"]
        field.queryset = _people()


REACH_WORDS = {
    "ordinary": _("a few ordinary sites"),
    "wide": _("a vital site, or many"),
    "vital_and_wide": _("a vital site among many"),
}


class SeverityMatrixForm(forms.Form):
    """The severity for each cell, what counts as many, and why it changes."""

    many_sites = forms.IntegerField(label=_("Many sites begin at"), min_value=2, max_value=10_000)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, matrix: Matrix, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["many_sites"].initial = matrix.many_sites
        cells: dict[str, forms.Field] = {}
        for said in SEVERITIES:
            for column, reach in enumerate(REACHES):
                cells[f"s{said}_{reach}"] = forms.TypedChoiceField(
                    label=_("The rule says S%(said)s, hit is %(reach)s")
                    % {"said": said, "reach": REACH_WORDS[reach]},
                    choices=Severity.choices,
                    coerce=int,
                    initial=matrix.cells[str(said)][column],
                )
        self.fields = cells | self.fields

    def clean(self) -> dict[str, Any]:
        """Gather the cells into rows."""
        data = dict(super().clean() or {})
        names = [f"s{said}_{reach}" for said in SEVERITIES for reach in REACHES]
        if all(name in data for name in names):
            data["cells"] = {
                str(said): [data.pop(f"s{said}_{reach}") for reach in REACHES]
                for said in SEVERITIES
            }
        return data
