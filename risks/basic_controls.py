"""The controls that everybody needs who works with and without a link: ready to be taken over."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from risks.models import ControlKind, ControlNature


@dataclass(frozen=True)
class BasicControl:
    """One measure of the list, in the language of whoever takes it over."""

    code: str
    name: str | Promise
    description: str | Promise
    kind: ControlKind = ControlKind.PREVENTIVE
    nature: ControlNature = ControlNature.TECHNICAL


BASIC_CONTROLS = (
    BasicControl(
        "B-REST",
        _("Encryption at rest"),
        _("Disks, local databases and backups lie encrypted; a stolen device tells nothing."),
    ),
    BasicControl(
        "B-TRANSIT",
        _("Encryption in transit"),
        _("What travels between site and centre goes through TLS or the tunnel, never in clear."),
    ),
    BasicControl(
        "B-AUTH",
        _("Authentication of people and devices"),
        _("Everybody has a name and a second factor, every device a key of its own."),
    ),
    BasicControl(
        "B-LOCK",
        _("Automatic lock"),
        _("A screen that nobody uses locks itself within minutes."),
    ),
    BasicControl(
        "B-LEAST",
        _("Least privilege"),
        _("Nobody may do more than the work asks for; rights are looked at again each quarter."),
        nature=ControlNature.PROCEDURAL,
    ),
    BasicControl(
        "B-USB",
        _("USB storage closed"),
        _("Ports for storage are closed, except on the machines that are named."),
    ),
    BasicControl(
        "B-AV",
        _("Antivirus with fresh signatures"),
        _("Each device is scanned; signatures are never older than the profile allows."),
        kind=ControlKind.DETECTIVE,
    ),
    BasicControl(
        "B-FIREWALL",
        _("Firewall on every device and site"),
        _("Only what is needed is let in and out; everything else is refused and noted."),
    ),
    BasicControl(
        "B-BACKUP",
        _("Backups that are restored on trial"),
        _("Copies are made as often as the RPO asks, kept apart, and restored on trial."),
        kind=ControlKind.CORRECTIVE,
    ),
    BasicControl(
        "B-TRAINING",
        _("Training of those who work offline"),
        _("Whoever works without a link knows how to synchronise safely, and when to stop."),
        nature=ControlNature.PROCEDURAL,
    ),
)
