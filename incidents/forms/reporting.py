"""Forms of duties to tell."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from bcp_portal.shared.durations import DurationFormField
from incidents.models import Audience, IncidentKind, ReportingRule, StatusUpdate


class ReportingRuleForm(forms.Form):
    """Who must hear within which time, and what starts the clock by itself."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("For example: breach of personal data")
    )
    recipient = forms.CharField(
        label=_("Who must be told"),
        max_length=120,
        help_text=_("For example: the data protection authority"),
    )
    audience = forms.ChoiceField(
        label=_("An update for"),
        choices=Audience.choices,
        help_text=_("An update that was sent to this audience stops the clock."),
    )
    within = DurationFormField(
        label=_("Within"), help_text=_("After we became aware; for example 72h or 3d")
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of incident that start it by themselves"),
        choices=IncidentKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: a person decides in each incident."),
    )
    basis = forms.CharField(label=_("Law or contract"), max_length=300, required=False)


class ReportingStartForm(forms.Form):
    """Which duty applies, since when we have been aware, and who says so."""

    rule = forms.ModelChoiceField(label=_("Duty"), queryset=ReportingRule.objects.none())
    aware_ago = DurationFormField(
        label=_("Aware since how long"),
        required=False,
        help_text=_("For example 20m. Leave empty if just now."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, rules: QuerySet[ReportingRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rule"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = rules

    def clean_aware_ago(self) -> timedelta:
        """Empty means just now."""
        return self.cleaned_data["aware_ago"] or timedelta(0)


class ReportingToldForm(forms.Form):
    """Which update told them."""

    update = forms.ModelChoiceField(label=_("Update"), queryset=StatusUpdate.objects.none())

    def __init__(self, *args: Any, updates: QuerySet[StatusUpdate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["update"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = updates
