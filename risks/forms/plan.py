"""The forms of a plan."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.forms.asset import people
from assets.models import Asset
from bcp_portal.accounts.models import User
from incidents.models import Playbook
from risks.models import Plan, PlanVersion
from risks.plan_sections import LANGUAGES, SECTIONS

NAMES = {"en": _("English"), "id": _("Indonesian")}


class PlanForm(forms.ModelForm[Plan]):
    """What a plan is for."""

    class Meta:
        model = Plan
        fields = (
            "title",
            "title_id",
            "kind",
            "scenario",
            "scenario_id",
            "owner",
            "assets",
            "playbooks",
            "review_on",
        )
        widgets = {
            "scenario": forms.Textarea(attrs={"rows": 3}),
            "scenario_id": forms.Textarea(attrs={"rows": 3}),
            "review_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "assets": forms.SelectMultiple(attrs={"size": 8}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = people()
        assets: Any = self.fields["assets"]
        assets.queryset = Asset.objects.visible_to(user).in_use().order_by("code")
        playbooks: Any = self.fields["playbooks"]
        playbooks.queryset = Playbook.objects.filter(retired_at=None).order_by("code")


class DraftForm(forms.Form):
    """The text of a version, section by section, in both languages."""

    change_note = forms.CharField(label=_("What changes"), max_length=300, required=False)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, version: PlanVersion | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        texts = version.texts if version else {}
        for name, (heading, help_text) in SECTIONS.items():
            for language in LANGUAGES:
                self.fields[f"{name}-{language}"] = forms.CharField(
                    label=f"{heading} ({NAMES[language]})",
                    help_text=str(help_text) if language == "en" else "",
                    required=False,
                    initial=texts.get(language, {}).get(name, ""),
                    widget=forms.Textarea(attrs={"rows": 4}),
                )

    def texts(self) -> dict[str, dict[str, str]]:
        """What was typed, by language and section."""
        return {
            language: {name: self.cleaned_data[f"{name}-{language}"] for name in SECTIONS}
            for language in LANGUAGES
        }
