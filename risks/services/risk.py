"""Verbs of a risk."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models.functions import Length
from django.utils.translation import gettext as _

from assets.changes import BadFactsError, Change, check_row, need_reason, plain
from assets.models import Asset, ThirdParty
from assets.services.custom_field import columns_of, set_facts
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.live.services import publish
from bcp_portal.shared.errors import DomainError
from risks.models import RISK_LIFECYCLE, Acceptance, Risk, RiskStatus, Threat
from risks.scoring import Scale
from risks.selectors.matrix import scale_in_force
from risks.services.matrix import family_of

RISK_FACTS = (
    "title",
    "category",
    "unit",
    "cause",
    "consequence",
    "owner",
    "business_owner",
    "review_on",
)
CODE = re.compile(r"R-\d{1,9}")


class RiskRetiredError(DomainError):
    """The risk has left the register."""


class StaleRiskError(DomainError):
    """Somebody else has changed the risk since this person opened it."""


@verb
def identify_risk(
    *,
    facts: Mapping[str, Any],
    assets: Iterable[Asset] = (),
    threats: Iterable[Threat] = (),
    third_parties: Iterable[ThirdParty] = (),
    code: str = "",
    actor: User | None,
    at: datetime,
) -> Risk:
    """Put something that could happen into the register, with a person who answers for it."""
    if code and not CODE.fullmatch(code):
        raise BadFactsError(_("A risk's code looks like R-031; this one is “%s”.") % code)
    risk = draft_risk(code or next_code(), facts, actor=actor, at=at)
    check_row(risk, only={"code", *RISK_FACTS, *facts})
    risk.save()
    _before, links = _link(
        risk, {"assets": assets, "threats": threats, "third_parties": third_parties}, is_new=True
    )
    note_identified(risk, facts, links, actor=actor, at=at)
    tell(at=at)
    return risk


def draft_risk(code: str, facts: Mapping[str, Any], *, actor: User | None, at: datetime) -> Risk:
    """A risk as these facts describe it, neither checked nor saved."""
    risk = Risk(code=code, created_at=at, created_by=actor)
    set_facts(risk, facts, RISK_FACTS)
    if category := facts.get("category"):
        risk.matrix_family = family_of(category, risk.unit)
    return risk


def note_identified(
    risk: Risk,
    facts: Mapping[str, Any],
    links: Mapping[str, str],
    *,
    actor: User | None,
    at: datetime,
) -> None:
    """Write into the trail that a risk came into the register, and what was said of it."""
    told = {"code": risk.code} | {name: plain(risk.said(name)) for name in facts}
    told |= {"assets": "", **links}
    audit(action="risk.identify", obj=risk, actor=actor, at=at, after=told)


@verb
def edit_risk(
    *,
    risk: Risk,
    facts: Mapping[str, Any],
    assets: Iterable[Asset] | None = None,
    threats: Iterable[Threat] | None = None,
    third_parties: Iterable[ThirdParty] | None = None,
    reason: str = "",
    expected: int | None = None,
    actor: User | None,
    at: datetime,
) -> Risk:
    """Correct what is said about a risk; levels change only by an assessment.

    `expected` is the version that the person saw; another one means that somebody was quicker.
    """
    risk = lock_in_force(risk)
    if expected is not None and expected != risk.version:
        raise StaleRiskError(
            _(
                "Somebody has changed %(code)s while you were writing. Nothing is lost: your text "
                "is still here, and what it says now stands below. Compare, then save again."
            )
            % {"code": risk.code}
        )
    before, after = set_facts(risk, facts, RISK_FACTS)
    if after:
        check_row(risk)
        risk.save(update_fields=columns_of(after))
    if {"category", "unit"} & after.keys():
        _judge_by(risk, family_of(risk.category, risk.unit), at=at)
    was, links = _link(risk, {"assets": assets, "threats": threats, "third_parties": third_parties})
    before, after = before | was, after | links
    if after:
        risk.version += 1
        risk.save(update_fields=["version"])
        audit(
            action="risk.edit",
            obj=risk,
            actor=actor,
            at=at,
            reason=reason,
            before=before,
            after=after,
        )
        tell(at=at)
    return risk


def _link(risk: Risk, said: Mapping[str, Iterable[Any] | None], *, is_new: bool = False) -> Change:
    """Let a risk name these things and no others; None leaves them as they are."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, things in said.items():
        if things is None:
            continue
        links: Any = getattr(risk, name)
        old = [] if is_new else sorted(links.values_list("code", flat=True))
        named = dict(sorted((thing.code, thing) for thing in set(things)))
        if old != list(named):
            links.set(named.values())
            before[name], after[name] = ", ".join(old), ", ".join(named)
    return before, after


