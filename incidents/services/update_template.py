"""Verbs of how we speak: templates, and the rule of each audience."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import AudienceRule, UpdateTemplate
from incidents.placeholders import check_placeholders
from incidents.ready_updates import READY_UPDATES


@verb
def save_template(
    *,
    code: str,
    audience: str,
    name: str,
    text: str,
    actor: User | None,
    at: datetime,
    name_id: str = "",
    text_id: str = "",
    template: UpdateTemplate | None = None,
) -> UpdateTemplate:
    """Write a template, or change one; unknown placeholders are refused here, in quiet hours."""
    for words in (text, text_id):
        check_placeholders(words)
    if not text.strip():
        raise DomainError(_("A template needs words."))
    if template is None and UpdateTemplate.objects.filter(code=code).exists():
        raise DomainError(_("A template with this code exists already."))
    before = {"text": template.text, "translations": template.translations} if template else {}
    row = template or UpdateTemplate(code=code)
    row.audience, row.name, row.text = audience, name, text
    indonesian = {"name": name_id.strip(), "text": text_id.strip()}
    row.translations = {"id": {key: words for key, words in indonesian.items() if words}}
    row.changed_by, row.changed_at = actor, at
    row.save()
    audit(
        action="update_template.save",
        obj=row,
        actor=actor,
        at=at,
        before=before,
        after={"audience": audience, "text": text, "translations": row.translations},
    )
    return row


@verb
def retire_template(*, template: UpdateTemplate, actor: User, at: datetime) -> UpdateTemplate:
    """Put a template away."""
    template.retired_at = template.retired_at or at
    template.save(update_fields=["retired_at"])
    audit(action="update_template.retire", obj=template, actor=actor, at=at)
    return template


@verb
def load_ready_templates(*, actor: User | None, at: datetime) -> list[UpdateTemplate]:
    """Take in the words that come with the portal; those already here stay as they are."""
    known = set(UpdateTemplate.objects.values_list("code", flat=True))
    return [
        save_template(
            code=ready.code,
            audience=ready.audience,
            name=ready.names[0],
            name_id=ready.names[1],
            text=ready.texts[0],
            text_id=ready.texts[1],
            actor=actor,
            at=at,
        )
        for ready in READY_UPDATES
        if ready.code not in known
    ]


@verb
def set_audience_rule(
    *,
    audience: str,
    cadence: timedelta,
    remind_before: timedelta,
    approver: str,
    needs_second: bool,
    actor: User,
    at: datetime,
) -> AudienceRule:
    """Say how often an audience hears from us, and whose word it takes."""
    if cadence <= timedelta(0):
        raise DomainError(_("The cadence must be longer than nothing."))
    if remind_before >= cadence:
        raise DomainError(_("The reminder must come within the cadence."))
    old = AudienceRule.objects.filter(audience=audience).first()
    facts = {
        "cadence": cadence,
        "remind_before": remind_before,
        "approver": approver,
        "needs_second": needs_second and bool(approver),
    }
    row, _new = AudienceRule.objects.update_or_create(audience=audience, defaults=facts)
    audit(
        action="audience_rule.set",
        obj=row,
        actor=actor,
        at=at,
        before={name: getattr(old, name) for name in facts} if old else {},
        after=facts,
    )
    return row
