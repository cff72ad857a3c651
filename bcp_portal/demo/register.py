"""What could happen to Rodajaya: forty risks, judged by hand, and the controls in place."""

import fnmatch
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.demo.figures import add_figures
from bcp_portal.demo.threats import threats_of
from bcp_portal.demo.units import OF_CATEGORY, found_units, say_appetites
from risks.models import Control, Risk, RiskCategory
from risks.services.acceptance import accept_risk
from risks.services.assessment import assess_risk
from risks.services.category import add_category, add_first_categories
from risks.services.control import apply_control, introduce_control, record_control_test
from risks.services.risk import identify_risk
from risks.services.treatment import add_action, decide_treatment, finish_action


@dataclass(frozen=True)
class Peril:
    """One risk: likelihood and impact before and after controls; zeros are not judged yet."""

    title: str
    category: str
    assets: str
    cause: str
    consequence: str
    inherent: tuple[int, int]
    residual: tuple[int, int]
    controls: str = ""


P = Peril
PERILS = (
    P("Regional network outage cuts the shops off", "availability", "NET-WAN SYNC-HUB TILL-*", "One provider serves a whole province", "Shops sell blind; stock and ledger fall behind", (4, 4), (4, 2), "C-OFFLINE C-ALT"),
    P("Data centre Cibitung fails", "availability", "VIRT-JKT DB-SALES DB-STOCK", "Power, cooling or fire", "No central system for hours", (2, 5), (2, 3), "C-TWIN C-BACKUP"),
    P("Payment provider is down", "third_party", "PAY-GATE", "Fault at the provider", "Cash only; customers leave", (4, 4), (4, 3), "C-CASH"),
    P("Mass inconsistency after a sync", "integrity", "SYNC-HUB DB-STOCK", "A faulty release or a corrupt source", "Wrong stock everywhere", (3, 5), (2, 4), "C-DIGEST C-FREEZE"),
    P("Overselling while shops are offline", "integrity", "DB-STOCK ORDERS", "A forgotten sync while the centre sells on", "Orders that cannot be met", (4, 3), (3, 2), "C-QUOTA"),
    P("Ransomware in the data centre", "security", "VIRT-JKT DB-LEDGER", "Phishing; unpatched systems", "All central data encrypted", (3, 5), (2, 4), "C-BACKUP C-MFA C-AV"),
    P("Device stolen from a service van", "security", "TILL-VAN-01 TILL-VAN-02", "Vans are parked in the street", "Customer data and a valid token in wrong hands", (3, 3), (3, 1), "C-DISK C-REVOKE"),
    P("Sync engineer leaves without a handover", "availability", "SYNC-HUB", "Knowledge in one head", "Recovery takes twice as long", (3, 3), (3, 2), "C-PLAY"),
    P("Restore of the sales database does not work", "integrity", "DB-SALES", "Backups are taken, restores are not tried", "Hours of sales are lost for good", (3, 5), (2, 3), "C-RESTORE"),
    P("A shop forgets to synchronise", "integrity", "DB-STOCK", "Staff switch the till off too early", "RPO exceeded unnoticed", (4, 3), (3, 2), "C-TRAIN C-DIGEST"),
    P("Clock of a till is wrong", "integrity", "DB-SALES", "No time source while offline", "The wrong version of a price wins", (3, 3), (2, 2), "C-DIGEST"),
    P("Tunnel certificate expires", "availability", "NET-VPN", "Nobody watches the date", "All sites are cut off at once", (3, 4), (2, 3), "C-WATCH"),
    P("Web shop is flooded", "availability", "WEBSHOP", "Bots at a sale", "Orders lost", (3, 3), (3, 2), "C-RATE"),
    P("Supplier data feed is wrong", "third_party", "SUPPLIER PRICING", "No check of the feed", "Wrong prices in all shops", (3, 3), (2, 2), "C-PLAUS"),
    P("Flood at warehouse Cakung", "availability", "WMS", "Low ground, heavy rain", "A week without deliveries in the west", (3, 4), (3, 3), ""),
    P("Earthquake in Jawa Timur", "availability", "VIRT-SBY", "Fault zone", "The twin is lost", (2, 4), (2, 3), "C-TWIN"),
    P("Power cut during synchronisation", "integrity", "SYNC-HUB", "No battery in small shops", "Half a batch arrives", (4, 2), (3, 1), "C-UPS"),
    P("Shared passwords in shops", "security", "IDP", "Shift work, one till", "Nobody knows who did it", (4, 3), (2, 2), "C-MFA C-TRAIN"),
    P("Former employee keeps access", "security", "IDP", "Access is not reviewed", "Data taken along", (3, 4), (3, 3), ""),
    P("Ledger closes with missing sales", "integrity", "LEDGER DB-LEDGER", "Late queues at month end", "Wrong tax declaration", (3, 3), (2, 3), "C-RECON"),
    P("Marketplace shows wrong stock", "third_party", "MARKET", "Listing is updated hourly", "Penalties of the marketplace", (3, 2), (3, 2), ""),
    P("Card data in log files", "security", "PAY-GATE", "Debug logging", "Fine, loss of the contract", (2, 5), (1, 4), "C-REVIEW"),
    P("Only one person can approve orders to sites", "availability", "P-ORDER", "Holiday season", "Containment is late", (3, 3), (2, 2), "C-PLAY"),
    P("Satellite link to Papua fails", "availability", "NET-WAN", "Rain season", "Two shops dark for days", (4, 2), (4, 1), "C-OFFLINE"),
    P("USB stick brings malware to a shop", "security", "TILL-JKT-01", "Ports are open", "Shop down for a day", (3, 3), (2, 2), "C-USB C-AV"),
    P("Replication slot fills the disk", "availability", "DB-SALES", "A dark subscriber holds the log", "The sales database stops", (3, 4), (2, 3), "C-WATCH"),
    P("Wrong release of the till software", "integrity", "TILL-SBY-01 TILL-SBY-02", "Roll-out to all shops at once", "Sales are booked twice", (3, 4), (2, 3), "C-WAVE"),
    P("Name service fails", "availability", "DNS", "One server", "Nothing finds anything", (2, 4), (2, 2), "C-TWIN"),
    P("Delivery planning without maps", "third_party", "MAPS FLEET-APP", "Contract ends", "Drivers plan by hand", (2, 2), (2, 1), ""),
    P("Fraud by manual stock correction", "security", "DB-STOCK", "Correction needs no second person", "Parts disappear", (3, 3), (3, 2), "C-RECON"),
    P("Personnel data leak", "security", "DB-HR", "Too many readers", "Report to the authority within 3 days", (2, 4), (2, 3), "C-LEAST"),
    P("Phone network of the service desk fails", "availability", "SMS", "One operator", "Shops cannot call", (3, 2), (3, 2), ""),
    P("Fake invoice is paid", "security", "BANK-API", "Mail from a false director", "Money lost", (3, 3), (2, 3), "C-TWO C-TRAIN"),
    P("Cold start of Cibitung takes too long", "availability", "VIRT-JKT", "Never tried", "RTO missed by hours", (3, 4), (0, 0), ""),
    P("Barcode used for two products", "integrity", "DB-STOCK PRICING", "Free text in small shops", "Wrong part sold", (4, 2), (3, 1), "C-TRAIN"),
    P("Price war triggers night changes", "integrity", "PRICING", "Changes without a second look", "Prices below cost", (2, 3), (2, 2), ""),
    P("Staff unavailable in a pandemic", "availability", "P-SELL", "Illness", "Shops closed", (2, 4), (2, 3), ""),
    P("Customer care without history", "availability", "CRM", "Database restored slowly", "Angry customers", (2, 2), (2, 2), ""),
    P("Internet exchange in Jakarta fails", "availability", "NET-WAN WEBSHOP", "Outage of the exchange", "Half the country slow", (2, 4), (2, 3), "C-ALT"),
    P("Generator of Rungkut not tested", "availability", "PWR-SBY", "Test was postponed twice", "The twin goes dark with the city", (3, 3), (0, 0), ""),
)  # fmt: skip

