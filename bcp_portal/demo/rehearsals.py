"""What Rodajaya has rehearsed, and what it means to rehearse next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset, FailoverPath, Site
from bcp_portal.accounts.models import User
from incidents.models import Exercise, Incident, Playbook
from incidents.services.exercise import finish_exercise, plan_exercise, start_exercise
from incidents.services.inject import add_inject

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Coming:
    """An exercise on the calendar, so many days from now."""

    title: str
    kind: str
    in_days: int
    owner: str
    playbook: str = ""
    assets: str = ""
    sites: str = ""
    goal: str = ""
    injects: tuple[tuple[int, str, str], ...] = ()


COMING = (
    Coming("Stolen tablet: who revokes it at night", "tabletop", -6, "dewi", "PB-DEVICE", goal="Keys revoked within half an hour of the call, also on a Sunday."),
    Coming("Jawa Timur falls silent", "drill", 12, "bagus", "PB-REGION", sites="SBY-01 SBY-02 SBY-W1 MLG-01", goal="The first person answers within five minutes; the shops know the drill.", injects=((10, "A newspaper calls and asks whether customer data are lost.", "Communications answers with the prepared words."), (25, "The manager of SBY-02 wants to switch the till off.", "Operations explains that it must stay on."))),
    Coming("Restore of the stock database", "restore", 26, "agung", "PB-CENTRAL", assets="DB-STOCK", goal="From the nightly copy to a bare machine, by somebody who has never done it."),
    Coming("Ransom note on a Monday morning", "tabletop", 47, "dewi", "PB-CYBER", goal="Who may cut the data centre off, and who says so?", injects=((5, "The note names a price and a time of day.", "Nobody pays; the police are called."), (20, "The backup server does not answer.", "The offline copy is fetched."))),
)  # fmt: skip


def rehearse(
    title: str,
    *,
    kind: str,
    began: datetime,
    owner: User,
    playbook: Playbook | None,
    sites: list[Site],
    assets: list[Asset],
) -> Exercise:
    """Plan an exercise three weeks ahead and begin it on its day."""
    exercise = plan_exercise(
        title=title,
        kind=kind,
        owner=owner,
        scheduled_for=began,
        playbook=playbook,
        sites=sites if kind == "drill" else [],
        assets=assets,
        severity=3,
        actor=owner,
        at=began - 21 * DAY,
    )
    return start_exercise(exercise=exercise, actor=owner, at=began)


def put_away(incident: Incident, *, actor: User, outcome: str, at: datetime) -> None:
    """Score an exercise whose incident has been looked back at."""
    exercise = Exercise.objects.filter(incident=incident).first()
    if exercise is not None:
        finish_exercise(exercise=exercise, actor=actor, outcome=outcome, at=at)


def plan_ahead(
    sites: dict[str, Site], things: dict[str, Asset], people: dict[str, User], *, now: datetime
) -> list[Exercise]:
    """Fill the calendar; one day has passed and nobody has begun."""
    plans = {playbook.code: playbook for playbook in Playbook.objects.all()}
    planned_at = now - 30 * DAY
    made = [
        plan_exercise(
            title=one.title,
            kind=one.kind,
            owner=people[one.owner],
            scheduled_for=(now + one.in_days * DAY).replace(hour=2, minute=0, second=0),
            playbook=plans.get(one.playbook),
            sites=[sites[code] for code in one.sites.split()],
            assets=[things[code] for code in one.assets.split()],
            goal=one.goal,
            actor=people["maya"],
            at=planned_at,
        )
        for one in COMING
    ]
    for exercise, one in zip(made, COMING, strict=True):
        for minutes, text, expected in one.injects:
            add_inject(
                exercise=exercise,
                after=minutes * MINUTE,
                text=text,
                expected=expected,
                actor=people["maya"],
                at=planned_at,
            )
    path = FailoverPath.objects.select_related("asset").order_by("name").first()
    if path is not None:
        made.append(
            plan_exercise(
                title=path.name,
                kind="failover",
                owner=people["agung"],
                scheduled_for=(now + 70 * DAY).replace(hour=15, minute=0, second=0),
                failover_path=path,
                assets=[path.asset or things["DB-SALES"]],
                actor=people["maya"],
                at=planned_at,
            )
        )
    return made
