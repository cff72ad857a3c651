"""The forms of organisational units and of appetite."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.catalogue import CatalogueForm
from assets.models import Unit
from risks.models import RiskCategory


class UnitForm(CatalogueForm[Unit]):
    """A part of the organisation, and the matrix of its own if it has one."""

    matrix_family = forms.ChoiceField(
        label=_("Judged by"),
        required=False,
        help_text=_("A matrix named here judges every risk of the unit, whatever its category."),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    class Meta:
        model = Unit
        fields = ("code", "name", "name_id", "matrix_family", "reason")
        help_texts = {"code": _("Short and lasting: FIN.")}

    def __init__(self, *args: Any, families: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        family: Any = self.fields["matrix_family"]
        family.choices = [("", _("The matrix of the category")), *families]
        if not self.instance.pk:
            self.fields.pop("reason")


class AppetiteForm(forms.Form):
    """Up to which level a unit, a category or both may be lived with."""

    unit = forms.ModelChoiceField(
        label=_("Unit"), queryset=Unit.objects.none(), required=False, empty_label=_("Every unit")
    )
    category = forms.ModelChoiceField(
        label=_("Category"),
        queryset=RiskCategory.objects.none(),
        required=False,
        empty_label=_("Every category"),
    )
    level = forms.ChoiceField(
        label=_("Tolerable up to"),
        required=False,
        help_text=_("A level that the matrix of a risk does not know says nothing about it."),
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, levels: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        unit: Any = self.fields["unit"]
        unit.queryset = Unit.objects.in_use()
        category: Any = self.fields["category"]
        category.queryset = RiskCategory.objects.order_by("name")
        level: Any = self.fields["level"]
        level.choices = [("", _("Nothing is tolerable")), *levels]

    def clean(self) -> dict[str, Any]:
        """What holds for every unit and every category is what the matrix says."""
        facts = super().clean() or {}
        if not facts.get("unit") and not facts.get("category"):
            raise forms.ValidationError(
                _("Choose a unit, a category, or both: for everything the matrix says it.")
            )
        return facts
