"""Forms with which an administrator looks after accounts."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role

# What most people look for comes first.
NEAR = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}
USERNAME = RegexValidator(
    r"^[a-z0-9][a-z0-9._-]{1,39}\Z",
    _("Two to forty small letters, digits, dots, dashes or underscores."),
)
# Words that stand in addresses where a username would.
RESERVED = ("add",)


def zones() -> list[tuple[str, str]]:
    """All time zones, the Indonesian ones first."""
    first = [(zone, f"{zone} ({short})") for zone, short in NEAR.items()]
    return first + [(zone, zone) for zone in sorted(available_timezones() - NEAR.keys())]


class RoleFields(forms.Form):
    """What somebody is trusted with."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Give as few as the work needs."),
    )


class PersonForm(forms.Form):
    """Who somebody is."""

    full_name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("Mail"))
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=[("en", _("English")), ("id", _("Indonesian"))]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, initial="Asia/Jakarta")


class NewPersonForm(PersonForm, RoleFields):
    """Who somebody is, and what they will be trusted with."""

    username = forms.CharField(
        label=_("Username"),
        max_length=40,
        validators=[USERNAME],
        help_text=_("What the person signs in with. One person, one account; never shared."),
    )
    order = (
        "full_name",
        "email",
        "username",
        "job_title",
        "phone",
        "language",
        "time_zone",
        "roles",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.order)

    def clean_username(self) -> str:
        """Refuse names that an address needs for something else."""
        username = str(self.cleaned_data["username"])
        if username in RESERVED:
            raise forms.ValidationError(_("Choose another username."))
        return username


class RolesForm(RoleFields):
    """Other roles, and why."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Give as few as the work needs."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)
    emergency = forms.BooleanField(
        label=_("It is an emergency: give dangerous roles at once"),
        required=False,
        help_text=_("For four hours. A second person looks at it afterwards."),
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), max_length=300)


class AccessForm(ReasonForm):
    """Why somebody needs a new way in, and whether the second factor is lost too."""

    drop_second_factor = forms.BooleanField(
        label=_("The second factor is lost, too: remove it"), required=False
    )


def facts_of(person: User) -> dict[str, str]:
    """A person as the first content of the form."""
    return {
        "full_name": person.name,
        "email": person.email,
        "job_title": person.job_title,
        "phone": person.phone,
        "language": person.language,
        "time_zone": person.time_zone,
    }
