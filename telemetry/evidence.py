"""What telemetry can show: that sites are watched, and that they vouch for the audit trail."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assets.models import Site
from bcp_portal.reports.evidence.registry import Evidence, register_evidence
from telemetry.models import AuditWitness, Device, DeviceState, WitnessState

SHOWN = 6


def monitoring(at: datetime) -> Evidence:
    """Devices in service, and sites that nobody hears."""
    devices = Device.objects.in_service()
    newest = (
        DeviceState.objects.filter(device__in=devices, last_received_at__isnull=False)
        .order_by("-last_received_at")
        .values_list("last_received_at", flat=True)
        .first()
    )
    bare = Site.objects.filter(closed_on=None).exclude(devices__in=devices)
    return Evidence(
        devices.count(),
        newest,
        tuple(
            _("%s has no device that reports.") % code
            for code in bare.values_list("code", flat=True)[:SHOWN]
        ),
    )


def witnesses(at: datetime) -> Evidence:
    """Devices that remember the trail, and those that contradict it."""
    agreeing = AuditWitness.objects.filter(state=WitnessState.AGREES)
    newest = agreeing.order_by("-told_at").values_list("told_at", flat=True).first()
    accusing = AuditWitness.objects.accusing().select_related("device__site")
    return Evidence(
        agreeing.count(),
        newest,
        tuple(_("%s contradicts the audit trail.") % one.device for one in accusing[:SHOWN]),
    )


def register() -> None:
    """Tell the registry."""
    register_evidence(
        "monitoring",
        gettext_lazy("Devices that report"),
        url_name="telemetry:devices",
        gather=monitoring,
        max_age_days=2,
    )
    register_evidence(
        "witnesses",
        gettext_lazy("Witnesses of the audit trail"),
        url_name="telemetry:witnesses",
        gather=witnesses,
        max_age_days=7,
    )
