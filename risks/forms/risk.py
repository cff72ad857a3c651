"""The forms of a risk: they show the matrix and what a choice means; the verbs decide."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from assets.custom import add_form_fields, fields_of
from assets.forms.asset import people
from assets.models import Asset, ThirdParty
from assets.selectors.units import choosable
from bcp_portal.accounts.models import User
from incidents.models import Incident
from risks.models import MOST_COST, AssessmentKind, Risk, Threat, TreatmentKind
from risks.selectors.matrix import MatrixView

TEXT = {"rows": 3}
DATE = {"type": "date"}


class RiskForm(forms.ModelForm[Risk]):
    """What is said about a risk."""

    class Meta:
        model = Risk
        fields = (
            "title",
            "category",
            "unit",
            "cause",
            "consequence",
            "owner",
            "business_owner",
            "assets",
            "threats",
            "third_parties",
            "review_on",
        )
        help_texts = {
            "title": _("What could happen, in one line."),
            "cause": _("Because of …"),
            "consequence": _("… with the effect that …"),
            "owner": _("Answers for it and weighs its evidence."),
        }
        widgets = {
            "cause": forms.Textarea(attrs=TEXT),
            "consequence": forms.Textarea(attrs=TEXT),
            "review_on": forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
            "assets": forms.SelectMultiple(attrs={"size": 8}),
            "threats": forms.SelectMultiple(attrs={"size": 6}),
            "third_parties": forms.SelectMultiple(attrs={"size": 4}),
        }

    # What this person saw; another one by now means that somebody was quicker.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_form_fields(self, fields_of("risk"), self.instance)
        for name in ("owner", "business_owner"):
            person: Any = self.fields[name]
            person.queryset = people()
        unit: Any = self.fields["unit"]
        unit.queryset = choosable(self.instance.unit_id)
        named: Any = self.fields["threats"]
        old = self.instance.threats.values("pk") if self.instance.pk else []
        named.queryset = Threat.objects.filter(Q(retired_on=None) | Q(pk__in=old)).order_by("name")
        partners: Any = self.fields["third_parties"]
        partners.queryset = ThirdParty.objects.visible_to(user).order_by("code")
        assets: Any = self.fields["assets"]
        assets.queryset = Asset.objects.visible_to(user).in_use().order_by("code")


class AssessForm(forms.Form):
    """One judgement; the steps say what choosing them claims."""

    kind = forms.ChoiceField(
        label=_("What is judged"),
        choices=[
            (AssessmentKind.RESIDUAL, _("Residual: as it is now, with the controls in place")),
            (AssessmentKind.INHERENT, _("Inherent: as if there were no controls")),
            (AssessmentKind.TARGET, _("Target: as it should become")),
        ],
    )
    likelihood = forms.TypedChoiceField(label=_("Likelihood"), coerce=int, widget=forms.RadioSelect)
    impact = forms.TypedChoiceField(label=_("Impact"), coerce=int, widget=forms.RadioSelect)
    rationale = forms.CharField(
        label=_("Rationale"),
        widget=forms.Textarea(attrs=TEXT),
        help_text=_("What makes you think so: incidents, indicators, tests of controls."),
    )

    def __init__(self, *args: Any, matrix: MatrixView, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, axis in (("likelihood", matrix.likelihoods), ("impact", matrix.impacts)):
            field: Any = self.fields[name]
            field.choices = [
                (step.value, f"{step.value} {step.label}: {step.means}") for step in axis
            ]


class UndertakingForm(forms.Form):
    """Who does something, until when, and what it costs."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())
    due_on = forms.DateField(
        label=_("Due on"),
        required=False,
        widget=forms.DateInput(attrs=DATE, format="%Y-%m-%d"),
    )
    cost = forms.FloatField(
        label=_("Cost"),
        required=False,
        min_value=0,
        max_value=MOST_COST,
        help_text=_("In the money of the matrix. Empty: nobody has said."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner: Any = self.fields["owner"]
        owner.queryset = people()


class TreatmentForm(UndertakingForm):
    """What is done about a risk."""

    field_order = ("kind", "plan")
    kind = forms.ChoiceField(
        label=_("Answer"), choices=TreatmentKind.choices, initial=TreatmentKind.REDUCE
    )
    plan = forms.CharField(label=_("Plan"), widget=forms.Textarea(attrs=TEXT))


class ActionForm(UndertakingForm):
    """One thing to be done so that a treatment comes true."""

    field_order = ("title",)
    title = forms.CharField(label=_("What is to be done"), max_length=300)


class ReviewForm(forms.Form):
    """A finished look at a risk."""

    note = forms.CharField(label=_("What was looked at"), widget=forms.Textarea(attrs=TEXT))
    review_on = forms.DateField(
        label=_("Next review"),
        required=False,
        widget=forms.DateInput(attrs=DATE),
        help_text=_("Empty: by the level of the risk."),
    )


class LinkIncidentForm(forms.Form):
    """An incident that says something about this risk."""

    incident = forms.ModelChoiceField(label=_("Incident"), queryset=Incident.objects.none())
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs=TEXT))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        incidents: Any = self.fields["incident"]
        incidents.queryset = Incident.objects.visible_to(user).live().order_by("-declared_at")


class NoteForm(forms.Form):
    """A sentence kept with what is done."""

    reason = forms.CharField(label=_("Reason"), widget=forms.Textarea(attrs=TEXT))


class WordForm(forms.Form):
    """A sentence that may be kept with what is done."""

    note = forms.CharField(
        label=_("What was done"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs=TEXT),
    )


class HandOverForm(forms.Form):
    """Who answers for the selected risks from now on."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.filter(is_active=True))

    def __init__(
        self,
        *args: Any,
        known: Callable[[], list[tuple[str, str]]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if known is not None and not self.is_bound:
            # The page has asked for all people already; what comes back is checked anew.
            owner: Any = self.fields["owner"]
            owner.choices = [("", "---------"), *known()]


class ReviewDateForm(forms.Form):
    """When the selected risks are looked at next."""

    review_on = forms.DateField(label=_("Next review"), widget=forms.DateInput(attrs=DATE))


class SinceForm(forms.Form):
    """A day to compare with."""

    since = forms.DateField(required=False)
