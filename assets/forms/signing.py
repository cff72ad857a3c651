"""What people fill in when they discuss, sign, decline and delegate."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.asset import people
from assets.models import APPOINTED
from bcp_portal.accounts.models import User


class RemarkForm(forms.Form):
    """Something to say about a proposal."""

    text = forms.CharField(
        label=_("Remark"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )


class SignatoryForm(forms.Form):
    """Who signs for operations or for top management."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in APPOINTED]
    )
    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["user"]
        person.queryset = people()


class DelegationForm(forms.Form):
    """Somebody signs in my name for a while."""

    delegate = forms.ModelChoiceField(label=_("To"), queryset=User.objects.none())
    ends_at = forms.DateTimeField(
        label=_("Until"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("A delegation always ends."),
    )
    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["delegate"]
        person.queryset = people().exclude(pk=user.pk)
