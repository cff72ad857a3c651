"""The forms of an asset: they help a person not to be refused; the verbs decide."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from assets.custom import add_form_fields, fields_of
from assets.models import Asset, Dependency, DependencyKind, Site
from assets.selectors.units import choosable
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField

CODE = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
    _("Letters, digits, dots and dashes only; for example APP-POS."),
)


def people() -> Any:
    """Everybody who can answer for something."""
    return User.objects.filter(is_active=True).order_by("first_name", "last_name", "username")


class AssetForm(forms.ModelForm[Asset]):
    """What is known about an asset."""

    own_restore = DurationFormField(
        label=_("Own restore time"),
        required=False,
        help_text=_("What it takes by itself once everything it needs is there: 90m, 1h30, 2d."),
    )
    backup_every = DurationFormField(
        label=_("Backup every"),
        required=False,
        help_text=_("How often a copy of its data is made: 15m, 1d."),
    )

    class Meta:
        model = Asset
        fields = (
            "name",
            "kind",
            "site",
            "unit",
            "zone",
            "criticality",
            "business_owner",
            "technical_owner",
            "is_third_party",
            "third_party",
            "description",
            "if_it_fails",
            "if_it_is_abused",
            "own_restore",
            "backup_every",
            "stream_name",
        )
        help_texts = {
            "site": _("Leave empty for what all sites share."),
            "zone": _("Room, rack or availability zone."),
            "stream_name": _("The telemetry stream that carries its data, if there is one."),
        }
        widgets = {
            name: forms.Textarea(attrs={"rows": 3})
            for name in ("description", "if_it_fails", "if_it_is_abused")
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_form_fields(self, fields_of("asset"), self.instance)
        self._field("site").queryset = Site.objects.visible_to(user).open().order_by("code")
        self._field("unit").queryset = choosable(self.instance.unit_id)
        for name in ("business_owner", "technical_owner"):
            self._field(name).queryset = people()
            # The database lets an import leave them open; a person filling in a form knows them.
            self.fields[name].required = True

    def _field(self, name: str) -> Any:
        return self.fields[name]


class NewAssetForm(AssetForm):
    """An asset and the code people will call it by."""

    class Meta(AssetForm.Meta):
        fields = ("code", *AssetForm.Meta.fields)  # type: ignore[assignment]  # one field more
        help_texts = {**AssetForm.Meta.help_texts, "code": _("Short and lasting: APP-POS.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].validators.append(CODE)

    def clean_code(self) -> str:
        """Codes are said on the phone: capitals are one trap less."""
        return str(self.cleaned_data["code"]).upper()


class LinkForm(forms.ModelForm[Dependency]):
    """An arrow from this asset to another one."""

    class Meta:
        model = Dependency
        fields = ("depends_on", "kind", "group", "needed")
        help_texts = {
            "group": _(
                "Arrows with the same name are alternatives; leave empty if it stands alone."
            ),
            "needed": _("Two of three tills: 2."),
        }

    def __init__(self, *args: Any, user: User, asset: Asset, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others: Any = self.fields["depends_on"]
        others.queryset = (
            Asset.objects.visible_to(user).in_use().exclude(pk=asset.pk).order_by("code")
        )
        kinds: Any = self.fields["kind"]
        kinds.choices = DependencyKind.choices


class ArrowFactsForm(forms.ModelForm[Dependency]):
    """How much an asset needs another one, where the arrow is drawn already."""

    class Meta:
        model = Dependency
        fields = ("kind", "group", "needed")
        help_texts = LinkForm.Meta.help_texts
        widgets = {"group": forms.TextInput(attrs={"list": "arrow_groups"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = DependencyKind.choices

    def clean(self) -> dict[str, Any]:
        """Who leaves a group without another word stands alone: one of one is needed."""
        facts = super().clean() or self.cleaned_data
        if not facts.get("group") and "needed" not in self.changed_data:
            facts["needed"] = 1
        return facts


class ArrowForm(forms.ModelForm[Dependency]):
    """An arrow between any two assets."""

    class Meta:
        model = Dependency
        fields = ("asset", "depends_on", "kind", "group", "needed")
        help_texts = LinkForm.Meta.help_texts

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("asset", "depends_on"):
            ends: Any = self.fields[name]
            ends.queryset = Asset.objects.visible_to(user).in_use().order_by("code")
        kinds: Any = self.fields["kind"]
        kinds.choices = DependencyKind.choices


class ReasonForm(forms.Form):
    """Why something is done, kept with it."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}))
