"""The form of a calendar kept elsewhere."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.ical_in import MOST_BYTES
from incidents.models import CalendarUse


class CalendarForm(forms.Form):
    """Where the turns of a duty are planned: a file, or an address that is read again and again."""

    name = forms.CharField(label=_("Name"), max_length=120)
    use = forms.ChoiceField(label=_("What its events are"), choices=CalendarUse.choices)
    address = forms.CharField(
        label=_("Address"),
        max_length=500,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
        help_text=_("The iCal address of the other program; read every quarter of an hour."),
    )
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("An .ics file of at most one megabyte.")
    )

    def clean_file(self) -> str:
        """The words of the file."""
        file = self.cleaned_data.get("file")
        if not file:
            return ""
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("A calendar may have one megabyte."))
        try:
            return str(file.read().decode())
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("This is no whole iCalendar file.")) from error

    def clean(self) -> dict[str, Any]:
        """Exactly one source."""
        said = super().clean() or self.cleaned_data
        if not self.errors and bool(said.get("address")) == bool(said.get("file")):
            raise forms.ValidationError(_("Give either a file or an address."))
        return said
