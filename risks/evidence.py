"""What the register can show: risks that are looked at, controls that were tested."""

from datetime import datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.reports.evidence.registry import Evidence, register_evidence
from risks.models import Control, Risk

SHOWN = 6


def register_of_risks(at: datetime) -> Evidence:
    """Risks in the register, unrated ones and late reviews."""
    live = Risk.objects.filter(retired_at=None)
    newest = live.exclude(reviewed_at=None).order_by("-reviewed_at").first()
    late = live.filter(review_on__lt=at.date()).values_list("code", flat=True)
    unrated = live.filter(level="").values_list("code", flat=True)
    gaps = [_("The review of %s is overdue.") % code for code in late[:SHOWN]]
    gaps += [_("%s is unrated.") % code for code in unrated[:SHOWN]]
    return Evidence(live.count(), newest.reviewed_at if newest else None, tuple(gaps))


def controls(at: datetime) -> Evidence:
    """Controls in place, and those that nobody has ever tested."""
    live = Control.objects.filter(withdrawn_on=None)
    newest = live.exclude(tested_on=None).order_by("-tested_on").first()
    untested = live.filter(tested_on=None).values_list("code", flat=True)
    day = newest.tested_on if newest else None
    moment = datetime.combine(day, time(), timezone.get_current_timezone()) if day else None
    return Evidence(
        live.count(),
        moment,
        tuple(_("%s was never tested.") % code for code in untested[:SHOWN]),
    )


def register() -> None:
    """Tell the registry."""
    register_evidence(
        "risks",
        gettext_lazy("Risks in the register"),
        url_name="risks:register",
        gather=register_of_risks,
        max_age_days=190,
    )
    register_evidence(
        "controls",
        gettext_lazy("Controls in place"),
        url_name="risks:controls",
        gather=controls,
    )
