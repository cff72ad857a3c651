"""The form by which a review asks an owner for a change."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from risks.selectors.changeable import Changeable, grouped


class AskOwnerForm(forms.Form):
    """What has to change, how, and by when; the owner follows from what it is."""

    thing = forms.ChoiceField(
        label=_("What has to change"),
        help_text=_("Its owner stands in brackets and is asked."),
    )
    text = forms.CharField(label=_("What is to be done"), max_length=500)
    due_on = forms.DateField(
        label=_("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, things: Sequence[Changeable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._things = {thing.key: thing for thing in things}
        field: Any = self.fields["thing"]
        field.choices = [("", "–"), *grouped(things)]

    def clean_thing(self) -> Changeable:
        """The thing itself."""
        return self._things[self.cleaned_data["thing"]]
