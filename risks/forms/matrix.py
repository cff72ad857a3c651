"""The forms of a matrix and of the categories that are judged by it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from risks.matrix_draft import LEAST_LEVELS, MOST_LEVELS, WORDS, Draft
from risks.models import RiskCategory
from risks.scoring import LEAST_STEPS, MOST_STEPS

COLOURS = [
    ("ok", _("Green")),
    ("info", _("Blue")),
    ("watch", _("Amber")),
    ("act", _("Red")),
    ("calm", _("Grey")),
]
HEADS = {
    "en": _("Name in English"),
    "id": _("Name in Indonesian"),
    "means_en": _("What it claims, in English"),
    "means_id": _("What it claims, in Indonesian"),
}


class SizeForm(forms.Form):
    """How large the matrix is to be."""

    rows = forms.IntegerField(
        label=_("Likelihoods"), min_value=LEAST_STEPS, max_value=MOST_STEPS, required=False
    )
    columns = forms.IntegerField(
        label=_("Impacts"), min_value=LEAST_STEPS, max_value=MOST_STEPS, required=False
    )
    levels = forms.IntegerField(
        label=_("Levels"), min_value=LEAST_LEVELS, max_value=MOST_LEVELS, required=False
    )

    def size(self, draft: Draft) -> tuple[int, int, int]:
        """The size asked for; where nothing sensible was asked, that of the draft."""
        self.is_valid()
        asked = [self.cleaned_data.get(name) for name in ("rows", "columns", "levels")]
        rows, columns, levels = (one or now for one, now in zip(asked, draft.shape, strict=True))
        return rows, columns, levels


class MatrixForm(forms.Form):
    """A new version of a matrix: names, colours, bands in figures, and every cell."""

    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, *args: Any, draft: Draft, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.language = language
        for axis, steps in (("likelihood", draft.likelihoods), ("impact", draft.impacts)):
            for step in steps:
                self._add_words(f"{axis}-{step['value']}", step, WORDS, f"{step['value']}: ")
                if step is not steps[-1]:
                    self._add_end(axis, step)
        for level in draft.levels:
            self._add_level(level)
        for row in range(1, len(draft.likelihoods) + 1):
            for column in range(1, len(draft.impacts) + 1):
                self._add_cell(row, column)
        self.fields["reason"] = forms.CharField(
            label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2})
        )

    def _add_words(self, prefix: str, row: dict[str, Any], names: Any, start: str) -> None:
        for name in names:
            label = f"{start}{HEADS[name]}"
            self.fields[f"{prefix}-{name}"] = forms.CharField(
                label=label,
                required=name == "en",
                max_length=160,
                initial=row.get(name, ""),
                widget=forms.TextInput(attrs={"aria-label": label}),
            )

    def _add_end(self, axis: str, step: dict[str, Any]) -> None:
        often = axis == "likelihood"
        words = _("%d: at most so often a year") if often else _("%d: costs at most")
        label = str(words) % step["value"]
        self.fields[f"{'upper' if often else 'loss'}-{step['value']}"] = forms.FloatField(
            label=label,
            min_value=0.0001,
            required=False,
            initial=step.get("upper"),
            widget=forms.NumberInput(attrs={"step": "any", "aria-label": label}),
        )

    def _add_level(self, level: dict[str, Any]) -> None:
        word, shown = level["word"], self._shown(level)
        self._add_words(f"level-{word}", level, ("en", "id"), f"{shown}: ")
        self.fields[f"tone-{word}"] = forms.ChoiceField(
            label=_("Colour"),
            choices=COLOURS,
            initial=level["tone"],
            widget=forms.Select(attrs={"aria-label": f"{shown}: {_('Colour')}"}),
        )
        self.fields[f"tolerable-{word}"] = forms.BooleanField(
            label=_("%s is tolerable") % shown,
            required=False,
            initial=level["is_tolerable"],
            widget=forms.CheckboxInput(attrs={"aria-label": _("%s is tolerable") % shown}),
        )
        label = _("%s: days until the next review") % shown
        self.fields[f"days-{word}"] = forms.IntegerField(
            label=label,
            min_value=1,
            max_value=1100,
            initial=level["review_days"],
            widget=forms.NumberInput(attrs={"aria-label": label}),
        )

    def _add_cell(self, row: int, column: int) -> None:
        draft = self.draft
        place = f"{row} {self._shown(draft.likelihoods[row - 1])} × "
        place += f"{column} {self._shown(draft.impacts[column - 1])}"
        self.fields[f"cell-{row}-{column}"] = forms.ChoiceField(
            label=place,
            choices=[(level["word"], self._shown(level)) for level in draft.levels],
            initial=draft.cells[row - 1][column - 1],
            widget=forms.Select(attrs={"aria-label": place}),
        )

    def _shown(self, row: dict[str, Any]) -> str:
        return str(row.get(self.language) or row["en"] or row.get("word") or "…")

    def axis_rows(self, axis: str) -> list[dict[str, Any]]:
        """The fields of one axis, step by step, for the page."""
        steps = self.draft.likelihoods if axis == "likelihood" else self.draft.impacts
        end = "upper" if axis == "likelihood" else "loss"
        return [
            {
                "value": value,
                "fields": [self[f"{axis}-{value}-{name}"] for name in WORDS],
                "end": self[f"{end}-{value}"] if f"{end}-{value}" in self.fields else None,
            }
            for value in range(1, len(steps) + 1)
        ]

    def level_rows(self) -> list[list[Any]]:
        """The fields of the levels, mildest first."""
        names = ("level-{}-en", "level-{}-id", "tone-{}", "tolerable-{}", "days-{}")
        return [[self[name.format(level["word"])] for name in names] for level in self.draft.levels]

    def grid(self) -> list[dict[str, Any]]:
        """The fields of the cells, likeliest row on top."""
        rows, columns, _levels = self.draft.shape
        return [
            {
                "label": f"{row} {self._shown(self.draft.likelihoods[row - 1])}",
                "cells": [self[f"cell-{row}-{column}"] for column in range(1, columns + 1)],
            }
            for row in range(rows, 0, -1)
        ]

    def columns(self) -> list[str]:
        """The impacts under the grid."""
        return [f"{one['value']} {self._shown(one)}" for one in self.draft.impacts]

    def cells(self) -> list[list[str]]:
        """The words of the levels, least likely first."""
        rows, columns, _levels = self.draft.shape
        return [
            [self.cleaned_data[f"cell-{row}-{column}"] for column in range(1, columns + 1)]
            for row in range(1, rows + 1)
        ]

    def levels(self) -> list[dict[str, Any]]:
        """The levels with their names and colours, what is tolerable, how often each is due."""
        said = self.cleaned_data
        return [
            level
            | {
                "en": said[f"level-{level['word']}-en"],
                "id": said[f"level-{level['word']}-id"],
                "tone": said[f"tone-{level['word']}"],
                "is_tolerable": said[f"tolerable-{level['word']}"],
                "review_days": said[f"days-{level['word']}"],
            }
            for level in self.draft.levels
        ]

    def steps(self, axis: str) -> list[dict[str, Any]]:
        """The likelihoods or impacts with their names and the ends of their bands."""
        steps = self.draft.likelihoods if axis == "likelihood" else self.draft.impacts
        end = "upper" if axis == "likelihood" else "loss"
        said = self.cleaned_data
        return [
            {"value": value}
            | {name: said[f"{axis}-{value}-{name}"] for name in WORDS}
            | {"upper": said.get(f"{end}-{value}")}
            for value in range(1, len(steps) + 1)
        ]


class CategoryForm(forms.ModelForm[RiskCategory]):
    """A kind of harm, and the matrix by which its risks are judged."""

    matrix_family = forms.ChoiceField(label=_("Judged by"))
    reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    class Meta:
        model = RiskCategory
        fields = ("code", "name", "name_id", "matrix_family")

    def __init__(self, *args: Any, families: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        family: Any = self.fields["matrix_family"]
        family.choices = families
        if self.instance.pk:
            # What files and saved views name stays.
            self.fields.pop("code")
