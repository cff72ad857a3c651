"""Read models of the playbook editor, of a comparison, and of what waits for approval."""

from dataclasses import dataclass
from datetime import datetime

from bcp_portal.accounts.models import User
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from incidents.models import (
    EscalationPolicy,
    IncidentKind,
    Playbook,
    PlaybookVersion,
    RoleName,
    VersionStatus,
)
from incidents.playbooks.actions import deed_words
from incidents.playbooks.compare import StepChange, compare_plans
from incidents.playbooks.edit import with_keys
from incidents.playbooks.facts import FACT_RULES
from incidents.playbooks.plan import PhasePlan, PlaybookPlan, StepPlan, said
from incidents.selectors.playbook import plan_of, publishing_problems


@dataclass(frozen=True)
class StepRow:
    """One step in the outline, with the rules it has in a few words."""

    step: StepPlan
    text: str
    role: str
    after: str
    facts: list[str]
    deed: str = ""


@dataclass(frozen=True)
class PhaseRow:
    """One phase in the outline."""

    number: int
    phase: PhasePlan
    name: str
    steps: list[StepRow]


@dataclass(frozen=True)
class EditorPage:
    """What the editor shows beside its form."""

    playbook: Playbook
    version: PlaybookVersion
    plan: PlaybookPlan
    seen: str
    phases: list[PhaseRow]
    problems: list[str]
    policies: list[str]
    authors: list[User]


@dataclass(frozen=True)
class ComparePage:
    """Two versions and what differs."""

    playbook: Playbook
    versions: list[PlaybookVersion]
    old: PlaybookVersion
    new: PlaybookVersion
    changes: list[StepChange]


def editor_page(version: PlaybookVersion, *, at: datetime) -> EditorPage:
    """Gather a draft as the editor shows it."""
    plan = with_keys(plan_of(version))
    texts = {step.key: said(step, "text") for step in plan.steps}
    return EditorPage(
        playbook=version.playbook,
        version=version,
        plan=plan,
        seen=sha256_hex(canonical_json(plan.as_dict())),
        phases=[
            PhaseRow(
                number, phase, said(phase, "name"), [_row(step, texts) for step in phase.steps]
            )
            for number, phase in enumerate(plan.phases)
        ],
        problems=publishing_problems(version, at=at),
        policies=list(
            EscalationPolicy.objects.filter(retired_at=None)
            .order_by("name")
            .values_list("name", flat=True)
        ),
        authors=list(version.authors.order_by("pk")),
    )


def compare_page(playbook: Playbook, *, old: str, new: str) -> ComparePage | None:
    """Two versions side by side: those asked for, or the newest and the one before it."""
    versions = sorted(playbook.versions.all(), key=lambda version: -version.number)
    if len(versions) < 2:
        return None
    by_number = {str(version.number): version for version in versions}
    newer = by_number.get(new, versions[0])
    in_force = [v for v in versions if v.status == VersionStatus.PUBLISHED and v.pk != newer.pk]
    earlier = [v for v in versions if v.number < newer.number]
    older = by_number.get(old) or (in_force or earlier or [versions[-1]])[0]
    changes = compare_plans(plan_of(older), plan_of(newer))
    return ComparePage(playbook, versions, older, newer, changes)


def waiting_for_approval(user: User) -> list[PlaybookVersion]:
    """Drafts that were handed in and that this person may approve. One query."""
    if not user.has_perm("incidents.publish_playbook"):
        return []
    return list(
        PlaybookVersion.objects.filter(
            status=VersionStatus.DRAFT,
            submitted_at__isnull=False,
            playbook__in=Playbook.objects.visible_to(user),
        )
        .exclude(authors=user)
        .select_related("playbook")
        .order_by("submitted_at")[:10]
    )


def _row(step: StepPlan, texts: dict[str, str]) -> StepRow:
    needed = step.condition.get("step", "")
    chosen = step.condition.get("chosen", "")
    after = f"{texts.get(needed, needed)} → {chosen}" if chosen else texts.get(needed, needed)
    facts = [_fact(wanted) for wanted in step.condition.get("facts", [])]
    role = str(dict(RoleName.choices).get(step.role, ""))
    return StepRow(step, said(step, "text"), role, after, facts, deed_words(step.action))


def _fact(wanted: dict[str, str]) -> str:
    rule = FACT_RULES.get(wanted.get("fact", ""))
    value = str(wanted.get("value", ""))
    shown = dict(IncidentKind.choices).get(value, value) if wanted.get("fact") == "kind" else value
    return f"{rule.label if rule else wanted.get('fact')} {shown}"
