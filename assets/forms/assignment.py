"""The form with which a person is put in charge of a region or a site."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import Region, Site


class AssignmentForm(forms.Form):
    """A region with all its sites, or one site."""

    region = forms.ModelChoiceField(
        label=_("Region"),
        queryset=Region.objects.order_by("name"),
        required=False,
        help_text=_("Every site of the region, also those opened later."),
    )
    site = forms.ModelChoiceField(
        label=_("Or one site"), queryset=Site.objects.none(), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites: Any = self.fields["site"]
        sites.queryset = Site.objects.all().open().order_by("code")

    def clean(self) -> dict[str, Any]:
        """Ask for exactly one of the two."""
        said = super().clean() or self.cleaned_data
        if bool(said.get("region")) == bool(said.get("site")):
            raise forms.ValidationError(_("Choose either a region or a site."))
        return said
