"""Verb that takes over the controls that a sector profile proposes."""

from datetime import datetime

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from bcp_portal.shared.errors import DomainError
from risks.models import Control
from risks.services.control import introduce_control
from telemetry.sector_profiles import all_asks, proposed_controls


class NothingToTakeOverError(DomainError):
    """Every control that is asked for is in the catalogue."""


@verb
def take_over_controls(*, sector: str, actor: User, at: datetime) -> list[Control]:
    """Introduce what the profile proposes and the catalogue has not; whoever does it owns it.

    A control that was withdrawn keeps its code and is not brought back behind anybody's back.
    """
    wanted = all_asks()[sector].controls
    known = set(Control.objects.filter(code__in=wanted).values_list("code", flat=True))
    proposed = proposed_controls(sector)
    taken = [
        introduce_control(
            facts={
                "name": proposed[code].name,
                "kind": proposed[code].kind,
                "nature": proposed[code].nature,
                "description": proposed[code].description,
                "owner": actor,
            },
            code=code,
            actor=actor,
            at=at,
        )
        for code in wanted
        if code in proposed and code not in known
    ]
    if not taken:
        raise NothingToTakeOverError(_("Every control that this profile proposes is here."))
    return taken