def _judge_by(risk: Risk, family: str, *, at: datetime) -> None:
    """Judged by another matrix from now on, it waits to be; what the old one said is history."""
    if family == risk.matrix_family:
        return
    risk.matrix_family = family
    if risk.level and risk.reassess_since is None:
        risk.reassess_since = at
    risk.save(update_fields=["matrix_family", "reassess_since"])


@verb
def retitle_risk(*, risk: Risk, title: str, actor: User, at: datetime) -> Risk:
    """Give a risk a clearer title."""
    return edit_risk(risk=risk, facts={"title": title}, actor=actor, at=at)


@verb
def hand_over_risk(*, risk: Risk, owner: User, actor: User, at: datetime) -> Risk:
    """Let another person answer for a risk."""
    return edit_risk(risk=risk, facts={"owner": owner}, actor=actor, at=at)


@verb
def plan_review(*, risk: Risk, review_on: date, actor: User, at: datetime) -> Risk:
    """Say when a risk is looked at next."""
    return edit_risk(risk=risk, facts={"review_on": review_on}, actor=actor, at=at)


@verb
def finish_review(
    *, risk: Risk, note: str, review_on: date | None = None, actor: User, at: datetime
) -> Risk:
    """Say that a risk was looked at; without a date the level decides when it is due again."""
    risk = lock_in_force(risk)
    next_on = review_on or next_review(risk, at.date())
    if next_on <= at.date():
        raise BadFactsError(_("The next review must lie in the future."))
    before = {"review_on": plain(risk.review_on), "reviewed_at": plain(risk.reviewed_at)}
    risk.review_on, risk.reviewed_at = next_on, at
    risk.save(update_fields=["review_on", "reviewed_at"])
    audit(
        action="risk.review",
        obj=risk,
        actor=actor,
        at=at,
        reason=need_reason(note),
        before=before,
        after={"review_on": plain(next_on), "reviewed_at": plain(at)},
    )
    tell(at=at)
    return risk


@verb
def retire_risk(*, risk: Risk, reason: str, actor: User, at: datetime) -> Risk:
    """Take a risk out of the register because it cannot happen any more; its history stays."""
    risk = Risk.objects.select_for_update(of=("self",)).get(pk=risk.pk)
    was = RiskStatus(risk.status)
    RISK_LIFECYCLE.check(was, RiskStatus.RETIRED)
    risk.status, risk.retired_at = RiskStatus.RETIRED, at
    risk.save(update_fields=["status", "retired_at"])
    Acceptance.objects.filter(risk=risk, ended_at=None).update(ended_at=at, ended_because="retired")
    audit(
        action="risk.retire",
        obj=risk,
        actor=actor,
        at=at,
        reason=need_reason(reason),
        before={"status": was.value},
        after={"status": RiskStatus.RETIRED.value},
    )
    tell(at=at)
    return risk


def lock_in_force(risk: Risk) -> Risk:
    """The risk, locked for this change; a retired one changes no more."""
    risk = Risk.objects.select_for_update(of=("self",)).select_related("category").get(pk=risk.pk)
    if risk.status == RiskStatus.RETIRED:
        raise RiskRetiredError(_("%(code)s has been retired.") % {"code": risk.code})
    return risk


def next_review(risk: Risk, today: date, scale: Scale | None = None) -> date:
    """When a risk of this level is due again; one that nobody has judged comes back in a month.

    Without a `scale` by the one in force.
    """
    scale = scale or scale_in_force(risk.matrix_family)[1]
    level = scale.by_word.get(risk.level)
    return date.fromordinal(today.toordinal() + (level.review_days if level else 30))


def tell(*, at: datetime) -> None:
    """Let the screens that show the register look again."""
    publish(topic="risks", kind="risk", at=at, permission="risks.view_risk")


def next_code() -> str:
    """The code that follows the highest of the register."""
    top = Risk.objects.filter(code__startswith="R-").order_by(Length("code").desc(), "-code")
    codes = top.values_list("code", flat=True).iterator(chunk_size=20)
    last = next((code for code in codes if CODE.fullmatch(code)), "")
    return f"R-{int(last[2:] or 0) + 1:03d}"
