"""What the drills page shows: every switch, how it stands, and the verdict that follows."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.demo.drills import Switches, providers, read_switches
from bcp_portal.demo.menu import BY_HAND, MENU, Drill
from bcp_portal.demo.places import FIELD_PLACES, REGIONS, SHOPS_WITH_A_QUOTA
from incidents.models import Alert, IncidentKind
from incidents.services.triage import suggest_playbook
from incidents.services.triage_rules import TRIAGE
from telemetry.models import NodeState, OrderAck, SignalRule


@dataclass(frozen=True)
class RegionSwitch:
    """The link of a region, and how many of its sites are online."""

    code: str
    name: str
    is_cut: bool
    online: int
    total: int


@dataclass(frozen=True)
class Verdict:
    """What the portal concluded: the alert in the reader's words, and where it led."""

    title: str
    incident: str
    playbook: str


@dataclass(frozen=True)
class DrillCard:
    """One drill: what may be chosen, what is broken by it now, and what the portal says of it."""

    drill: Drill
    places: list[tuple[str, str]]
    broken: list[str]
    rules: list[str]
    kind: str
    playbook: str
    verdicts: list[Verdict]
    is_by_hand: bool = False

    @property
    def is_on(self) -> bool:
        """Whether there is something to mend."""
        return bool(self.broken) or not self.drill.switch

    @property
    def mark(self) -> str:
        """Changes with whatever a viewer should see change."""
        return "/".join(
            [*self.broken, *(f"{verdict.incident}{verdict.title}" for verdict in self.verdicts)]
        )


@dataclass(frozen=True)
class DrillBoard:
    """Every switch of the demo's fleet."""

    regions: list[RegionSwitch]
    cards: list[DrillCard]


def drill_board(folder: Path, user: User) -> DrillBoard | None:
    """Read the switches; None where no fleet runs. A fixed number of queries."""
    if not folder.is_dir():
        return None
    switches = read_switches(folder)
    online = Count("pk", filter=Q(state__node_state=NodeState.ONLINE))
    rows = Site.objects.visible_to(user).open().values("region__code").order_by()
    counts = {
        row["region__code"]: (row["online"], row["total"])
        for row in rows.annotate(online=online, total=Count("pk"))
    }
    verdicts, carried = _verdicts(user), _carried(user)
    return DrillBoard(
        regions=[
            RegionSwitch(code, name, code in switches.cut, *counts.get(code, (0, 0)))
            for code, name in REGIONS.items()
        ],
        cards=[
            _card(drill, switches, verdicts, carried if drill.slug == BY_HAND else [])
            for drill in MENU
        ],
    )


def _card(
    drill: Drill, switches: Switches, verdicts: dict[str, list[Verdict]], carried: list[Verdict]
) -> DrillCard:
    state = getattr(switches, drill.switch) if drill.switch else []
    kind = TRIAGE[drill.rules[0]].kind
    playbook = suggest_playbook(kind=kind, rule=drill.rules[0])
    return DrillCard(
        drill=drill,
        places=_places(drill.where),
        broken=[""] if state is True else list(state or ()),
        rules=[str(SignalRule(rule).label) for rule in drill.rules],
        kind=str(IncidentKind(kind).label),
        playbook=str(playbook) if playbook else "",
        verdicts=carried + [verdict for rule in drill.rules for verdict in verdicts.get(rule, ())],
        is_by_hand=drill.slug == BY_HAND,
    )


def _carried(user: User) -> list[Verdict]:
    """The newest answers that came by voice or picture: how far which site is."""
    told = OrderAck.objects.filter(
        channel__in=("code", "qr"),
        delivery__desired_state__site__in=Site.objects.visible_to(user),
    ).select_related("delivery__desired_state__site")
    return [
        Verdict(
            title=_("%(site)s answered order number %(number)s: %(rung)s (%(how)s)")
            % {
                "site": ack.delivery.desired_state.site.code,
                "number": ack.delivery.desired_state.epoch,
                "rung": ack.get_rung_display(),
                "how": ack.detail,
            },
            incident="",
            playbook="",
        )
        for ack in told.order_by("-received_at", "-pk")[:3]
    ]


def _places(where: str) -> list[tuple[str, str]]:
    if where in ("site", "quota"):
        shops = [
            place for place in FIELD_PLACES if where == "site" or place.code in SHOPS_WITH_A_QUOTA
        ]
        return [(place.code, f"{place.code} {place.name}") for place in shops]
    if where == "region":
        return list(REGIONS.items())
    return [(name, name) for name in providers()] if where == "provider" else []


def _verdicts(user: User) -> dict[str, list[Verdict]]:
    """The newest alerts that still hold, for each rule of the menu."""
    rules: Iterable[str] = {rule for drill in MENU for rule in drill.rules}
    rows = (
        Alert.objects.visible_to(user)
        .unresolved()
        .filter(rule__in=rules)
        .select_related("incident", "incident__suggested_playbook")
        .order_by("-raised_at")[:60]
    )
    found: defaultdict[str, list[Verdict]] = defaultdict(list)
    for alert in rows:
        incident = alert.incident
        playbook = incident.suggested_playbook if incident else None
        found[alert.rule].append(
            Verdict(
                title=alert.text,
                incident=incident.code if incident else "",
                playbook=playbook.code if playbook else "",
            )
        )
    return found
