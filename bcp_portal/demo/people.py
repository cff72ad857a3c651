"""Who works at Rodajaya, with generated passwords that are printed once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Site
from assets.services.site_assignment import assign_site
from bcp_portal.accounts.models import User
from bcp_portal.accounts.roles import Role
from bcp_portal.accounts.services.user import create_user
from incidents.models import Audience, IncidentKind
from incidents.services.policy import LevelPlan, save_policy
from incidents.services.reporting import save_reporting_rule
from incidents.services.rotation import assign_shift, make_rotation


@dataclass(frozen=True)
class Person:
    """One colleague."""

    username: str
    name: str
    title: str
    roles: tuple[Role, ...]
    language: str = "id"
    regions: str = ""


PEOPLE = (
    Person("dewi", "Dewi Santoso", "Incident commander on duty", (Role.INCIDENT_COMMANDER,), "en"),
    Person("bagus", "Bagus Pratama", "Operations manager", (Role.INCIDENT_COMMANDER,)),
    Person("surya", "Surya Wijaya", "Director of operations", (Role.BUSINESS_OWNER, Role.INCIDENT_COMMANDER)),
    Person("rina", "Rina Kartika", "Service desk", (Role.RESPONDER,), regions="JTM"),
    Person("agung", "Agung Nugroho", "Sync engineer", (Role.SYNC_TECHNICIAN,), regions="JTM"),
    Person("wulan", "Wulan Sari", "Database engineer", (Role.SYNC_TECHNICIAN,), "en", regions="JBB JTM TIM"),
    Person("maya", "Maya Lestari", "Risk manager", (Role.RISK_MANAGER,), "en"),
    Person("hendra", "Hendra Halim", "Head of sales", (Role.BUSINESS_OWNER,), regions="JBB JTM TIM"),
    Person("putri", "Putri Anggraini", "Internal auditor", (Role.AUDITOR,), "en"),
    Person("sari", "Sari Melati", "Store manager Tunjungan", (Role.VIEWER,), regions="JTM"),
    Person("admin", "Rizky Ananda", "Systems administrator", (Role.ADMINISTRATOR,), "en"),
)  # fmt: skip


def hire_people(*, at: datetime) -> tuple[dict[str, User], dict[str, str]]:
    """Make the accounts; return people and passwords by username."""
    people: dict[str, User] = {}
    passwords: dict[str, str] = {}
    for number, person in enumerate(PEOPLE, 1):
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        people[person.username] = create_user(
            username=person.username,
            email=f"{person.username}@rodajaya.example",
            full_name=person.name,
            password=password,
            roles=person.roles,
            actor=None,
            at=at,
            language=person.language,
            job_title=person.title,
            # Made up, like the people: no number begins like this.
            phone=f"+62 000 0000 {number:03d}",
        )
        passwords[person.username] = password
    return people, passwords


def assign_places(people: dict[str, User], sites: dict[str, Site], *, at: datetime) -> None:
    """Give those who look after regions their regions."""
    by_region = {site.region.code: site.region for site in sites.values()}
    for person in PEOPLE:
        for code in person.regions.split():
            assign_site(user=people[person.username], region=by_region[code], actor=None, at=at)


def arrange_duties(*, at: datetime) -> None:
    """Whom Rodajaya may not keep waiting: by law, and by a contract."""
    save_reporting_rule(
        name="Breach notice",
        recipient="Ministry of digital affairs, and whoever is concerned",
        audience=Audience.REGULATOR,
        within=timedelta(days=3),
        basis="Personal data protection law, article 46: 3 x 24 hours",
        kinds=[IncidentKind.SECURITY],
        actor=None,
        at=at,
    )
    save_reporting_rule(
        name="Payments stand still",
        recipient="Bayar Nusantara",
        audience=Audience.PARTNERS,
        within=timedelta(hours=4),
        basis="Contract PSP-2024/17",
        kinds=[IncidentKind.THIRD_PARTY, IncidentKind.CENTRAL],
        actor=None,
        at=at,
    )


def arrange_calls(people: dict[str, User], *, at: datetime, now: datetime) -> None:
    """A duty that two people take in turns, and a policy that ends with the director."""
    duty = make_rotation(name="Duty commander", actor=None, at=at)
    week = timedelta(days=7)
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    for number in range(-1, 9):
        who = people["dewi" if number % 2 == 0 else "bagus"]
        starts = monday + number * week
        assign_shift(
            rotation=duty, user=who, starts_at=starts, ends_at=starts + week, actor=None, at=at
        )
    minute = timedelta(minutes=1)
    save_policy(
        name="Around the clock",
        description="Duty commander, then operations, then the director.",
        fallback=people["surya"],
        levels=[
            LevelPlan(delay=minute, users=[people["dewi"]], rotations=[duty]),
            LevelPlan(delay=minute, users=[people["bagus"]]),
            LevelPlan(delay=minute, users=[people["surya"]]),
        ],
        is_default=True,
        actor=None,
        at=at,
    )
