"""A role given away without a link: the last writer stays, and the other one is told."""

from datetime import datetime

from django.utils.translation import gettext_noop

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from incidents.models import IncidentRole, NoticeKind, Operation, RoleName
from incidents.models.wording import message_id
from incidents.services.notice import write_notice
from incidents.services.role import take_role


@verb
def assign_later(*, operation: Operation, user: User, role: str, last: str, at: datetime) -> None:
    """Give the role away if no later word stands; otherwise tell both that it does not.

    `last` names the operation that has the last word by the log.
    """
    assert operation.run is not None
    held = IncidentRole.objects.filter(
        incident=operation.incident, role=role, ended_at=None
    ).select_related("user").first()  # fmt: skip
    is_last = last == str(operation.op_id)
    is_newer = held is None or held.assigned_at <= operation.happened_at
    if is_last and (is_newer or _came_from_a_device(held, operation)):
        take_role(incident=operation.incident, user=user, actor=operation.actor, role=role, at=at)
        return
    if held is None or held.user_id == user.pk:
        return
    for person in {user, operation.actor} - {None, held.user}:
        assert person is not None
        write_notice(
            person=person,
            kind=NoticeKind.INFO,
            message=gettext_noop("%(code)s: %(role_label)s stays with %(name)s, named later"),
            params={
                "code": operation.incident.code,
                "role_label": message_id(RoleName(role).label),
                "name": held.user.name,
            },
            incident=operation.incident,
            at=at,
        )


def _came_from_a_device(held: IncidentRole | None, operation: Operation) -> bool:
    """Whether the holder was named by an operation, too: then the log's order decides."""
    return held is not None and Operation.objects.standing().filter(
        run=operation.run, kind="assign", received_at=held.assigned_at,
        payload__user=held.user.username,
    ).exists()  # fmt: skip
