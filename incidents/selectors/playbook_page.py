"""Read models of the playbook page and of the people it would call."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from bcp_portal.accounts.models import User
from incidents.models import (
    EscalationPolicy,
    Phase,
    Playbook,
    PlaybookVersion,
    Step,
    VersionStatus,
)
from incidents.playbooks.reader import ready_plans
from incidents.selectors.duty import DutyReport, who_would_be_called
from incidents.selectors.moves import Move
from incidents.selectors.playbook import publishing_problems
from incidents.selectors.playbook_moves import playbook_moves


@dataclass(frozen=True)
class StepText:
    """One step in the reader's language."""

    step: Step
    text: str
    instructions: str


@dataclass(frozen=True)
class PhaseText:
    """One phase in the reader's language."""

    phase: Phase
    name: str
    steps: list[StepText]


@dataclass(frozen=True)
class PlaybookPage:
    """What the playbook page shows."""

    playbook: Playbook
    title: str
    scenario: str
    version: PlaybookVersion | None
    versions: list[PlaybookVersion]
    phases: list[PhaseText]
    problems: list[str]
    duty: list[DutyReport]
    moves: list[Move]


def playbook_page(playbook: Playbook, *, number: str, user: User, at: datetime) -> PlaybookPage:
    """Gather one version of a plan: the asked one, the one in force, or the newest."""
    versions = sorted(playbook.versions.all(), key=lambda version: -version.number)
    asked = [version for version in versions if str(version.number) == number]
    newest = versions[0] if versions else None
    version = asked[0] if asked else playbook.published_version or newest
    is_draft = version is not None and version.status == VersionStatus.DRAFT
    problems = publishing_problems(version, at=at) if version and is_draft else []
    return PlaybookPage(
        playbook=playbook,
        title=playbook.said("title"),
        scenario=playbook.said("scenario"),
        version=version,
        versions=versions,
        phases=_phases(version) if version else [],
        problems=problems,
        duty=duty_now(at=at),
        moves=playbook_moves(playbook, version, user=user, problems=problems),
    )


@cache
def _ready_codes() -> frozenset[str]:
    return frozenset(plan.code for plan in ready_plans())


def missing_ready_plans() -> int:
    """How many of the plans that come with the portal are not here yet. One query."""
    codes = _ready_codes()
    return len(codes - set(Playbook.objects.filter(code__in=codes).values_list("code", flat=True)))


def duty_now(*, at: datetime) -> list[DutyReport]:
    """Who would be called right now, by every policy in use."""
    policies = EscalationPolicy.objects.for_detail().filter(retired_at=None)
    return [
        who_would_be_called(policy, at=at) for policy in policies.order_by("-is_default", "name")
    ]


def _phases(version: PlaybookVersion) -> list[PhaseText]:
    phases = version.phases.select_related("policy").prefetch_related("steps").order_by("position")
    return [
        PhaseText(
            phase,
            phase.said("name"),
            [
                StepText(step, step.said("text"), step.said("instructions"))
                for step in sorted(phase.steps.all(), key=lambda step: step.position)
            ],
        )
        for phase in phases
    ]