CONTROLS = {
    "C-OFFLINE": ("Tills sell offline and queue", "corrective", "technical", "strong"),
    "C-ALT": ("Second link by mobile network", "corrective", "technical", "partial"),
    "C-TWIN": ("Twin data centre in Surabaya", "corrective", "technical", "partial"),
    "C-BACKUP": ("Nightly encrypted backup, kept off line", "corrective", "technical", "strong"),
    "C-CASH": ("Cash drawer and paper receipts", "corrective", "procedural", "partial"),
    "C-DIGEST": ("Checksums after every sync", "detective", "technical", "strong"),
    "C-FREEZE": ("Freeze of a suspect source", "corrective", "procedural", "untested"),
    "C-QUOTA": ("Selling quotas per shop", "preventive", "technical", "partial"),
    "C-MFA": ("Second factor at sign-in", "preventive", "technical", "strong"),
    "C-AV": ("Antivirus on every device", "preventive", "technical", "partial"),
    "C-DISK": ("Disk encryption", "preventive", "technical", "strong"),
    "C-REVOKE": (
        "Revoke a lost device's keys within minutes",
        "corrective",
        "procedural",
        "partial",
    ),
    "C-PLAY": ("Playbooks that others can follow", "corrective", "procedural", "partial"),
    "C-RESTORE": ("Quarterly restore test", "detective", "procedural", "weak"),
    "C-TRAIN": ("Yearly training of the shops", "preventive", "procedural", "partial"),
    "C-WATCH": ("Watch on certificates and slots", "detective", "technical", "strong"),
    "C-RATE": ("Rate limits", "preventive", "technical", "strong"),
    "C-PLAUS": ("Plausibility check of feeds", "preventive", "technical", "partial"),
    "C-UPS": ("Batteries for tills", "preventive", "technical", "partial"),
    "C-RECON": ("Reconciliation at night", "detective", "procedural", "strong"),
    "C-REVIEW": ("Code review", "preventive", "procedural", "partial"),
    "C-USB": ("USB storage closed", "preventive", "technical", "strong"),
    "C-WAVE": ("Roll-out in waves", "preventive", "procedural", "partial"),
    "C-LEAST": ("Least privilege", "preventive", "procedural", "partial"),
    "C-TWO": ("Two people for payments", "preventive", "procedural", "strong"),
}


