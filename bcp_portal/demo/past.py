"""Two years of Rodajaya's past: incidents and exercises, told by the same verbs as the present."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from assets.models import Asset, Site
from bcp_portal.accounts.models import User
from bcp_portal.demo.rehearsals import DAY, put_away, rehearse
from incidents.models import Incident, Notice, Playbook, RunStep, StepStatus
from incidents.services.action_item import assign_action_item, finish_action_item
from incidents.services.cause import add_cause, cite_evidence
from incidents.services.incident import (
    close_incident,
    contain_incident,
    declare_incident,
    recover_incident,
    start_response,
)
from incidents.services.notice import cancel_calls
from incidents.services.response import respond_with_playbook
from incidents.services.review import open_review, save_review, sign_off_review
from incidents.services.role import take_command
from incidents.services.run_step import complete_step
from incidents.services.timeline import add_note
from incidents.services.update import publish_update


@dataclass(frozen=True)
class Past:
    """One thing that happened: days ago, how bad, how long, and what was learned."""

    title: str
    days_ago: int
    kind: str
    severity: int
    lasted_min: int
    playbook: str
    sites: str = ""
    assets: str = ""
    exercise: str = ""
    cause: str = ""
    well: str = ""
    badly: str = ""
    lucky: str = ""
    actions: tuple[str, ...] = field(default=())


PAST = (
    Past("Provider outage in Jawa Timur", 655, "network", 2, 74, "PB-REGION", "SBY-01 SBY-02 SBY-W1 MLG-01", "TILL-SBY-01 TILL-SBY-02", cause="Fibre cut in road works near Waru", well="Shops went on selling", badly="Nobody called the provider for 25 minutes", lucky="It was a quiet Tuesday", actions=("Put the provider's number into the playbook",)),
    Past("Payments not accepted", 598, "third_party", 2, 41, "PB-PAYMENT", "", "PAY-GATE", cause="Certificate of the provider expired", well="Cash drawers were full", badly="The web shop showed no notice"),
    Past("Region down", 560, "network", 3, 52, "PB-REGION", "MKS-01 MKS-W1 BPN-01", "TILL-MKS-01", exercise="drill", cause="Planned", well="First call answered in two minutes", badly="Two steps had no owner", actions=("Give every step a role",)),
    Past("Wrong stock after a night sync", 512, "integrity", 1, 190, "PB-DATA", "JKT-01 JKT-02 BKS-01", "DB-STOCK SYNC-HUB", cause="A release changed the unit of measure", well="Checksums showed it within a minute", badly="The freeze needed a manager who was asleep", lucky="The nightly backup was ten minutes old", actions=("Let the duty commander freeze a source", "Roll out releases in waves")),
    Past("Tablet stolen in Malang", 470, "security", 3, 130, "PB-DEVICE", "VAN-02", "TILL-VAN-02", cause="Van left open", well="Keys revoked after 40 minutes", badly="The police report was late"),
    Past("Data centre without cooling", 425, "central", 1, 66, "PB-CENTRAL", "", "VIRT-JKT DB-SALES DB-STOCK", cause="Chiller fault; the second one was in service", well="The twin took over", badly="RTO of the sales database missed by 21 minutes", actions=("Test a cold start of Cibitung",)),
    Past("Restore of the sales database", 380, "central", 3, 44, "PB-CENTRAL", "", "DB-SALES", exercise="restore", cause="Planned", well="Restored in 38 minutes", badly="The runbook named a server that is gone"),
    Past("Satellite to Papua down", 333, "network", 3, 260, "PB-REGION", "AMQ-01 DJJ-01", "TILL-AMQ-01 TILL-DJJ-01", cause="Heavy rain", well="Nothing was lost", badly="The shops did not know that they were dark"),
    Past("Queue at Kebayoran stuck for a day", 287, "integrity", 3, 95, "PB-DATA", "JKT-02", "TILL-JKT-02", cause="One duplicate key stopped the whole subscription", well="Found by the watch on queues", badly="Found after 20 hours", actions=("Alert on RPO and not on silence",)),
    Past("Phishing mail with a working password", 241, "security", 2, 85, "PB-CYBER", "", "IDP", cause="Password reused", well="The second factor stopped it", badly="12 people clicked"),
    Past("Internet outage in Jakarta", 198, "network", 2, 118, "PB-INTERNET", "JKT-01 JKT-02 JKT-W1 BKS-01 BGR-01", "NET-WAN WEBSHOP", cause="Fault at the exchange", well="Status page was up in 9 minutes", badly="No second path for the web shop", lucky="The sale was a day later"),
    Past("Payment provider down", 150, "third_party", 3, 35, "PB-PAYMENT", "", "PAY-GATE", exercise="tabletop", cause="Planned", well="Shops knew the drill", badly="Partners were told late"),
    Past("Overnight power cut in Kediri", 96, "local", 4, 45, "PB-REGION", "KDR-01", "TILL-KDR-01", cause="Storm", well="Battery held for the sync", badly="Nothing"),
    Past("Replication slot filled the disk", 51, "central", 2, 58, "PB-CENTRAL", "", "DB-SALES SYNC-HUB", cause="A closed shop's subscriber kept the log", well="Sales went on at the sites", badly="The watch on slots was muted", actions=("A mute always ends", "Drop the slot when a shop closes")),
    Past("Checksum mismatch at Makassar", 19, "integrity", 3, 37, "PB-DATA", "MKS-01", "TILL-MKS-01", cause="Power cut in mid-sync", well="Frozen and repaired before opening", badly="The manager was told by chance", actions=("Tell the manager with every freeze",)),
)  # fmt: skip


def tell_past(
    sites: dict[str, Site], things: dict[str, Asset], people: dict[str, User], *, now: datetime
) -> list[Incident]:
    """Let everything happen once more, in order, at its own time."""
    plans = {playbook.code: playbook for playbook in Playbook.objects.prefetch_related("versions")}
    return [_tell(past, sites, things, people, plans, now=now) for past in PAST]


def _tell(
    past: Past,
    sites: dict[str, Site],
    things: dict[str, Asset],
    people: dict[str, User],
    plans: dict[str, Playbook],
    *,
    now: datetime,
) -> Incident:
    began = now - timedelta(days=past.days_ago, hours=past.days_ago % 9)
    commander = people["dewi" if past.days_ago % 2 else "bagus"]
    minute = timedelta(minutes=1)
    hit: dict[str, Any] = {
        "sites": [sites[code] for code in past.sites.split()],
        "assets": [things[code] for code in past.assets.split()],
    }
    if past.exercise:
        begun = rehearse(
            past.title,
            kind=past.exercise,
            began=began,
            owner=commander,
            playbook=plans.get(past.playbook),
            **hit,
        )
        incident = Incident.objects.get(exercise=begun)
    else:
        incident = declare_incident(
            title=past.title,
            actor=None,
            at=began + 3 * minute,
            started_at=began,
            detected_at=began + 2 * minute,
            severity=past.severity,
            kind=past.kind,
            **hit,
        )
    incident = take_command(incident=incident, actor=commander, at=began + 5 * minute)
    _follow(past, incident, plans.get(past.playbook), people, commander, began=began)
    recovered = began + past.lasted_min * minute
    incident = contain_incident(
        incident=incident, actor=commander, at=began + past.lasted_min * minute / 2
    )
    incident = recover_incident(incident=incident, actor=commander, at=recovered)
    _look_back(past, incident, people, commander, at=recovered + 2 * DAY, now=now)
    shown = f"{past.well}. {past.badly}."
    put_away(incident, actor=commander, outcome=shown, at=recovered + 3 * DAY)
    # Nobody is called today for what happened then.
    cancel_calls(notices=Notice.objects.filter(incident=incident), at=now)
    return incident


def _follow(
    past: Past,
    incident: Incident,
    plan: Playbook | None,
    people: dict[str, User],
    commander: User,
    *,
    began: datetime,
) -> None:
    minute = timedelta(minutes=1)
    at = began + 6 * minute
    if plan is not None and plan.published_version is not None:
        run = respond_with_playbook(incident=incident, playbook=plan, actor=commander, at=at)
        second = people["surya"]
        for _count in range(40):
            step = (
                RunStep.objects.filter(
                    phase__run=run,
                    phase__started_at__isnull=False,
                    status__in=[StepStatus.OPEN, StepStatus.WAITING],
                )
                .order_by("phase__position", "position")
                .first()
            )
            if step is None or at > began + past.lasted_min * minute:
                break
            at += timedelta(seconds=95)
            who = second if step.status == StepStatus.WAITING else commander
            chosen = step.choices[0][0] if step.choices else ""
            complete_step(step=step, actor=who, at=at, chosen=chosen)
    else:
        start_response(incident=incident, actor=commander, at=at)
    add_note(
        incident=incident,
        text=f"Cause found: {past.cause}",
        actor=people["agung"],
        at=began + past.lasted_min * minute / 3,
    )
    publish_update(
        incident=incident,
        audience="management",
        text=f"{past.title}: we are working on it; shops go on selling.",
        actor=commander,
        at=began + 12 * minute,
    )


def _look_back(
    past: Past,
    incident: Incident,
    people: dict[str, User],
    commander: User,
    *,
    at: datetime,
    now: datetime,
) -> None:
    hour = timedelta(hours=1)
    review = open_review(incident=incident, actor=commander, at=at, owner=people["maya"])
    texts = {
        "went_well": past.well,
        "went_badly": past.badly,
        "lucky": past.lucky,
        "root_cause": past.cause,
        "contributing": "",
    }
    save_review(review=review, texts=texts, actor=people["maya"], at=at + hour)
    cause = add_cause(
        review=review, text=past.cause, kind="technology", actor=people["maya"], at=at + hour
    )
    first = incident.timeline.as_told().first()
    cite_evidence(cause=cause, entry=first, actor=people["maya"], at=at + hour)
    for number, text in enumerate(past.actions):
        item = assign_action_item(
            incident=incident,
            review=review,
            text=text,
            owner=people["agung" if number % 2 else "bagus"],
            due_on=(at + timedelta(days=45)).date(),
            actor=people["maya"],
            at=at + hour,
        )
        if past.days_ago > 60:
            finish_action_item(
                item=item, actor=item.owner, at=at + timedelta(days=30), outcome="Done"
            )
    if past.days_ago < 25:
        return  # the newest one still waits for its signature
    sign_off_review(review=review, actor=commander, at=at + 3 * hour)
    fresh = Incident.objects.get(pk=incident.pk)
    close_incident(incident=fresh, actor=commander, at=at + 4 * hour)
