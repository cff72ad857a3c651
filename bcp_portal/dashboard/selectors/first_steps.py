"""What an empty portal needs first, and which of it this person may do."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from assets.models import Region, Site
from bcp_portal.accounts.models import User
from bcp_portal.frame import may_open, url_of
from incidents.models import EscalationPolicy, Playbook
from telemetry.models import Device

Words = str | Promise


@dataclass(frozen=True)
class Step:
    """One thing to do before the portal can watch anything."""

    key: str
    icon: str
    title: Words
    text: Words
    route: str
    label: Words


@dataclass(frozen=True)
class FirstStep:
    """A step as one person sees it: done or not, and where to do it if they may."""

    step: Step
    is_done: bool
    url: str


STEPS = (
    Step(
        "people",
        "users",
        _("Add people"),
        _("Everybody who is called or decides needs an account: at least one incident commander."),
        "accounts:person_add",
        _("Add a person"),
    ),
    Step(
        "regions",
        "map-2",
        _("Name regions"),
        _("A region groups the sites that share cables, weather and people."),
        "assets:region_add",
        _("Add a region"),
    ),
    Step(
        "sites",
        "building-store",
        _("Open sites"),
        _("A site is a place with devices of its own, which may lose its link."),
        "assets:site_open",
        _("Open a site"),
    ),
    Step(
        "devices",
        "devices",
        _("Enrol a device"),
        _("Its agent reports what waits and whether the link holds."),
        "telemetry:device_enrol",
        _("Enrol a device"),
    ),
    Step(
        "policies",
        "phone-incoming",
        _("Say who is called"),
        _("An escalation policy names who is called, and who is next when nobody reacts."),
        "incidents:policy_add",
        _("Define a policy"),
    ),
    Step(
        "playbooks",
        "checklist",
        _("Load the ready playbooks"),
        _("Plans for the outages that happen most; change them to fit."),
        "incidents:playbooks",
        _("To the playbooks"),
    ),
)
# Where a step is done by another permission than the one that opens its page.
NEEDED = {"playbooks": "incidents.publish_playbook"}


def first_steps(user: User) -> list[FirstStep]:
    """The steps of a new portal; empty once all are done, or for who may do none. One query."""
    mine = {step.key: _address(user, step) for step in STEPS}
    if not any(mine.values()):
        return []
    done = _done(user)
    if all(done.values()):
        return []
    return [FirstStep(step, done[step.key], mine[step.key]) for step in STEPS]


def _address(user: User, step: Step) -> str:
    url = url_of(step.route)
    needed = NEEDED.get(step.key)
    may = may_open(user, step.route) and (needed is None or user.has_perm(needed))
    return url if url and may else ""


def _done(user: User) -> dict[str, bool]:
    colleagues = User.objects.filter(is_active=True).exclude(pk=OuterRef("pk"))
    there = {
        "people": Exists(colleagues),
        "regions": Exists(Region.objects.all()),
        "sites": Exists(Site.objects.all()),
        "devices": Exists(Device.objects.filter(revoked_at=None)),
        "policies": Exists(EscalationPolicy.objects.filter(retired_at=None)),
        "playbooks": Exists(Playbook.objects.all()),
    }
    answers = User.objects.filter(pk=user.pk).values_list(*there.values()).get()
    return dict(zip(there, (bool(answer) for answer in answers), strict=True))
