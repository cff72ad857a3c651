"""What a playbook version says, and what stands against publishing it."""

from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.db.models import Min
from django.utils.translation import gettext as _

from assets.models import RecoveryTarget
from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration
from incidents.models import EscalationPolicy, Phase, PhaseKind, PlaybookVersion, Step
from incidents.playbooks.lint import plan_problems
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan
from incidents.selectors.call_lint import policy_problems
from incidents.selectors.duty import who_would_be_called


def plan_of(version: PlaybookVersion) -> PlaybookPlan:
    """The content of a version as plain values; three queries."""
    playbook = version.playbook
    phases = version.phases.select_related("policy").prefetch_related("steps").order_by("position")
    return PlaybookPlan(
        code=playbook.code,
        title=playbook.title,
        scenario=playbook.scenario,
        kinds=tuple(playbook.kinds),
        rules=tuple(playbook.rules),
        source=playbook.source,
        rto=playbook.rto,
        translations=playbook.translations,
        phases=tuple(_phase_plan(phase) for phase in phases),
    )


def publishing_problems(version: PlaybookVersion, *, at: datetime) -> list[str]:
    """Every reason why this version must not be published now, as sentences."""
    phases = list(version.phases.prefetch_related("steps").order_by("position"))
    problems: list[str] = []
    if not any(phase.steps.all() for phase in phases):
        problems.append(_("The plan has no steps."))
    problems += plan_problems(plan_of(version))
    for phase in phases:
        problems += [
            _("“%(step)s” is unfinished: %(what)s.") % {"step": step.text, "what": step.unfinished}
            for step in phase.steps.all()
            if step.unfinished
        ]
        if phase.escalates_after is not None and phase.policy_id is None:
            problems += _default_problems()
    rto = tightest_rto(version)
    if rto is not None:
        problems += late_escalations(version, rto=rto)
    for policy in EscalationPolicy.objects.for_detail().filter(phases__version=version).distinct():
        report = who_would_be_called(policy, at=at, rto=rto)
        found = [*report.problems, *policy_problems(policy, at=at)]
        problems += [f"{policy.name}: {problem}" for problem in found]
    return list(dict.fromkeys(problems))


def approvers_of(version: PlaybookVersion) -> list[User]:
    """Everybody who may put a draft in force: those with the right who did not write on it."""
    right = Permission.objects.filter(
        codename="publish_playbook", content_type__app_label="incidents"
    )
    return list(
        User.objects.filter(is_active=True, groups__permissions__in=right)
        .exclude(pk__in=version.authors.values("pk"))
        .distinct()
        .order_by("pk")
    )


def tightest_rto(version: PlaybookVersion) -> timedelta | None:
    """The shortest RTO that the plan has to keep, where any is known."""
    playbook = version.playbook
    least = RecoveryTarget.objects.filter(asset__playbooks=playbook).aggregate(least=Min("rto"))
    known = [rto for rto in (playbook.rto, least["least"]) if rto is not None]
    return min(known, default=None)


def late_escalations(version: PlaybookVersion, *, rto: timedelta) -> list[str]:
    """Phases of the response that would call somebody only after the RTO has run out."""
    return [
        _("%(phase)s calls somebody after %(after)s, longer than the RTO of %(rto)s.")
        % {
            "phase": phase.said("name"),
            "after": format_duration(phase.escalates_after),
            "rto": format_duration(rto),
        }
        # By the review the RTO clock has long stopped.
        for phase in version.phases.exclude(escalates_after=None).exclude(kind=PhaseKind.REVIEW)
        if phase.escalates_after is not None and phase.escalates_after > rto
    ]


def _default_problems() -> list[str]:
    if EscalationPolicy.objects.filter(is_default=True, retired_at=None).exists():
        return []
    return [_("A phase escalates, but names no policy and there is no default one.")]


def _phase_plan(phase: Phase) -> PhasePlan:
    return PhasePlan(
        kind=phase.kind,
        name=phase.name,
        escalates_after=phase.escalates_after,
        policy=phase.policy.name if phase.policy else "",
        translations=phase.translations,
        steps=tuple(
            _step_plan(step) for step in sorted(phase.steps.all(), key=lambda step: step.position)
        ),
    )


def _step_plan(step: Step) -> StepPlan:
    return StepPlan(
        text=step.text,
        key=step.key,
        instructions=step.instructions,
        role=step.role,
        due_within=step.due_within,
        is_decision=step.is_decision,
        options=step.options,
        authority=step.authority,
        needs_second_person=step.needs_second_person,
        right=step.right,
        evidence=step.evidence,
        default_option=step.default_option,
        branch=step.branch,
        condition=step.condition,
        action=step.action,
        unfinished=step.unfinished,
        translations=step.translations,
    )