def fill_register(
    things: dict[str, Asset], people: dict[str, User], *, at: datetime, now: datetime
) -> list[Risk]:
    """Identify, judge and treat every risk; some reviews are overdue, some are not judged yet."""
    add_first_categories(at=at)
    add_category(
        code="third_party", name="Third parties", name_id="Pihak ketiga", actor=None, at=at
    )
    categories = {category.code: category for category in RiskCategory.objects.all()}
    controls = {code: _control(code, people, at=at) for code in CONTROLS}
    say_appetites(people, at=at)
    risks = [
        _identify(number, peril, categories, controls, things, people, at=at, now=now)
        for number, peril in enumerate(PERILS)
    ]
    accept_risk(
        risk=risks[23],
        reason="Two small shops; a second satellite costs more than they earn",
        expires_on=(now + timedelta(days=120)).date(),
        asked_by=people["maya"],
        actor=people["surya"],
        at=now - timedelta(days=60),
    )
    add_figures(risks, things, people, now=now)
    return risks


def _control(code: str, people: dict[str, User], *, at: datetime) -> Control:
    name, kind, nature, effectiveness = CONTROLS[code]
    facts = {"name": name, "kind": kind, "nature": nature, "owner": people["agung"]}
    control = introduce_control(facts=facts, code=code, actor=people["maya"], at=at)
    if effectiveness != "untested":
        record_control_test(
            control=control,
            effectiveness=effectiveness,
            note="Looked at during the yearly check",
            actor=people["maya"],
            at=at + timedelta(days=90),
        )
    return control


def _identify(
    number: int,
    peril: Peril,
    categories: dict[str, RiskCategory],
    controls: dict[str, Control],
    things: dict[str, Asset],
    people: dict[str, User],
    *,
    at: datetime,
    now: datetime,
) -> Risk:
    maya = people["maya"]
    facts = {
        "title": peril.title,
        "category": categories[peril.category],
        "unit": found_units(at=at).get(OF_CATEGORY.get(peril.category, "")),
        "cause": peril.cause,
        "consequence": peril.consequence,
        "owner": people["hendra"] if number % 3 == 2 else maya,
        "business_owner": people["hendra" if number % 2 else "surya"],
        # A few reviews are overdue, as in every real company.
        "review_on": (now + timedelta(days=number * 9 - 30)).date(),
    }
    linked = [code for word in peril.assets.split() for code in fnmatch.filter(things, word)]
    assets = [things[code] for code in linked]
    risk = identify_risk(
        facts=facts, assets=assets, threats=threats_of(peril.title, peril.cause), actor=maya, at=at
    )
    for code in peril.controls.split():
        apply_control(risk=risk, control=controls[code], actor=maya, at=at)
    _judge(risk, peril, maya, at=at)
    if number % 4 == 0:
        _treat(risk, people, days=number, at=at + timedelta(days=201), now=now)
    return risk


def _treat(risk: Risk, people: dict[str, User], *, days: int, at: datetime, now: datetime) -> None:
    """A treatment with three actions: one done, one late here and there, one to come."""
    treatment = decide_treatment(
        risk=risk,
        kind="reduce",
        plan="Bring the residual level down by one step",
        owner=people["agung"],
        due_on=(now + timedelta(days=30 + days)).date(),
        actor=people["maya"],
        at=at,
    )
    for title, who, due, cost in (
        ("Find out what it would take", "maya", -40, None),
        ("Order and install what is missing", "agung", days - 5, 18_000_000.0),
        ("Test it at two sites", "agung", 25 + days, None),
    ):
        action = add_action(
            treatment=treatment,
            title=title,
            owner=people[who],
            due_on=(now + timedelta(days=due)).date(),
            cost=cost,
            actor=people["maya"],
            at=at,
        )
        if who == "maya":
            finish_action(action=action, actor=people[who], at=at + timedelta(days=9))


def _judge(risk: Risk, peril: Peril, maya: User, *, at: datetime) -> None:
    """Judge it before and after controls; what nobody has judged stays unrated."""
    for kind, judged, when in (
        ("inherent", peril.inherent, at),
        ("residual", peril.residual, at + timedelta(days=200)),
    ):
        if all(judged):
            assess_risk(
                risk=risk,
                kind=kind,
                likelihood=judged[0],
                impact=judged[1],
                rationale="Workshop with the owners",
                actor=maya,
                at=when,
            )
