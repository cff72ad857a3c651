"""Forms of the playbook editor."""

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from bcp_portal.shared.durations import DurationFormField
from incidents.models import Audience, IncidentKind, PhaseKind, RoleName, StepRight
from incidents.playbooks.actions import ACTION_RULES
from incidents.playbooks.facts import FACT_RULES
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan

ACTIONS = (("", "–"), *((kind, rule.label) for kind, rule in ACTION_RULES.items()))
# Whom an action addresses: a role of the incident, or an audience.
ADDRESSEES = (
    ("", "–"),
    (_("Roles"), tuple((f"role:{name}", label) for name, label in RoleName.choices)),
    (_("Audiences"), tuple((f"audience:{name}", label) for name, label in Audience.choices)),
)
_EMPTY = ("", "–")


class AboutForm(forms.Form):
    """What a playbook is for; the same for every version."""

    title = forms.CharField(label=_("Title"), max_length=200)
    title_id = forms.CharField(label=_("Title in Indonesian"), max_length=200, required=False)
    scenario = forms.CharField(
        label=_("Scenario"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    kinds = forms.MultipleChoiceField(
        label=_("Suggested for incidents of these kinds"),
        choices=IncidentKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    rto = DurationFormField(
        label=_("Has to bring the service back within"), required=False, help_text="4h, 90m, 2d"
    )

    def changed(self, plan: PlaybookPlan) -> PlaybookPlan:
        """The plan with these words."""
        said = self.cleaned_data
        words = dict(plan.translations)
        words["id"] = _with_words(words.get("id", {}), title=said["title_id"])
        return replace(
            plan,
            title=said["title"],
            scenario=said["scenario"],
            kinds=tuple(said["kinds"]),
            rto=said["rto"],
            translations={language: told for language, told in words.items() if told},
        )


class NewPlaybookForm(forms.Form):
    """What it takes to begin a playbook."""

    code = forms.RegexField(
        r"^[A-Z0-9][A-Z0-9-]{1,38}$",
        label=_("Code"),
        help_text=_("Capitals, digits and hyphens, for example PB-WAREHOUSE."),
    )
    title = forms.CharField(label=_("Title"), max_length=200)
    scenario = forms.CharField(
        label=_("Scenario"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )


class ImportForm(forms.Form):
    """A plan that somebody else wrote."""

    file = forms.FileField(
        label=_("File"), help_text=_("Markdown, CACAO 2.0 JSON, or JSON of the portal; up to 2 MB.")
    )
    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=40,
        help_text=_("Empty: made of the title. A code that is here already becomes a new draft."),
    )


class PhaseForm(forms.Form):
    """A stage of the plan, its clock and whom it calls."""

    name = forms.CharField(label=_("Name"), max_length=120)
    name_id = forms.CharField(label=_("Name in Indonesian"), max_length=120, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=PhaseKind.choices)
    escalates_after = DurationFormField(
        label=_("Calls somebody after"),
        required=False,
        help_text=_("If the phase is not finished by then. For example 30m."),
    )
    policy = forms.ChoiceField(label=_("By which policy"), required=False)

    def __init__(self, *args: Any, policies: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["policy"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("The one used everywhere else")), *((p, p) for p in policies)]

    def plan(self, old: PhasePlan | None) -> PhasePlan:
        """The phase with these words; its steps stay."""
        said = self.cleaned_data
        words = dict(old.translations) if old else {}
        words["id"] = _with_words(words.get("id", {}), name=said["name_id"])
        return PhasePlan(
            kind=said["kind"],
            name=said["name"],
            steps=old.steps if old else (),
            escalates_after=said["escalates_after"],
            policy=said["policy"],
            translations={language: told for language, told in words.items() if told},
        )


class StepEditForm(forms.Form):
    """One thing to do, with every rule it may have."""

    text = forms.CharField(label=_("What is to be done"), max_length=300)
    instructions = forms.CharField(
        label=_("Instructions (Markdown)"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    phase = forms.TypedChoiceField(label=_("Phase"), coerce=int)
    role = forms.ChoiceField(label=_("Role"), choices=[_EMPTY, *RoleName.choices], required=False)
    due_within = DurationFormField(label=_("Deadline"), required=False, help_text="5m, 1h30")
    branch = forms.CharField(
        label=_("Branch"),
        required=False,
        max_length=60,
        help_text=_("Steps with the same word follow each other; branches run side by side."),
    )
    is_decision = forms.BooleanField(label=_("This is a decision"), required=False)
    options = forms.CharField(
        label=_("Options"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line: key | English | Indonesian. For example: yes | Yes | Ya"),
    )
    default_option = forms.CharField(
        label=_("Default when time is up"),
        required=False,
        max_length=100,
        help_text=_("The key of an option; empty: nobody decides for you."),
    )
    right = forms.ChoiceField(
        label=_("Who may tick it"),
        required=False,
        choices=[("", _("Everybody who works on incidents")), *StepRight.choices],
    )
    needs_second_person = forms.BooleanField(
        label=_("Takes two people; the right counts for the one who confirms"), required=False
    )
    authority = forms.CharField(
        label=_("By which authority"),
        required=False,
        max_length=300,
        help_text=_("For example: operations director"),
    )
    evidence = forms.CharField(
        label=_("Proof that is required"),
        required=False,
        max_length=200,
        help_text=_("What the note has to say, for example: case number of the provider."),
    )
    after = forms.ChoiceField(label=_("Only after this step"), required=False)
    chosen = forms.CharField(
        label=_("… and only if this was chosen"),
        required=False,
        max_length=100,
        help_text=_("The key of an option of that decision."),
    )
    fact_1 = forms.ChoiceField(label=_("Only if"), required=False)
    value_1 = forms.CharField(label=_("Value"), required=False, max_length=40)
    fact_2 = forms.ChoiceField(label=_("… and only if"), required=False)
    value_2 = forms.CharField(label=_("Value"), required=False, max_length=40)
    action = forms.ChoiceField(
        label=_("Offers to order"),
        choices=ACTIONS,
        required=False,
        help_text=_("A button beside the step, with what is known already filled in."),
    )
    action_auto = forms.BooleanField(
        label=_("It begins by itself as soon as the step can be done"),
        required=False,
        help_text=_(
            "Words to a role go out. Updates and orders are only put forward; somebody still has "
            "to say yes."
        ),
    )
    action_to = forms.ChoiceField(label=_("To whom"), choices=ADDRESSEES, required=False)
    action_text = forms.CharField(
        label=_("In these words"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Empty means the text of the step."),
    )
    text_id = forms.CharField(label=_("In Indonesian"), max_length=300, required=False)
    instructions_id = forms.CharField(
        label=_("Instructions in Indonesian"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    is_settled = forms.BooleanField(
        label=_("It is settled: the step says all that is needed"), required=False
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    groups = (
        ("", ("text", "instructions", "phase", "role", "due_within", "branch")),
        (_("Decision"), ("is_decision", "options", "default_option")),
        (_("Authority and proof"), ("right", "needs_second_person", "authority", "evidence")),
        (_("Conditions"), ("after", "chosen", "fact_1", "value_1", "fact_2", "value_2")),
        (_("Action"), ("action", "action_auto", "action_to", "action_text")),
        (_("Indonesian"), ("text_id", "instructions_id")),
    )

    def __init__(self, *args: Any, plan: PlaybookPlan, old: StepPlan | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self._old = old
        others = [(s.key, s.text) for s in plan.steps if s.key and (not old or s.key != old.key)]
        facts = [_EMPTY, *((name, rule.label) for name, rule in FACT_RULES.items())]
        self._choose("phase", [(n, phase.name) for n, phase in enumerate(plan.phases)])
        self._choose("after", [_EMPTY, *others])
        self._choose("fact_1", facts)
        self._choose("fact_2", facts)
        if not old or not old.unfinished:
            del self.fields["is_settled"]

    def _choose(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def sections(self) -> list[dict[str, Any]]:
        """The fields in groups; a group that says something is open."""
        return [
            {
                "title": title,
                "fields": [self[name] for name in names],
                "is_open": any(self[name].value() or self[name].errors for name in names),
            }
            for title, names in self.groups
        ]

    def clean_options(self) -> list[Any]:
        """Lines become options."""
        return [_option(line) for line in self.cleaned_data["options"].splitlines() if line.strip()]

    def plan(self) -> StepPlan:
        """The step with these words and rules."""
        said = self.cleaned_data
        old = self._old or StepPlan(text="")
        words = dict(old.translations)
        words["id"] = _with_words(
            words.get("id", {}), text=said["text_id"], instructions=said["instructions_id"]
        )
        plain = (
            "text", "instructions", "role", "due_within", "branch", "is_decision", "options",
            "default_option", "right", "needs_second_person", "authority", "evidence",
        )  # fmt: skip
        return replace(
            old,
            **{name: said[name] for name in plain},
            condition=self._condition(),
            action=self._action(old),
            unfinished="" if said.get("is_settled") else old.unfinished,
            translations={language: told for language, told in words.items() if told},
        )

    def _condition(self) -> dict[str, Any]:
        said = self.cleaned_data
        facts = [
            {"fact": said[f"fact_{n}"], "value": said[f"value_{n}"].strip()}
            for n in (1, 2)
            if said[f"fact_{n}"]
        ]
        named = {"step": said["after"]} if said["after"] else {}
        if named and said["chosen"]:
            named["chosen"] = said["chosen"].strip()
        return {**named, **({"facts": facts} if facts else {})}

    def _action(self, old: StepPlan) -> dict[str, Any]:
        said = self.cleaned_data
        if not said["action"]:
            return {}
        # What an imported plan says beside this is kept while the kind stays.
        kept = old.action if old.action.get("kind") == said["action"] else {}
        told = {name: kept[name] for name in kept if name not in ("auto", "to", "audience", "text")}
        where, _colon, name = said["action_to"].partition(":")
        asked = {
            "auto": said["action_auto"],
            "to" if where == "role" else "audience": name,
            "text": said["action_text"].strip(),
        }
        return told | {"kind": said["action"]} | {key: word for key, word in asked.items() if word}


def step_initial(step: StepPlan, *, phase: int, seen: str) -> dict[str, Any]:
    """A step as the first content of its form."""
    facts = step.condition.get("facts", [])
    values = {name: getattr(step, name) for name in StepEditForm.base_fields if hasattr(step, name)}
    for number, wanted in enumerate(facts[:2], start=1):
        values |= {f"fact_{number}": wanted.get("fact"), f"value_{number}": wanted.get("value")}
    told = step.translations.get("id", {})
    return values | {
        "phase": phase,
        "seen": seen,
        "options": "\n".join(_line(option) for option in step.options),
        "after": step.condition.get("step", ""),
        "chosen": step.condition.get("chosen", ""),
        "action": step.action.get("kind", ""),
        "action_auto": bool(step.action.get("auto")),
        "action_to": _addressee(step.action),
        "action_text": step.action.get("text", ""),
        "text_id": told.get("text", ""),
        "instructions_id": told.get("instructions", ""),
    }


def _addressee(action: dict[str, Any]) -> str:
    if action.get("to"):
        return f"role:{action['to']}"
    return f"audience:{action['audience']}" if action.get("audience") else ""


def phase_initial(phase: PhasePlan) -> dict[str, Any]:
    """A phase as the first content of its form."""
    names = ("name", "kind", "escalates_after", "policy")
    told = phase.translations.get("id", {})
    return {name: getattr(phase, name) for name in names} | {"name_id": told.get("name", "")}


def about_initial(plan: PlaybookPlan) -> dict[str, Any]:
    """What a plan is for, as the first content of its form."""
    told = plan.translations.get("id", {})
    return {
        "title": plan.title,
        "title_id": told.get("title", ""),
        "scenario": plan.scenario,
        "kinds": list(plan.kinds),
        "rto": plan.rto,
    }


def _with_words(words: dict[str, Any], **fresh: str) -> dict[str, Any]:
    merged = {**words, **fresh}
    return {name: text for name, text in merged.items() if text}


def _option(line: str) -> Any:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) == 1:
        key = slugify(parts[0]) or parts[0]
        return key if key == parts[0] else {"key": key, "text": {"en": parts[0]}}
    languages = dict(zip(("en", "id"), parts[1:], strict=False))
    return {"key": parts[0], "text": {name: text for name, text in languages.items() if text}}


def _line(option: Any) -> str:
    if not isinstance(option, dict):
        return str(option)
    words = option.get("text", {})
    told = [words.get("en", ""), words.get("id", "")]
    return " | ".join([str(option["key"]), *told]).rstrip(" |")
