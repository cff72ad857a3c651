"""Forms of one's own profile."""

from django import forms
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.forms.person import zones
from bcp_portal.accounts.models import ContactKind


class ProfileForm(forms.Form):
    """How one reads, and where one is called."""

    language = forms.ChoiceField(
        label=_("Language"), choices=[("en", _("English")), ("id", _("Indonesian"))]
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)


class ContactForm(forms.Form):
    """One more way to be reached."""

    # A browser names itself, by a button beside this form.
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[choice for choice in ContactKind.choices if choice[0] != ContactKind.PUSH],
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("A mail address, a webhook (https://…), or a chat address (tgram://…)."),
    )


class CodeForm(forms.Form):
    """The code that came by a way to be reached."""

    code = forms.CharField(label=_("Code"), max_length=12)


class QuietForm(forms.Form):
    """The hours in which only calls come."""

    quiet_from = forms.TimeField(label=_("From"), required=False)
    quiet_until = forms.TimeField(label=_("Until"), required=False)


class TokenForm(forms.Form):
    """What a token is for."""

    name = forms.CharField(
        label=_("What is it for"), max_length=80, help_text=_("So that you know it again later.")
    )
