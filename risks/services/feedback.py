"""Verb by which a review asks the owner of a risk, control, playbook or objective for a change."""

from datetime import date, datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError
from incidents.models import ActionItem, ActionItemKind, Review
from incidents.services.action_item import assign_action_item
from risks.selectors.changeable import Changeable


class NobodyToAskError(DomainError):
    """What has to change belongs to nobody."""


@verb
def ask_owner(
    *, review: Review, thing: Changeable, text: str, due_on: date, actor: User, at: datetime
) -> ActionItem:
    """Make the change a promise of its owner, followed like any other until it is verified."""
    if thing.owner is None or not thing.owner.is_active:
        raise NobodyToAskError(
            _("%(code)s has no owner who could be asked; give it one first.") % {"code": thing.code}
        )
    return assign_action_item(
        incident=review.incident,
        review=review,
        text=text,
        owner=thing.owner,
        due_on=due_on,
        kind=ActionItemKind.PROCESS,
        about_kind=thing.kind,
        about_code=thing.code,
        actor=actor,
        at=at,
    )
