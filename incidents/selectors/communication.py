"""What holds when we speak: the rule of an audience, who may approve, what fills a template."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bcp_portal.accounts.models import User
from bcp_portal.shared.durations import format_duration
from incidents.models import (
    Approver,
    Audience,
    AudienceRule,
    Incident,
    IncidentRole,
    StatusUpdate,
    UpdateDraft,
    UpdateTemplate,
)
from incidents.placeholders import fill

HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
# audience -> (cadence, whose word it needs, whether a second person must say it)
READY_RULES: dict[str, tuple[timedelta, str, bool]] = {
    Audience.USERS: (HALF_HOUR, Approver.NOBODY, False),
    Audience.PARTNERS: (HOUR, Approver.NOBODY, False),
    Audience.STAFF: (HALF_HOUR, Approver.NOBODY, False),
    Audience.MANAGEMENT: (HOUR, Approver.NOBODY, False),
    Audience.REGULATOR: (DAY, Approver.MANAGEMENT, True),
    Audience.PUBLIC: (HALF_HOUR, Approver.COMMANDER, False),
}
INSIDE = (Audience.STAFF, Audience.MANAGEMENT)


@dataclass(frozen=True)
class DraftLine:
    """A draft as it would go out, and whether this person may let it."""

    draft: UpdateDraft
    words: str
    may_approve: bool
    whose_word: str


def rule_for(audience: str) -> AudienceRule:
    """The rule that holds: the organisation's own, or the ready-made one."""
    row = AudienceRule.objects.filter(audience=audience).first()
    return row or _ready(audience)


def all_rules() -> list[AudienceRule]:
    """The rules of all audiences; one query."""
    rows = {row.audience: row for row in AudienceRule.objects.all()}
    return [rows.get(audience) or _ready(audience) for audience in Audience.values]


def may_approve(user: User, incident: Incident, rule: AudienceRule) -> bool:
    """Whether this person's word lets an update out.

    Whoever holds the role in the incident decides. Only where nobody holds it, those who may stand
    in for anybody do.
    """
    if rule.approver == Approver.NOBODY:
        # Its writer's word was enough; what a playbook has put forward takes that of a speaker.
        return user.has_perm("incidents.publish_update")
    holder = _holder(incident, rule.approver)
    if holder is not None:
        return holder == user.pk
    return user.has_perm("incidents.approve_update")


def goes_out_at_once(user: User, incident: Incident, rule: AudienceRule) -> bool:
    """Whether the writer's own word is enough."""
    if rule.approver == Approver.NOBODY:
        return True
    return not rule.needs_second and may_approve(user, incident, rule)


def placeholder_values(
    incident: Incident, *, at: datetime, next_at: datetime | None, language: str
) -> dict[str, str]:
    """What the placeholders stand for, in one language and the writer's zone."""
    with translation.override(language or translation.get_language() or "en"):
        names = [
            hit.asset.name
            for hit in incident.assets.filter(recovered_at=None, gated_by=None).select_related(
                "asset"
            )[:4]
        ]
        sites = incident.sites.count()
        return {
            "code": incident.code,
            "title": incident.headline,
            "status": str(incident.get_status_display()),
            "services": ", ".join(names) or _("a part of our services"),
            "sites": ngettext("%(count)d site", "%(count)d sites", sites) % {"count": sites}
            if sites
            else _("some places"),
            "began": _moment(incident.started_at),
            "lasted": format_duration(incident.down_for(at)),
            "next_update": _moment(next_at) if next_at else _("when there is news"),
        }


def filled(
    texts: dict[str, str],
    incident: Incident,
    *,
    at: datetime,
    next_at: datetime | None,
    first_language: str = "",
) -> dict[str, str]:
    """Texts by language with everything put in; the empty language is the first one."""
    return {
        language: fill(
            text,
            placeholder_values(
                incident, at=at, next_at=next_at, language=language or first_language
            ),
        )
        for language, text in texts.items()
        if text.strip()
    }


def waiting_drafts(user: User, *, at: datetime) -> list[DraftLine]:
    """What waits for a word, oldest first, as it would go out now."""
    rules = {rule.audience: rule for rule in all_rules()}
    drafts = UpdateDraft.objects.visible_to(user).waiting().for_list().order_by("written_at")[:30]
    return [draft_line(draft, user, rules[draft.audience], at=at) for draft in drafts]


def draft_line(draft: UpdateDraft, user: User, rule: AudienceRule, *, at: datetime) -> DraftLine:
    """One draft for one reader."""
    words = filled(
        {"": draft.said("text")}, draft.incident, at=at, next_at=draft.next_promised_at(at)
    )
    is_own = rule.needs_second and draft.written_by_id == user.pk
    return DraftLine(
        draft=draft,
        words=words.get("", ""),
        may_approve=not is_own and may_approve(user, draft.incident, rule),
        whose_word=str(rule.get_approver_display()),
    )


def templates_for(audience: str = "") -> list[UpdateTemplate]:
    """Templates one can choose from."""
    rows: Iterable[UpdateTemplate] = UpdateTemplate.objects.usable().order_by("audience", "name")
    return [row for row in rows if not audience or row.audience == audience]


def latest_by_audience(incident: Incident) -> dict[str, StatusUpdate]:
    """The last word to each audience."""
    found: dict[str, StatusUpdate] = {}
    for update in incident.updates.order_by("-published_at", "-pk"):
        found.setdefault(update.audience, update)
    return found


def _ready(audience: str) -> AudienceRule:
    cadence, approver, second = READY_RULES[audience]
    return AudienceRule(audience=audience, cadence=cadence, approver=approver, needs_second=second)


def _holder(incident: Incident, role: str) -> int | None:
    held = IncidentRole.objects.filter(incident=incident, role=role, ended_at=None).first()
    if held is not None:
        return held.user_id
    return incident.commander_id if role == Approver.COMMANDER else None


def _moment(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y H:i T")
