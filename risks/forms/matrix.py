"""The form of a matrix: which cell has which level, and what a level and a step mean in figures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from risks.scoring import STEPS, Scale

STEP_RANGE = range(1, STEPS + 1)


class MatrixForm(forms.Form):
    """A new version of the matrix in force."""

    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, *args: Any, scale: Scale, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(level.word, level.label(language)) for level in scale.levels]
        for row in reversed(STEP_RANGE):
            for column in STEP_RANGE:
                place = f"{scale.likelihoods[row - 1].label(language)} × "
                place += scale.impacts[column - 1].label(language)
                self.fields[f"cell-{row}-{column}"] = forms.ChoiceField(
                    label=place, choices=words, initial=scale.level(row, column).word
                )
        for level in scale.levels:
            label = level.label(language)
            self.fields[f"tolerable-{level.word}"] = forms.BooleanField(
                label=_("%s is tolerable") % label, required=False, initial=level.is_tolerable
            )
            self.fields[f"days-{level.word}"] = forms.IntegerField(
                label=_("%s: days until the next review") % label,
                min_value=1,
                max_value=1100,
                initial=level.review_days,
            )
        edges = scale.rate_edges()
        for step in scale.likelihoods[:-1]:
            self.fields[f"upper-{step.value}"] = forms.FloatField(
                label=_("%s: at most so often a year") % step.label(language),
                min_value=0.0001,
                initial=round(edges[step.value - 1], 4),
            )
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2})
        )

    def cells(self) -> list[list[str]]:
        """The words of the levels, least likely first."""
        return [
            [self.cleaned_data[f"cell-{row}-{column}"] for column in STEP_RANGE]
            for row in STEP_RANGE
        ]

    def levels(self, levels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The levels with what is tolerable and how often each is looked at."""
        return [
            level
            | {
                "is_tolerable": self.cleaned_data[f"tolerable-{level['word']}"],
                "review_days": self.cleaned_data[f"days-{level['word']}"],
            }
            for level in levels
        ]

    def likelihoods(self, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The likelihoods with the ends of their bands."""
        return [step | {"upper": self.cleaned_data.get(f"upper-{step['value']}")} for step in steps]
