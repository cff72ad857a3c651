"""What it takes to decide a conflict, and to write a rule."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.shared.durations import DurationFormField
from telemetry.conflicts.choosing import TYPED
from telemetry.conflicts.reading import CaseReading
from telemetry.conflicts.wording import read_typed
from telemetry.models import ConflictRule
from telemetry.models.conflict_decision import ReviewFinding


class BulkDecideForm(forms.Form):
    """One way for many cases."""

    take = forms.ChoiceField(
        label=gettext_lazy("Decide"),
        choices=[
            ("rule", gettext_lazy("as merge and rules propose")),
            ("source", gettext_lazy("as this source says:")),
        ],
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=128, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


class FindingForm(ReasonForm):
    """What a second look found."""

    finding = forms.ChoiceField(
        label=gettext_lazy("It was"), choices=ReviewFinding.choices, widget=forms.RadioSelect
    )


class DecideForm(ReasonForm):
    """The choice for each field, as the card's table sends it: `choice-3`, `typed-3`."""

    def __init__(self, *args: Any, reading: CaseReading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fields = reading.judgement.fields

    def clean(self) -> dict[str, Any]:
        """Read choices by the number of their field; what was typed, by the kind of value."""
        cleaned = super().clean() or {}
        choices: dict[str, str] = {}
        typed: dict[str, Any] = {}
        for number, field in enumerate(self._fields):
            choice = str(self.data.get(f"choice-{number}", ""))
            if not choice:
                continue
            choices[field.name] = choice
            if choice == TYPED:
                try:
                    text = str(self.data.get(f"typed-{number}", ""))
                    typed[field.name] = read_typed(text, list(field.told))
                except (ValueError, KeyError):
                    self.add_error(
                        None,
                        _("What was typed for “%(name)s” is not that kind of value.")
                        % {"name": field.name},
                    )
        return cleaned | {"choices": choices, "typed": typed}


class RuleForm(forms.ModelForm[ConflictRule]):
    """A rule as a technician writes it."""

    roles = forms.CharField(
        label=gettext_lazy("Roles, highest first"),
        required=False,
        help_text=gettext_lazy("Only for “the higher role wins”; separated by commas"),
    )
    moves = forms.CharField(
        label=gettext_lazy("Moves"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "Only for “the later state wins”; one line for each state: new: paid, cancelled"
        ),
    )
    answer_within = DurationFormField(
        label=gettext_lazy("To be decided within"), help_text=gettext_lazy("For example 4h")
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500)

    class Meta:
        model = ConflictRule
        fields = (
            "entity", "field", "kind", "master", "roles", "moves", "data_class", "limit",
            "safety", "answer_within",
        )  # fmt: skip
        help_texts = {
            "entity": gettext_lazy("The kind of record as sites name it; * for every kind"),
            "field": gettext_lazy("* for every field without a rule of its own"),
            "master": gettext_lazy("Only for “a master source wins”"),
            "data_class": gettext_lazy("All but “ordinary” always need a person"),
            "limit": gettext_lazy("Any larger amount needs a second person"),
            "safety": gettext_lazy("For stock: below it a person decides"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = self.instance
        if rule.pk:
            self.initial["roles"] = ", ".join(rule.roles)
            self.initial["moves"] = "\n".join(
                f"{state}: {', '.join(targets)}" for state, targets in rule.moves.items()
            )

    def clean_roles(self) -> list[str]:
        """The roles in their order."""
        return _words(self.cleaned_data["roles"])

    def clean_moves(self) -> dict[str, list[str]]:
        """Each state and what may follow."""
        moves: dict[str, list[str]] = {}
        for line in self.cleaned_data["moves"].splitlines():
            if not line.strip():
                continue
            state, colon, targets = line.partition(":")
            if not colon or not state.strip():
                raise forms.ValidationError(
                    _("Write each line as “state: next, other next”: %(line)s") % {"line": line}
                )
            moves[state.strip()] = _words(targets)
        return moves

    def _post_clean(self) -> None:
        """Leave the row alone: the verb sets and checks it."""


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
