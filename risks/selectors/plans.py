"""What the page of a plan shows."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language

from assets.models import Achievement, Asset
from assets.selectors.history import HistoryEntry, history_of
from bcp_portal.accounts.models import User
from incidents.models import Exercise, Playbook
from risks.models import Plan, PlanState, PlanVersion
from risks.plan_sections import SECTIONS, section_text

PROOFS = 8
EXERCISES = 8


@dataclass(frozen=True)
class SectionText:
    """One part of a plan in the reader's language."""

    heading: str | Promise
    text: str


@dataclass(frozen=True)
class PlanPage:
    """What the page of a plan shows."""

    plan: Plan
    shown: PlanVersion | None
    in_work: PlanVersion | None
    sections: list[SectionText]
    versions: list[PlanVersion]
    assets: list[Asset]
    playbooks: list[Playbook]
    proofs: list[Achievement]
    exercises: list[Exercise]
    may_approve: bool
    history: list[HistoryEntry]


def plan_page(plan: Plan, *, user: User, number: int | None = None) -> PlanPage:
    """Gather the page of a plan in a fixed number of queries; by default the version in force."""
    versions = list(plan.versions.select_related("written_by", "approved_by").order_by("-number"))
    in_work = next((one for one in versions if one.state in ("draft", "submitted")), None)
    asked = next((one for one in versions if one.number == number), None)
    current = next((one for one in versions if one.pk == plan.current_id), None)
    shown = asked or current or in_work
    assets = list(Asset.objects.visible_to(user).filter(plans=plan).order_by("code"))
    proofs = Achievement.objects.filter(asset__in=assets).select_related("asset")
    return PlanPage(
        plan=plan,
        shown=shown,
        in_work=in_work,
        sections=sections_of(shown, (get_language() or "en")[:2]) if shown else [],
        versions=versions,
        assets=assets,
        playbooks=list(plan.playbooks.order_by("code")),
        proofs=list(proofs.order_by("-happened_at")[:PROOFS]),
        exercises=exercises_of(plan, user) if user.has_perm("incidents.view_exercise") else [],
        may_approve=in_work is not None
        and in_work.state == PlanState.SUBMITTED
        and in_work.written_by_id != user.pk
        and user.has_perm("risks.approve_plan"),
        history=history_of(plan),
    )


def exercises_of(plan: Plan, user: User) -> list[Exercise]:
    """Rehearsals of a playbook of the plan, newest first: what is planned, and what came of it."""
    rehearsed = Exercise.objects.visible_to(user).filter(playbook__in=plan.playbooks.all())
    return list(rehearsed.order_by("-scheduled_for", "-pk")[:EXERCISES])


def sections_of(version: PlanVersion, language: str) -> list[SectionText]:
    """The parts of a version in a language."""
    return [
        SectionText(heading, section_text(version.texts, name, language))
        for name, (heading, _help) in SECTIONS.items()
    ]
