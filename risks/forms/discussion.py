"""The forms of what people say about a risk and put beside it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from risks.filing import ALLOWED


class RemarkForm(forms.Form):
    """Something said about a risk."""

    text = forms.CharField(
        label=_("Remark"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )


class LinkForm(forms.Form):
    """An address that says more."""

    url = forms.URLField(label=_("Address"), max_length=500, assume_scheme="https")
    label = forms.CharField(label=_("What it is"), max_length=160, required=False)


class FileForm(forms.Form):
    """A file to keep beside a risk."""

    file = forms.FileField(label=_("File"), help_text=_("At most 8 MB."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        file: Any = self.fields["file"]
        file.widget.attrs["accept"] = ",".join(f".{ending}" for ending in sorted(ALLOWED))
