"""Makers of alerts, incidents, policies and playbooks."""

from datetime import timedelta
from itertools import count

from bcp_portal.accounts.models import User
from incidents.models import (
    Incident,
    PlaybookRun,
    PlaybookVersion,
    RunStep,
)
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.services.incident import declare_incident
from incidents.services.playbook import draft_playbook, publish_version
from incidents.services.policy import LevelPlan, save_policy
from incidents.services.run import start_run
from telemetry.models import Signal, SignalRule
from tests.make import NOON, make_user

_serial = count(1)
TEN_MINUTES = timedelta(minutes=10)
PHASE_KINDS = ("identification", "containment", "recovery", "review")


def make_policy(*rungs: list[User], fallback: User | None = None, **fields: object):
    """A policy that calls one list of people after the other, ten minutes apart."""
    number = next(_serial)
    defaults = {"name": f"Policy {number}", "is_default": True}
    return save_policy(
        fallback=fallback or make_user(),
        levels=[LevelPlan(delay=TEN_MINUTES, users=people) for people in rungs],
        actor=None,
        at=NOON,
        **(defaults | fields),
    )


def make_incident(**fields: object) -> Incident:
    """A declared incident that somebody commands, unless `commander=None`."""
    if "commander" not in fields:
        fields["commander"] = make_user()
    defaults = {"title": f"Tills stand still {next(_serial)}", "actor": None, "at": NOON}
    return declare_incident(**(defaults | fields))


def make_plan(phases: dict[str, list[str | StepPlan]], **fields: object) -> PlaybookPlan:
    number = next(_serial)
    return PlaybookPlan(
        **(
            {
                "code": f"PB-{number}",
                "title": f"Plan {number}",
                "phases": tuple(
                    PhasePlan(
                        kind=PHASE_KINDS[min(index, 3)],
                        name=name,
                        steps=tuple(
                            step if isinstance(step, StepPlan) else StepPlan(text=step)
                            for step in steps
                        ),
                        escalates_after=fields.pop("escalates_after", None),
                        policy=str(fields.pop("policy", "")),
                    )
                    for index, (name, steps) in enumerate(phases.items())
                ),
            }
            | fields
        )
    )


def make_version(
    phases: dict[str, list[str | StepPlan]] | None = None, **fields: object
) -> PlaybookVersion:
    """A published version with these phases and steps."""
    plan = make_plan(phases or {"Look": ["Read the alert"]}, **fields)
    version = draft_playbook(plan=plan, actor=None, at=NOON)
    return publish_version(version=version, actor=None, at=NOON)


def make_run(
    phases: dict[str, list[str | StepPlan]] | None = None, **fields: object
) -> PlaybookRun:
    version = make_version(phases)
    incident = fields.pop("incident", None) or make_incident(**fields)
    return start_run(incident=incident, version=version, actor=incident.commander, at=NOON)


def step_of(run: PlaybookRun, text: str) -> RunStep:
    return RunStep.objects.get(phase__run=run, text=text)


def make_signal(rule: SignalRule = SignalRule.SITE_SILENT, **fields: object) -> Signal:
    number = next(_serial)
    defaults = {
        "rule": rule,
        "key": f"thing-{number}",
        "severity": 3,
        "title": "%(site)s is silent",
        "params": {"site": "S"},
        "began_at": NOON - timedelta(minutes=5),
        "opened_at": NOON,
    }
    return Signal.objects.create(**(defaults | fields))
