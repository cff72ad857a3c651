"""The buttons of a playbook: edit it, approve it, take it out of use; and why not."""

from django.urls import reverse
from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from incidents.models import Playbook, PlaybookVersion, VersionStatus
from incidents.selectors.moves import Move


def playbook_moves(
    playbook: Playbook, version: PlaybookVersion | None, *, user: User, problems: list[str]
) -> list[Move]:
    """What this person may do with the version that is shown."""
    moves: list[Move] = []
    if user.has_perm("incidents.change_playbook"):
        moves.append(_edit(playbook))
    if version is None or not user.has_perm("incidents.publish_playbook"):
        return moves
    if version.status == VersionStatus.DRAFT:
        moves.append(_approve(version, user=user, problems=problems))
    elif version.status == VersionStatus.PUBLISHED:
        url = reverse("incidents:playbook_withdraw", args=[playbook.code, version.number])
        moves.append(Move(_("Withdraw"), url, True, method="get", icon="archive"))
    return moves


def _edit(playbook: Playbook) -> Move:
    has_draft = any(v.status == VersionStatus.DRAFT for v in playbook.versions.all())
    if has_draft:
        url = reverse("incidents:playbook_edit", args=[playbook.code])
        return Move(_("Edit the draft"), url, True, method="get", icon="pencil")
    url = reverse("incidents:playbook_draft", args=[playbook.code])
    return Move(_("Start a draft"), url, True, icon="pencil")


def _approve(version: PlaybookVersion, *, user: User, problems: list[str]) -> Move:
    url = reverse("incidents:playbook_publish", args=[version.playbook.code, version.number])
    why = problems[0] if problems else ""
    if version.authors.filter(pk=user.pk).exists():
        why = _("You wrote on it yourself; somebody else approves it.")
    label = _("Approve and put in force")
    return Move(label, url, not why, why, tone="" if why else "primary", icon="signature")
