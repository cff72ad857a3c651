"""The forms of a custom field."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import CustomField

LINES = {"rows": 4}


class CustomFieldForm(forms.ModelForm[CustomField]):
    """One question more; its key and kind are chosen once."""

    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs=LINES),
        help_text=_("One on each line; only for a choice."),
    )

    class Meta:
        model = CustomField
        fields = ("about", "key", "name", "name_id", "kind", "choices", "help_text", "position")
        help_texts = {
            "key": _("Under this name it stands in files and in the API: cost_centre."),
            "position": _("Fields with smaller numbers come first."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("about", "key", "kind"):
                self.fields.pop(name)
            self.initial["choices"] = "\n".join(self.instance.choices)

    def clean_choices(self) -> list[str]:
        """The lines, each once."""
        lines = self.cleaned_data["choices"].splitlines()
        return list(dict.fromkeys(line.strip()[:120] for line in lines if line.strip()))
