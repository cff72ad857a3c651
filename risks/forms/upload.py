"""The form of an import."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ImportForm(forms.Form):
    """A register as a file."""

    file = forms.FileField(label=_("File"), help_text=_("CSV or XLSX, at most 4 MB."))
