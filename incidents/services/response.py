"""Verbs of the response: one button that takes an incident up and starts its plan."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError
from incidents.models import Incident, IncidentStatus, Playbook, PlaybookRun
from incidents.services.incident import start_response
from incidents.services.run import start_run


class NoPlanError(DomainError):
    """There is no plan that could be followed."""


@verb
def respond_with_playbook(
    *, incident: Incident, playbook: Playbook | None, actor: User, at: datetime
) -> PlaybookRun:
    """Start the published version of a plan; an incident nobody works on is taken up with it."""
    version = playbook.published_version if playbook else None
    if version is None:
        raise NoPlanError(_("Choose a playbook that has a published version."))
    if incident.status == IncidentStatus.DECLARED:
        incident = start_response(incident=incident, actor=actor, at=at)
    return start_run(incident=incident, version=version, actor=actor, at=at)
