"""What a review may ask to be changed: risks, controls, playbooks, objectives; who owns each."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from assets.models import Asset
from bcp_portal.accounts.models import User
from incidents.models import ActionItemAbout, Incident, Playbook
from risks.models import Control, Risk


@dataclass(frozen=True)
class Changeable:
    """One thing that may have to change after an incident."""

    kind: str
    code: str
    name: str
    owner: User | None
    is_near: bool

    @property
    def key(self) -> str:
        """What a form sends for it."""
        return f"{self.kind}:{self.code}"

    @property
    def label(self) -> str:
        """What people choose it by."""
        who = self.owner.name if self.owner else "–"
        return f"{self.code} {self.name} ({who})"


def changeables(incident: Incident, *, user: User) -> list[Changeable]:
    """Everything near the incident first: what it hit, what was run, what should have held it."""
    hit = Asset.objects.visible_to(user).filter(incident_links__incident=incident)
    risks = (
        Risk.objects.visible_to(user).in_force().filter(evidence__incident=incident)
        | Risk.objects.visible_to(user).in_force().filter(assets__in=hit.values("pk"))
    ).distinct()
    near_risks = list(risks.select_related("owner").order_by("code"))
    held = set(
        Control.objects.filter(risk_controls__risk__in=near_risks).values_list("pk", flat=True)
    )
    run = set(incident.runs.values_list("version__playbook_id", flat=True))
    return [
        *_of_objectives(hit),
        *(
            Changeable(
                ActionItemAbout.PLAYBOOK, one.code, one.title,
                one.business_owner or one.technical_owner, one.pk in run,
            )
            for one in Playbook.objects.visible_to(user).for_list().order_by("code")
        ),
        *(
            Changeable(ActionItemAbout.CONTROL, one.code, one.name, one.owner, one.pk in held)
            for one in Control.objects.visible_to(user).in_place().for_list().order_by("code")
        ),
        *(
            Changeable(ActionItemAbout.RISK, one.code, one.title, one.owner, True)
            for one in near_risks
        ),
    ]  # fmt: skip


def _of_objectives(hit: QuerySet[Asset]) -> list[Changeable]:
    rows = hit.select_related("business_owner", "technical_owner").distinct().order_by("code")
    return [
        Changeable(
            ActionItemAbout.OBJECTIVE, one.code, one.name,
            one.business_owner or one.technical_owner, True,
        )
        for one in rows
    ]  # fmt: skip


def grouped(things: Iterable[Changeable]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices of a form by kind, what is near to the incident first."""
    groups: dict[str, list[Changeable]] = {}
    for thing in things:
        groups.setdefault(str(ActionItemAbout(thing.kind).label), []).append(thing)
    return [
        (
            label,
            [(one.key, one.label) for one in sorted(found, key=lambda one: not one.is_near)],
        )
        for label, found in groups.items()
    ]
