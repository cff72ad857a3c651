"""Verbs of a plan: write, submit, approve by another, retire."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.changes import BadFactsError, check_row, need_reason, plain, set_fields
from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError, NotAllowedError
from bcp_portal.shared.hashing import canonical_json, sha256_hex
from incidents.models import Playbook
from risks.models import PLAN_LIFECYCLE, Plan, PlanState, PlanVersion
from risks.plan_sections import LANGUAGES, SECTIONS
from risks.services.risk import tell
from risks.services.telling import tell_people

PLAN_FACTS = ("title", "title_id", "kind", "scenario", "scenario_id", "owner", "review_on")
REVIEWED_AFTER = timedelta(days=365)
Texts = Mapping[str, Mapping[str, str]]


class StalePlanError(DomainError):
    """Somebody else has saved this draft meanwhile."""


@verb
def write_plan(
    *,
    facts: Mapping[str, Any],
    assets: Iterable[Asset] = (),
    playbooks: Iterable[Playbook] = (),
    code: str = "",
    actor: User,
    at: datetime,
) -> Plan:
    """Begin a plan with an empty first draft."""
    plan = Plan(code=code or _next_code(), created_at=at)
    set_fields(plan, facts, PLAN_FACTS)
    check_row(plan)
    plan.save()
    plan.assets.set(assets)
    plan.playbooks.set(playbooks)
    PlanVersion.objects.create(plan=plan, number=1, written_by=actor, written_at=at)
    after = {"code": plan.code} | {name: plain(getattr(plan, name)) for name in facts}
    audit(action="plan.write", obj=plan, actor=actor, at=at, after=after)
    tell(at=at)
    return plan


@verb
def edit_plan(
    *,
    plan: Plan,
    facts: Mapping[str, Any],
    assets: Iterable[Asset],
    playbooks: Iterable[Playbook],
    actor: User,
    at: datetime,
) -> Plan:
    """Correct what a plan is about; its text changes by drafts."""
    plan = _lock(plan)
    before, after = set_fields(plan, facts, PLAN_FACTS)
    check_row(plan)
    plan.save()
    for name, rows in (("assets", assets), ("playbooks", playbooks)):
        links: Any = getattr(plan, name)
        old = sorted(links.values_list("code", flat=True))
        new = sorted(row.code for row in rows)
        if old != new:
            links.set(rows)
            before[name], after[name] = ", ".join(old), ", ".join(new)
    if after:
        audit(action="plan.edit", obj=plan, actor=actor, at=at, before=before, after=after)
        tell(at=at)
    return plan


@verb
def save_draft(
    *,
    plan: Plan,
    texts: Texts,
    change_note: str = "",
    expected: int | None = None,
    actor: User,
    at: datetime,
) -> PlanVersion:
    """Write the next version; an approved one stays as it is, in force until this is approved."""
    plan = _lock(plan)
    draft = plan.versions.filter(state__in=[PlanState.DRAFT, PlanState.SUBMITTED]).first()
    if draft is not None and draft.state == PlanState.SUBMITTED:
        raise BadFactsError(_("This version waits for approval; take it back to change it."))
    if draft is not None and expected is not None and draft.edits != expected:
        raise StalePlanError(
            _("Somebody has saved this draft meanwhile. Your text is still here; compare first.")
        )
    if draft is None:
        top = plan.versions.aggregate(top=Max("number"))["top"] or 0
        draft = PlanVersion(plan=plan, number=top + 1)
    draft.texts = {
        language: {name: texts.get(language, {}).get(name, "").strip() for name in SECTIONS}
        for language in LANGUAGES
    }
    draft.change_note, draft.written_by, draft.written_at = change_note, actor, at
    draft.edits += 1
    draft.save()
    audit(
        action="plan.draft", obj=plan, actor=actor, at=at, reason=change_note,
        after={"version": draft.number},
    )  # fmt: skip
    tell(at=at)
    return draft


@verb
def submit_draft(*, plan: Plan, actor: User, at: datetime) -> PlanVersion:
    """Ask for approval; an empty plan is none."""
    plan = _lock(plan)
    draft = _in_work(plan)
    PLAN_LIFECYCLE.check(PlanState(draft.state), PlanState.SUBMITTED)
    missing = [
        str(heading)
        for name, (heading, _help) in SECTIONS.items()
        if not any(draft.texts.get(language, {}).get(name) for language in LANGUAGES)
    ]
    if missing:
        raise BadFactsError(_("Still empty: %s.") % ", ".join(missing))
    draft.state = PlanState.SUBMITTED
    draft.save(update_fields=["state"])
    audit(action="plan.submit", obj=plan, actor=actor, at=at, after={"version": draft.number})
    tell_people(
        [plan.owner],
        gettext_noop("%(who)s asks for approval of %(code)s, version %(number)s."),
        {"who": actor.name, "code": plan.code, "number": draft.number},
        path=f"/plans/{plan.code}/",
        but=actor,
        at=at,
    )
    tell(at=at)
    return draft


@verb
def approve_draft(*, plan: Plan, actor: User, at: datetime) -> PlanVersion:
    """Put a version into force, bound to its text; whoever wrote it cannot."""
    plan = _lock(plan)
    draft = _in_work(plan)
    PLAN_LIFECYCLE.check(PlanState(draft.state), PlanState.APPROVED)
    if draft.written_by_id == actor.pk:
        raise NotAllowedError(_("Whoever wrote a version cannot approve it."))
    plan.versions.filter(state=PlanState.APPROVED).update(state=PlanState.REPLACED)
    draft.state, draft.approved_by, draft.approved_at = PlanState.APPROVED, actor, at
    draft.digest = sha256_hex(canonical_json([plan.code, draft.number, draft.texts]))
    draft.save()
    plan.current, plan.review_on = draft, (at + REVIEWED_AFTER).date()
    plan.save(update_fields=["current", "review_on"])
    after = {"version": draft.number, "sha256": draft.digest}
    audit(action="plan.approve", obj=plan, actor=actor, at=at, after=after)
    tell_people(
        [draft.written_by, plan.owner],
        gettext_noop("%(who)s has approved %(code)s, version %(number)s."),
        {"who": actor.name, "code": plan.code, "number": draft.number},
        path=f"/plans/{plan.code}/",
        but=actor,
        at=at,
    )
    tell(at=at)
    return draft


@verb
def return_draft(*, plan: Plan, reason: str, actor: User, at: datetime) -> PlanVersion:
    """Give a version back to its writer, and say why."""
    plan = _lock(plan)
    draft = _in_work(plan)
    PLAN_LIFECYCLE.check(PlanState(draft.state), PlanState.DRAFT)
    why = need_reason(reason)
    draft.state = PlanState.DRAFT
    draft.save(update_fields=["state"])
    audit(action="plan.return", obj=plan, actor=actor, at=at, reason=why)
    tell_people(
        [draft.written_by],
        gettext_noop("%(who)s gives %(code)s back: %(reason)s"),
        {"who": actor.name, "code": plan.code, "reason": why},
        path=f"/plans/{plan.code}/",
        but=actor,
        at=at,
    )
    tell(at=at)
    return draft


@verb
def retire_plan(*, plan: Plan, reason: str, actor: User, at: datetime) -> Plan:
    """Say that a plan holds no more; its versions stay."""
    plan = _lock(plan)
    plan.retired_at = at
    plan.save(update_fields=["retired_at"])
    audit(action="plan.retire", obj=plan, actor=actor, at=at, reason=need_reason(reason))
    tell(at=at)
    return plan


def _in_work(plan: Plan) -> PlanVersion:
    draft = plan.versions.filter(state__in=[PlanState.DRAFT, PlanState.SUBMITTED]).first()
    if draft is None:
        raise BadFactsError(_("There is no version in work."))
    return draft


def _lock(plan: Plan) -> Plan:
    plan = Plan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    if plan.retired_at is not None:
        raise BadFactsError(_("%(code)s has been retired.") % {"code": plan.code})
    return plan


def _next_code() -> str:
    top = Plan.objects.filter(code__regex=r"^PLAN-[0-9]+$").order_by(Length("code").desc(), "-code")
    last = top.values_list("code", flat=True).first() or "PLAN-0"
    return f"PLAN-{int(last[5:]) + 1:02d}"
