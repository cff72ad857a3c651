"""Forms of exercises."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, FailoverPath, Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from incidents.forms.policy import moment_input
from incidents.models import ExerciseKind, Incident, Playbook, RunMode, Severity


class ExerciseForm(forms.Form):
    """What is rehearsed, when, and what it may take."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=ExerciseKind.choices,
        help_text=_(
            "At a table people talk; in a live drill telemetry shows the outage; a restore or "
            "failover test brings something back for real, apart from the live system."
        ),
    )
    scheduled_for = forms.DateTimeField(
        label=_("When"), widget=moment_input(), help_text=_("In your own time zone.")
    )
    takes = DurationFormField(label=_("Takes about"), initial=timedelta(hours=2))
    owner = forms.ModelChoiceField(label=_("Who leads it"), queryset=User.objects.none())
    playbook = forms.ModelChoiceField(
        label=_("Playbook"), queryset=Playbook.objects.none(), required=False
    )
    severity = forms.TypedChoiceField(
        label=_("Severity"), choices=Severity.choices, coerce=int, initial=Severity.HIGH
    )
    sites = forms.ModelMultipleChoiceField(
        label=_("Sites that fall silent"), queryset=Site.objects.none(), required=False
    )
    assets = forms.ModelMultipleChoiceField(
        label=_("Assets that are put to the test"), queryset=Asset.objects.none(), required=False
    )
    failover_path = forms.ModelChoiceField(
        label=_("Failover path"), queryset=FailoverPath.objects.none(), required=False
    )
    recorded = forms.ModelChoiceField(
        label=_("Replay the telemetry of"),
        queryset=Incident.objects.none(),
        required=False,
        help_text=_("Its signals come again at their own distances, marked as an exercise."),
    )
    goal = forms.CharField(
        label=_("What it should show"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    decide_within = DurationFormField(
        label=_("First decision within"), required=False, help_text=_("Empty: 15 minutes.")
    )
    communicate_within = DurationFormField(
        label=_("First update within"), required=False, help_text=_("Empty: 30 minutes.")
    )
    recover_within = DurationFormField(
        label=_("Recovered within"),
        required=False,
        help_text=_("Empty: the tightest RTO of what is put to the test."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        live = Incident.objects.visible_to(user).filter(mode=RunMode.LIVE)
        for name, rows in {
            "owner": User.objects.filter(is_active=True).order_by("first_name", "username"),
            "playbook": Playbook.objects.usable().filter(retired_at=None).order_by("code"),
            "sites": Site.objects.visible_to(user).open().order_by("code"),
            "assets": Asset.objects.visible_to(user).in_use().order_by("code"),
            "failover_path": FailoverPath.objects.visible_to(user).order_by("name"),
            "recorded": live.exclude(alerts=None).distinct().order_by("-declared_at"),
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class MoveForm(forms.Form):
    """Another day."""

    scheduled_for = forms.DateTimeField(
        label=_("When"), widget=moment_input(), help_text=_("In your own time zone.")
    )


class StartForm(forms.Form):
    """Who commands from the beginning, if anybody."""

    commander = forms.ModelChoiceField(
        label=_("Commands from the beginning"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody: people are called, as they would be"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["commander"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_active=True).order_by("first_name", "username")


class FinishForm(forms.Form):
    """What came of it."""

    outcome = forms.CharField(
        label=_("What it showed"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    recovered_in = DurationFormField(
        label=_("Brought back in (by the watch)"),
        required=False,
        help_text=_("Empty: as the incident says. Goes into the ledger of proofs as RTO."),
    )
    data_lost = DurationFormField(
        label=_("Age of the data that came back"),
        required=False,
        help_text=_("How far back the restored data end; 0 for nothing lost. Goes in as RPO."),
    )


class InjectForm(forms.Form):
    """Something that happens in the middle."""

    after = DurationFormField(label=_("After"), help_text="10m, 1h")
    text = forms.CharField(label=_("What happens"), max_length=2000)
    expected = forms.CharField(label=_("What we hope to see"), max_length=2000, required=False)
