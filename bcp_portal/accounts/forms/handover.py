"""The form of a handover: what, to whom, why, and whether the person leaves."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.selectors.duties import DutyGroup

ROLE_WORDS = dict(Role.choices)


class SuccessorField(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in the stubs only
    """People with their roles: who may do what is seen before it is asked for."""

    def label_from_instance(self, obj: Any) -> str:
        """A name, and the roles behind it."""
        roles = [str(ROLE_WORDS.get(group.name, group.name)) for group in obj.groups.all()]
        return f"{obj.name} ({', '.join(sorted(roles))})" if roles else str(obj.name)


class HandoverForm(forms.Form):
    """Everything is ticked at first; what stays is unticked."""

    keys = forms.MultipleChoiceField(
        label=_("What is handed over"), widget=forms.CheckboxSelectMultiple
    )
    to = SuccessorField(label=_("To whom"), queryset=User.objects.none())
    reason = forms.CharField(label=_("Why"), max_length=300)
    and_close = forms.BooleanField(
        label=_("Deactivate the account, too"),
        required=False,
        help_text=_("Both happen together or not at all, and nothing may be left behind."),
    )

    def __init__(
        self, *args: Any, person: User, groups: Sequence[DutyGroup], leaves: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        keys = self.fields["keys"]
        assert isinstance(keys, forms.MultipleChoiceField)
        keys.choices = [
            (group.label, [(duty.key, duty.words) for duty in group.duties]) for group in groups
        ]
        keys.initial = [duty.key for group in groups for duty in group.duties]
        to = self.fields["to"]
        assert isinstance(to, forms.ModelChoiceField)
        others = User.objects.filter(is_active=True).exclude(pk=person.pk)
        others = others.prefetch_related("groups")
        to.queryset = others.order_by("first_name", "last_name", "username")
        if not leaves:
            del self.fields["and_close"]
