"""How a monitor's JSON is read: a sample, and where in it each fact lies."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import Site
from telemetry.adapters.generic import RESOLVED_VALUES
from telemetry.forms.sources import _AtSite
from telemetry.models import WebhookSource

_PATHS = ("items", "key", "title", "status", "severity", "site", "started_at", "link")


def _path(label: Any, help_text: Any, *, required: bool = False, choices: str = "paths") -> Any:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=200,
        widget=forms.TextInput(attrs={"list": choices, "class": "code", "autocomplete": "off"}),
    )


class MappingForm(_AtSite):
    """A generic monitor and its mapping; the sample is looked at and not kept."""

    name = forms.CharField(label=_("Name"), max_length=120)
    site = forms.ModelChoiceField(
        label=_("Site, when a delivery names none"), queryset=Site.objects.none(), required=False
    )
    sample = forms.CharField(
        label=_("A sample delivery"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "class": "code", "spellcheck": "false"}),
        help_text=_("Paste what the other monitor sends. It is used for the preview and not kept."),
    )
    at_items = _path(
        _("List of entries"),
        _("Where the list lies, if one delivery tells several things; empty for one."),
        choices="lists",
    )
    at_key = _path(_("Key"), _("What names the same thing each time."), required=True)
    at_title = _path(_("Title"), _("What people are to read."), required=True)
    at_status = _path(_("Status"), _("Says whether it still holds."))
    at_severity = _path(_("Severity"), _("Any usual word, or 1 to 4."))
    at_site = _path(_("Site code"), "")
    at_started_at = _path(_("Since"), _("A time with its offset."))
    at_link = _path(_("Link"), "")
    resolved_values = forms.CharField(
        label=_("Words that mean “over”"),
        required=False,
        max_length=300,
        help_text=_("With commas; empty for the usual ones."),
        widget=forms.TextInput(attrs={"placeholder": ", ".join(RESOLVED_VALUES)}),
    )

    @classmethod
    def start_of(cls, source: WebhookSource) -> dict[str, Any]:
        """What the form shows of a mapping that exists."""
        told = source.mapping
        words = ", ".join(map(str, told.get("resolved_values", ())))
        return {"name": source.name, "site": source.site_id, "resolved_values": words} | {
            f"at_{name}": told.get(name, "") for name in _PATHS
        }

    def mapping(self) -> dict[str, Any]:
        """The mapping as it is kept: only what was said."""
        said: dict[str, Any] = {
            name: self.cleaned_data[f"at_{name}"].strip()
            for name in _PATHS
            if self.cleaned_data.get(f"at_{name}", "").strip()
        }
        words = [word.strip() for word in self.cleaned_data.get("resolved_values", "").split(",")]
        if any(words):
            said["resolved_values"] = [word for word in words if word]
        return said
