"""Forms of the incident page."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from assets.models import Asset, FailoverPath, FailoverState, Site
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from incidents.models import ActionItemKind, Audience, IncidentKind, Playbook, RoleName, Severity


def op_id_field() -> forms.UUIDField:
    """The identity of a deed: the same form sent twice counts once."""
    return forms.UUIDField(required=False, widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """A note for the timeline."""

    op_id = op_id_field()
    text = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
        max_length=4000,
    )


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.TextInput(attrs={"class": "form-control"})
    )


class SeverityForm(forms.Form):
    """How bad it is, and why we think so now."""

    severity = forms.TypedChoiceField(label=_("Severity"), choices=Severity.choices, coerce=int)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class RoleForm(forms.Form):
    """Who takes which role."""

    role = forms.ChoiceField(label=_("Role"), choices=RoleName.choices)
    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())

    def __init__(self, *args: Any, people: Sequence[User] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_active=True)
        if people is not None:
            # The page has fetched them already.
            field.choices = [("", "–"), *((person.pk, person.name) for person in people)]


class NamePersonForm(forms.Form):
    """Who may see a sensitive incident, and why."""

    user = forms.ModelChoiceField(
        label=_("Person"), queryset=User.objects.filter(is_active=True).order_by("first_name")
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)


class StartRunForm(forms.Form):
    """Which playbook to follow."""

    playbook = forms.ModelChoiceField(
        label=_("Playbook"),
        queryset=Playbook.objects.none(),
        to_field_name="code",
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(
        self,
        *args: Any,
        playbooks: Sequence[Playbook] | None = None,
        suggested: Playbook | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["playbook"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Playbook.objects.usable()
        if playbooks is not None:
            field.choices = [(plan.code, str(plan)) for plan in playbooks]
        if suggested is not None:
            field.initial = suggested.code


class SkipForm(ReasonForm):
    """Why a step is left out."""

    op_id = op_id_field()


class AnswerForm(forms.Form):
    """Yes or no to what was proposed without a link."""

    accepted = forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes"
    )
    reason = forms.CharField(required=False, max_length=300)
    op_id = op_id_field()


class SettleForm(forms.Form):
    """Which side of a clash holds, and why."""

    key = forms.CharField(max_length=120)
    keep = forms.CharField(max_length=20)
    reason = forms.CharField(label=_("Reason"), max_length=300)
    op_id = op_id_field()


class StepForm(forms.Form):
    """What came of a step."""

    op_id = op_id_field()
    chosen = forms.CharField(required=False, max_length=100)
    note = forms.CharField(label=_("Note"), required=False, max_length=2000)


class DecisionForm(forms.Form):
    """A question, what was chosen, and why."""

    question = forms.CharField(label=_("Question"), max_length=300)
    chosen = forms.CharField(label=_("Decision"), max_length=200)
    reason = forms.CharField(
        label=_("Reason"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "form-control"}),
        max_length=4000,
    )
    authority = forms.CharField(
        label=_("By which authority"),
        help_text=_("For example: playbook PB-02, duty manager"),
        required=False,
        max_length=300,
    )


class UpdateForm(forms.Form):
    """Words for people outside the room, and when they hear more."""

    audience = forms.ChoiceField(label=_("For"), choices=Audience.choices)
    text = forms.CharField(
        label=_("Message"), widget=forms.Textarea(attrs={"rows": 4}), max_length=8000
    )
    next_in = DurationFormField(
        label=_("Next update in"), required=False, help_text=_("For example 30m or 2h")
    )


class ActionForm(forms.Form):
    """A promise: what, what for, who, by when."""

    text = forms.CharField(label=_("What is to be done"), max_length=500)
    kind = forms.ChoiceField(
        label=_("What for"),
        choices=ActionItemKind.choices,
        initial=ActionItemKind.PREVENT,
        required=False,
    )
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())
    due_on = forms.DateField(
        label=_("By"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: Any, people: Sequence[User] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_active=True)
        if people is not None:
            field.choices = [("", "–"), *((person.pk, person.name) for person in people)]

    def clean_kind(self) -> str:
        """Nothing said means that it shall not happen again."""
        return str(self.cleaned_data["kind"] or ActionItemKind.PREVENT)


class DeclareForm(forms.Form):
    """What it takes to declare an incident."""

    title = forms.CharField(label=_("What is happening"), max_length=200)
    severity = forms.TypedChoiceField(
        label=_("Severity"), choices=Severity.choices, coerce=int, initial=Severity.MODERATE
    )
    kind = forms.ChoiceField(
        label=_("Kind"), choices=IncidentKind.choices, initial=IncidentKind.OTHER
    )
    began_ago = DurationFormField(
        label=_("Began how long ago"),
        required=False,
        help_text=_("For example 20m. Leave empty if it began just now."),
    )
    sites = forms.ModelMultipleChoiceField(
        label=_("Sites hit"), queryset=Site.objects.none(), required=False
    )
    assets = forms.ModelMultipleChoiceField(
        label=_("Assets hit"), queryset=Asset.objects.none(), required=False
    )
    summary = forms.CharField(
        label=_("What is known"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (
            ("sites", Site.objects.visible_to(user).open().order_by("code")),
            ("assets", Asset.objects.visible_to(user).in_use().order_by("code")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = rows

    def clean_began_ago(self) -> timedelta:
        """Empty means just now."""
        return self.cleaned_data["began_ago"] or timedelta(0)


class MuteForm(forms.Form):
    """How long to keep an alert quiet."""

    span = DurationFormField(label=_("For how long"), help_text=_("For example 30m or 2h"))
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class ReviewForm(forms.Form):
    """What the review says; the version keeps two people from overwriting each other."""

    went_well = forms.CharField(
        label=_("What went well"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    went_badly = forms.CharField(
        label=_("What went badly"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    lucky = forms.CharField(
        label=_("Where we were lucky"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    root_cause = forms.CharField(
        label=_("Root cause"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    contributing = forms.CharField(
        label=_("Contributing factors"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class SwitchForm(forms.Form):
    """Which failover path, and why."""

    path = forms.ModelChoiceField(
        label=_("Failover path"),
        queryset=FailoverPath.objects.none(),
        help_text=_("Telemetry of the other end then confirms the switch, or the commander hears."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=250)

    def __init__(self, *args: Any, paths: QuerySet[FailoverPath], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["path"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = paths.exclude(state__in=[FailoverState.ACTIVE, FailoverState.DOWN])
