"""Verbs of what people say about a risk and put beside it."""

import hashlib
from datetime import datetime

from django.utils.translation import gettext as _

from assets.changes import BadFactsError, check_row, need_reason
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from risks.filing import ForbiddenFileError, check_file
from risks.models import Risk, RiskFile, RiskLink, RiskRemark
from risks.services.risk import lock_in_force, tell

MOST_FILES = 40
LONGEST_REMARK = 4_000


@verb
def remark_on_risk(*, risk: Risk, text: str, actor: User, at: datetime) -> RiskRemark:
    """Say something about a risk, for everybody who may see it."""
    risk = lock_in_force(risk)
    said = need_reason(text)
    if len(said) > LONGEST_REMARK:
        raise BadFactsError(_("A remark has at most 4,000 characters."))
    remark = RiskRemark.objects.create(risk=risk, text=said, made_by=actor, made_at=at)
    audit(action="risk.remark", obj=risk, actor=actor, at=at, after={"remark": said})
    tell(at=at)
    return remark


@verb
def link_page(*, risk: Risk, label: str, url: str, actor: User, at: datetime) -> RiskLink:
    """Put an address that says more beside a risk."""
    risk = lock_in_force(risk)
    link = RiskLink(risk=risk, label=label.strip() or url, url=url, added_by=actor, added_at=at)
    check_row(link)
    if not link.url.startswith(("https://", "http://")):
        raise BadFactsError(_("An address begins with https:// or http://."))
    link.save()
    audit(action="risk.link", obj=risk, actor=actor, at=at, after={"link": f"{link.label}: {url}"})
    tell(at=at)
    return link


@verb
def unlink_page(*, link: RiskLink, reason: str, actor: User, at: datetime) -> RiskLink:
    """Take an address away."""
    risk = lock_in_force(link.risk)
    link = RiskLink.objects.select_for_update().get(pk=link.pk)
    if link.removed_at is None:
        link.removed_at = at
        link.save(update_fields=["removed_at"])
        audit(
            action="risk.unlink",
            obj=risk,
            actor=actor,
            at=at,
            reason=need_reason(reason),
            before={"link": f"{link.label}: {link.url}"},
            after={"link": None},
        )
        tell(at=at)
    return link


@verb
def file_on_risk(*, risk: Risk, name: str, content: bytes, actor: User, at: datetime) -> RiskFile:
    """Keep a file beside a risk, with its hash on the trail."""
    risk = lock_in_force(risk)
    try:
        checked = check_file(name, content)
    except ForbiddenFileError as refusal:
        raise BadFactsError(str(refusal)) from refusal
    digest = hashlib.sha256(content).hexdigest()
    standing = risk.files.filter(removed_at=None)
    twin = standing.filter(sha256=digest).values_list("name", flat=True).first()
    if twin is not None:
        raise BadFactsError(_("The same file is already here as “%s”.") % twin)
    if standing.count() >= MOST_FILES:
        raise BadFactsError(_("A risk keeps at most 40 files. Take one away first."))
    file = RiskFile.objects.create(
        risk=risk,
        name=checked.name,
        kind=checked.kind,
        size=len(content),
        sha256=digest,
        content=content,
        added_by=actor,
        added_at=at,
    )
    after = {"file": file.name, "size": file.size, "sha256": digest}
    audit(action="risk.file", obj=risk, actor=actor, at=at, after=after)
    tell(at=at)
    return file


@verb
def take_file_away(*, file: RiskFile, reason: str, actor: User, at: datetime) -> RiskFile:
    """Take a file off the page; its hash and the reason stay on the trail."""
    risk = lock_in_force(file.risk)
    file = RiskFile.objects.select_for_update().defer("content").get(pk=file.pk)
    if file.removed_at is None:
        file.removed_at = at
        file.save(update_fields=["removed_at"])
        audit(
            action="risk.file_removed",
            obj=risk,
            actor=actor,
            at=at,
            reason=need_reason(reason),
            before={"file": file.name, "sha256": file.sha256},
            after={"file": None},
        )
        tell(at=at)
    return file
