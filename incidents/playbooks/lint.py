"""What is wrong with a plan by itself, as sentences; no database, no clock."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from incidents.playbooks.actions import action_problems
from incidents.playbooks.facts import FACT_RULES
from incidents.playbooks.plan import PlaybookPlan, StepPlan


def option_keys(options: list[Any]) -> list[str]:
    """The stored words of the options of a decision."""
    return [str(option["key"] if isinstance(option, dict) else option) for option in options]


def plan_problems(plan: PlaybookPlan) -> list[str]:
    """Every rule of a step that could never be followed."""
    earlier: dict[str, StepPlan] = {}
    problems: list[str] = []
    for step in plan.steps:
        problems += _decision_problems(step)
        problems += _condition_problems(step, earlier)
        problems += action_problems(step)
        if step.key:
            earlier[step.key] = step
    return problems


def _decision_problems(step: StepPlan) -> Iterator[str]:
    options = option_keys(step.options)
    if step.is_decision and len(options) < 2:
        yield _("“%(step)s” is a decision, but offers less than two options.") % {"step": step.text}
    if not step.default_option:
        return
    if step.default_option not in options:
        yield _("“%(step)s”: the default is none of its options.") % {"step": step.text}
    if step.needs_second_person:
        yield _("“%(step)s” takes two people, so time alone cannot decide it.") % {
            "step": step.text
        }
    if step.due_within is None:
        yield _("“%(step)s” has a default, but no deadline after which it would hold.") % {
            "step": step.text
        }


def _condition_problems(step: StepPlan, earlier: dict[str, StepPlan]) -> Iterator[str]:
    needed, chosen = step.condition.get("step"), step.condition.get("chosen")
    if needed and needed not in earlier:
        yield _("“%(step)s” depends on a step that does not come before it.") % {"step": step.text}
    elif needed and chosen and chosen not in option_keys(earlier[needed].options):
        yield _("“%(step)s” waits for a choice that nobody can make.") % {"step": step.text}
    for wanted in step.condition.get("facts", []):
        rule = FACT_RULES.get(wanted.get("fact", ""))
        if rule is None or (rule.is_number and not str(wanted.get("value", "")).isdigit()):
            yield _("“%(step)s” depends on a fact that cannot be read.") % {"step": step.text}
