"""What every form of a catalogue entry has in common."""

from typing import Any, TypeVar

from django import forms

from assets.models import CatalogueEntry

Entry = TypeVar("Entry", bound=CatalogueEntry)


class CatalogueForm(forms.ModelForm[Entry]):
    """An entry by its names; the code is asked once, when the entry is new."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # What files and saved views name stays.
            self.fields.pop("code")

    def clean_code(self) -> str:
        """Codes are said on the phone: capitals are one trap less."""
        return str(self.cleaned_data["code"]).upper()
