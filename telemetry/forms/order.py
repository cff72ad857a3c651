"""What people fill in to command sites."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assets.models import Region, Site
from assets.scope import visible_regions, visible_site_ids
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from telemetry.models import OnExpiry, OrderAction
from telemetry.ordering.classes import BY_HAND

_SPLIT = re.compile(r"[\s,;]+")


class OrderForm(forms.Form):
    """An order: what, to whom, why."""

    action = forms.ChoiceField(
        label=_("Order"), choices=[(action.value, action.label) for action in BY_HAND]
    )
    sites = forms.CharField(
        label=_("Sites"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Codes with a space or a comma between them"),
    )
    region = forms.ModelChoiceField(
        label=_("or a whole region"), queryset=Region.objects.none(), required=False
    )
    every_site = forms.BooleanField(label=_("or every site"), required=False)
    streams = forms.CharField(
        label=_("Streams"), required=False, help_text=_("Empty means all streams of the site")
    )
    begins_in = DurationFormField(
        label=_("Begins in"), required=False, help_text=_("For example 30m; empty means now")
    )
    lasts = DurationFormField(
        label=_("Lasts"),
        required=False,
        help_text=_("For example 4h. A freeze never ends by itself."),
    )
    on_expiry = forms.ChoiceField(
        label=_("When its time is over"), choices=OnExpiry.choices, initial=OnExpiry.REVERT
    )
    transactions_per_hour = forms.IntegerField(
        label=_("At most so many transactions an hour"),
        required=False,
        min_value=0,
        help_text=_("An emergency limit of each site; its books must be reconciled afterwards"),
    )
    value_per_transaction = forms.IntegerField(
        label=_("At most this amount a transaction"), required=False, min_value=1
    )
    reason = forms.CharField(
        label=_("Reason"),
        min_length=5,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The people of the site read it."),
    )
    authority = forms.CharField(
        label=_("Authority"),
        required=False,
        max_length=200,
        help_text=_("Which playbook allows it"),
    )
    incident_code = forms.CharField(label=_("Incident"), required=False, max_length=20)
    break_glass = forms.BooleanField(
        label=_("Break the glass"),
        required=False,
        help_text=_("Act alone where it takes two. Somebody else reviews it within a day."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user
        region = self.fields["region"]
        assert isinstance(region, forms.ModelChoiceField)
        region.queryset = visible_regions(user).order_by("name")
        if visible_site_ids(user) is not None:
            del self.fields["every_site"]
        if not user.has_perm("telemetry.break_glass"):
            del self.fields["break_glass"]

    def limits(self) -> dict[str, int]:
        """The emergency limits, as the programs of a site read them; amounts in hundredths."""
        told = self.cleaned_data
        limits = {}
        if told.get("transactions_per_hour") is not None:
            limits["transactions_per_hour"] = told["transactions_per_hour"]
        if told.get("value_per_transaction"):
            limits["value_minor_per_transaction"] = told["value_per_transaction"] * 100
        return limits

    def clean_streams(self) -> tuple[str, ...]:
        """One name for each."""
        return tuple(dict.fromkeys(filter(None, _SPLIT.split(self.cleaned_data["streams"]))))

    def clean(self) -> dict[str, Any]:
        """Find the sites: exactly one way of naming them."""
        told = super().clean() or {}
        ways = [name for name in ("sites", "region", "every_site") if told.get(name)]
        if len(ways) != 1:
            raise forms.ValidationError(gettext("Name the sites in exactly one way."))
        mine = Site.objects.visible_to(self._user).open().order_by("code")
        if ways == ["sites"]:
            self.chosen = self._by_code(mine, told["sites"])
        elif ways == ["region"]:
            self.chosen = list(mine.filter(region=told["region"]))
        else:
            self.chosen = list(mine)
        self.addressed = {"sites": "sites", "region": "region"}.get(ways[0], "all")
        if told.get("action") == OrderAction.FREEZE and told.get("lasts"):
            self.add_error("lasts", gettext("A freeze never ends by itself; leave this empty."))
        return told

    def _by_code(self, mine: Any, text: str) -> list[Site]:
        codes = {code.upper() for code in _SPLIT.split(text) if code}
        found = list(mine.filter(code__in=codes))
        if missing := sorted(codes - {site.code for site in found}):
            raise forms.ValidationError(
                gettext("There is no such site: %(codes)s") % {"codes": ", ".join(missing)}
            )
        return found


class LiftForm(forms.Form):
    """Why an order is no longer needed, and where."""

    sites = forms.CharField(
        label=_("Sites"),
        required=False,
        help_text=_("Empty means all of them; or codes with a space between them"),
    )
    reason = forms.CharField(label=_("Reason"), min_length=5, max_length=500)

    def codes(self) -> set[str]:
        """The codes named, in capitals."""
        return {code.upper() for code in _SPLIT.split(self.cleaned_data["sites"]) if code}


class NoteForm(forms.Form):
    """What was found."""

    note = forms.CharField(
        label=_("What you found"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
