"""Why a person cannot be sent off yet: whom the calls would miss."""

from django.utils.translation import gettext as _

from bcp_portal.accounts.models import User
from incidents.models import EscalationPolicy


def calls_that_need(user: User) -> str | None:
    """Say which policies would be left with nobody to call; None when they do without."""
    said = []
    policies = EscalationPolicy.objects.for_detail().filter(retired_at=None)
    for policy in policies.order_by("name"):
        if policy.fallback_id == user.pk:
            said.append(
                _("%(name)s is the fallback of the escalation policy “%(policy)s”.")
                % {"name": user.name, "policy": policy.name}
            )
        said += [
            _("%(name)s is the only one on level %(level)s of “%(policy)s”.")
            % {"name": user.name, "level": level.position, "policy": policy.name}
            for level in sorted(policy.levels.all(), key=lambda level: level.position)
            if {target.user_id for target in level.targets.all()} == {user.pk}
        ]
    if not said:
        return None
    return " ".join([*said, _("Name somebody else there first.")])
