"""Forms of an escalation policy and of a rotation."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from bcp_portal.accounts.forms.person import zones
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import DurationFormField
from incidents.models import EscalationPolicy, RoleName, Rotation, Severity, Shift
from incidents.services.policy import LevelPlan

MOST_LEVELS = 12
SPARE_LEVELS = 2


class PolicyForm(forms.Form):
    """What a policy is called, how often it goes round, and who is called last."""

    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("When it is used"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    fallback = forms.TypedChoiceField(
        label=_("Fallback"),
        coerce=int,
        help_text=_("Called when nobody on any level reacts. Never empty."),
    )
    repeat_count = forms.IntegerField(
        label=_("How often all levels are called"), min_value=1, max_value=10, initial=2
    )
    is_default = forms.BooleanField(
        label=_("Use it wherever nobody named a policy"), required=False
    )

    def __init__(self, *args: Any, people: Mapping[int, User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = people
        field = self.fields["fallback"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *((pk, user.name) for pk, user in people.items())]

    def plan(self) -> dict[str, Any]:
        """What the verb takes."""
        return {**self.cleaned_data, "fallback": self._people[self.cleaned_data["fallback"]]}


class LevelForm(forms.Form):
    """One rung: who is called together, and how long to wait for an answer."""

    delay = DurationFormField(
        label=_("Wait for an answer"), help_text=_("Then the next level is called: 5m, 15m, 1h.")
    )
    only_for = forms.TypedChoiceField(
        label=_("Only for incidents at least this grave"),
        choices=[("", _("All")), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    users = forms.TypedMultipleChoiceField(
        label=_("People"), coerce=int, required=False, widget=forms.SelectMultiple({"size": 5})
    )
    rotations = forms.TypedMultipleChoiceField(
        label=_("Whoever has the duty"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple({"size": 3}),
    )
    roles = forms.MultipleChoiceField(
        label=_("Whoever holds the role in the incident"),
        choices=RoleName.choices,
        required=False,
        widget=forms.SelectMultiple({"size": 3}),
    )

    def __init__(
        self,
        *args: Any,
        people: Mapping[int, User],
        rotations: Mapping[int, Rotation],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._people, self._rotations = people, rotations
        for name, rows in (("users", people), ("rotations", rotations)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(pk, getattr(row, "name", str(row))) for pk, row in rows.items()]

    def clean(self) -> dict[str, Any]:
        """A level calls somebody."""
        said = super().clean() or self.cleaned_data
        if not self.errors and not any(said.get(name) for name in ("users", "rotations", "roles")):
            raise forms.ValidationError(_("Name somebody on this level, or leave it empty."))
        return said

    def plan(self) -> LevelPlan:
        """What the verb takes."""
        said = self.cleaned_data
        return LevelPlan(
            delay=said["delay"],
            users=[self._people[pk] for pk in said["users"]],
            rotations=[self._rotations[pk] for pk in said["rotations"]],
            roles=said["roles"],
            only_for=said["only_for"],
        )


class BaseLevels(forms.BaseFormSet):  # type: ignore[type-arg]  # not generic at run time
    """The rungs of a policy in their order; rows left empty are no rungs."""

    def plans(self) -> list[LevelPlan]:
        """What the verb takes."""
        return [
            form.plan()
            for form in self.forms
            if form.cleaned_data.get("delay") and not form.cleaned_data.get("DELETE")
        ]


LevelSet = forms.formset_factory(
    LevelForm,
    formset=BaseLevels,
    extra=SPARE_LEVELS,
    can_delete=True,
    max_num=MOST_LEVELS,
    validate_max=True,
)


def levels_of(policy: EscalationPolicy | None) -> list[dict[str, Any]]:
    """The rungs of a policy fetched for detail, as the first content of the form."""
    if policy is None:
        return []
    return [
        {
            "delay": level.delay,
            "only_for": level.only_for,
            "users": [t.user_id for t in level.targets.all() if t.user_id],
            "rotations": [t.rotation_id for t in level.targets.all() if t.rotation_id],
            "roles": [t.role for t in level.targets.all() if t.role],
        }
        for level in sorted(policy.levels.all(), key=lambda level: level.position)
    ]


class RotationForm(forms.Form):
    """A duty and the zone in which its turns are thought of."""

    name = forms.CharField(label=_("Name"), max_length=120)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, initial="Asia/Jakarta")


def moment_input() -> forms.DateTimeInput:
    """A field for a day and an hour, as browsers offer it."""
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class TurnForm(forms.Form):
    """Who has the duty from when to when, and whether it comes again."""

    user = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none())
    starts_at = forms.DateTimeField(
        label=_("From"), widget=moment_input(), help_text=_("In your own time zone.")
    )
    ends_at = forms.DateTimeField(label=_("Until"), widget=moment_input())
    is_override = forms.BooleanField(
        label=_("Stands in: called instead of whoever has the turn"), required=False
    )
    again_every = DurationFormField(
        label=_("Comes again every"), required=False, help_text=_("For example 4w; empty for once.")
    )
    times = forms.IntegerField(label=_("How many turns"), min_value=1, max_value=60, initial=1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.filter(is_active=True).order_by("first_name", "username")


class RotaForm(forms.Form):
    """Who takes a duty in turns, by which clock, and for how long."""

    people = forms.ModelMultipleChoiceField(
        label=_("People, in the order of their names"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    first_day = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hours_from = forms.TimeField(
        label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    hours_to = forms.TimeField(
        label=_("Until"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("The same hour as “From” means round the clock."),
    )
    time_zone = forms.ChoiceField(
        label=_("On the wall clock of"),
        choices=zones,
        help_text=_("One rota for each zone lets the duty follow the sun."),
    )
    days_each = forms.IntegerField(
        label=_("Days for each person"), min_value=1, max_value=31, initial=7
    )
    rounds = forms.IntegerField(label=_("Rounds"), min_value=1, max_value=26, initial=4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = User.objects.filter(is_active=True).order_by("first_name", "username")


class SwapForm(forms.Form):
    """Which turn is taken in exchange."""

    other = forms.ModelChoiceField(label=_("In exchange for"), queryset=Shift.objects.none())

    def __init__(self, *args: Any, shifts: QuerySet[Shift], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["other"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = shifts
        field.choices = [("", "–"), *((shift.pk, _turn_words(shift)) for shift in shifts)]


def _turn_words(shift: Shift) -> str:
    begins, ends = localtime(shift.starts_at), localtime(shift.ends_at)
    day = "D j M H:i"
    return f"{shift.user.name}, {date_format(begins, day)} – {date_format(ends, day)}"
