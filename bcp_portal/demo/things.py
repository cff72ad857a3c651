"""What Rodajaya runs on: sixty assets, what they need, and how fast they must be back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Asset, Site
from assets.services.asset import add_asset
from assets.services.dependency import link_assets
from assets.services.recovery_target import set_target
from bcp_portal.accounts.models import User
from bcp_portal.demo.places import FIELD_PLACES
from bcp_portal.demo.units import OF_KIND, found_units
from bcp_portal.shared.durations import parse_duration


@dataclass(frozen=True)
class Thing:
    """One asset: `targets` are RTO, RPO, MTPD and WRT, a dash where nobody has said."""

    code: str
    name: str
    kind: str
    criticality: int
    targets: str
    own_restore: str
    needs: str = ""
    third_party: bool = False
    if_it_fails: str = ""


T = Thing
THINGS = (
    T("NET-WAN", "Wide area network", "infrastructure", 1, "30m 0 4h 0", "30m", "", True, "Sites sell offline; nothing synchronises."),
    T("NET-VPN", "Tunnel to the sites", "infrastructure", 1, "30m 0 4h 0", "20m", "NET-WAN"),
    T("PWR-JKT", "Power and cooling Cibitung", "infrastructure", 1, "15m 0 2h 0", "15m"),
    T("PWR-SBY", "Power and cooling Rungkut", "infrastructure", 2, "15m 0 8h 0", "15m"),
    T("VIRT-JKT", "Virtual machines Cibitung", "infrastructure", 1, "30m 15m 4h 15m", "25m", "PWR-JKT"),
    T("VIRT-SBY", "Virtual machines Rungkut", "infrastructure", 2, "1h 15m 8h 15m", "40m", "PWR-SBY"),
    T("DNS", "Name service", "infrastructure", 1, "15m 0 2h 0", "10m", "VIRT-JKT"),
    T("IDP", "Sign-in", "application", 1, "30m 15m 4h 0", "20m", "VIRT-JKT DNS"),
    T("DB-SALES", "Sales database", "database", 1, "45m 5m 4h 30m", "35m", "VIRT-JKT", False, "No sale reaches the ledger; stock is a guess."),
    T("DB-STOCK", "Stock database", "database", 1, "45m 5m 4h 30m", "35m", "VIRT-JKT", False, "Overselling: two shops sell the last battery."),
    T("DB-LEDGER", "Ledger database", "database", 2, "2h 15m 24h 1h", "90m", "VIRT-JKT"),
    T("DB-CRM", "Customer database", "database", 3, "8h 1h 48h 1h", "3h", "VIRT-JKT"),
    T("DB-HR", "Personnel database", "database", 3, "24h 24h 72h 2h", "6h", "VIRT-JKT"),
    T("DB-DWH", "Data warehouse", "database", 4, "48h 24h 7d 4h", "20h", "VIRT-SBY"),
    T("SYNC-HUB", "Synchronisation hub", "application", 1, "45m 5m 4h 15m", "20m", "DB-SALES DB-STOCK NET-VPN DNS", False, "Queues grow at every site."),
    T("ORDERS", "Order management", "application", 1, "1h 10m 6h 30m", "30m", "DB-STOCK DB-SALES IDP", False, "Workshops wait for parts; 18 million rupiah an hour."),
    T("WEBSHOP", "Web shop", "application", 1, "1h 10m 8h 30m", "20m", "ORDERS PAY-GATE DB-CRM", False, "No online orders."),
    T("WMS", "Warehouse management", "application", 2, "2h 15m 12h 1h", "45m", "DB-STOCK IDP"),
    T("PRICING", "Price list", "application", 2, "4h 1h 24h 0", "30m", "DB-STOCK"),
    T("LEDGER", "Bookkeeping", "application", 2, "8h 15m 72h 4h", "2h", "DB-LEDGER IDP"),
    T("CRM", "Customer care", "application", 3, "8h 1h 48h 1h", "1h", "DB-CRM IDP"),
    T("FLEET-APP", "Delivery planning", "application", 3, "8h 4h 24h 1h", "1h", "DB-STOCK MAPS"),
    T("HR-APP", "Personnel", "application", 4, "48h 24h 7d 4h", "4h", "DB-HR IDP"),
    T("REPORTS", "Management reports", "application", 4, "48h 24h 7d 0", "4h", "DB-DWH"),
    T("PAY-GATE", "Card and QRIS payments", "integration", 1, "30m 0 4h 0", "-", "NET-WAN", True, "Cash only."),
    T("BANK-API", "Bank transfers", "integration", 2, "8h 0 48h 0", "-", "NET-WAN", True),
    T("SUPPLIER", "Supplier exchange", "integration", 3, "24h 4h 72h 0", "-", "NET-WAN", True),
    T("MARKET", "Marketplace listings", "integration", 3, "8h 1h 48h 0", "-", "ORDERS", True),
    T("SMS", "Text messages", "integration", 3, "8h 0 48h 0", "-", "NET-WAN", True),
    T("MAPS", "Maps and routes", "integration", 4, "24h 0 7d 0", "-", "NET-WAN", True),
    T("MAIL", "Mail", "integration", 3, "8h 1h 48h 0", "-", "NET-WAN", True),
    T("P-SELL", "Selling over the counter", "process", 1, "30m 5m 4h 0", "0", "", False, "Customers leave; 60 per shop and day."),
    T("P-ORDER", "Fulfilling orders", "process", 1, "2h 10m 12h 1h", "0", "ORDERS WMS"),
    T("P-REPLEN", "Replenishing shops", "process", 2, "24h 1h 72h 4h", "0", "WMS SUPPLIER"),
    T("P-CLOSE", "Closing the month", "process", 3, "- - - -", "0", "LEDGER"),
    T("P-PAYROLL", "Paying salaries", "process", 3, "24h 24h 72h 0", "0", "HR-APP BANK-API"),
)  # fmt: skip

SALES_RPO = timedelta(minutes=5)


def gather_things(
    sites: dict[str, Site], people: dict[str, User], *, at: datetime
) -> dict[str, Asset]:
    """Add every asset, link what needs what, and set the targets that somebody stands for."""
    things = {thing.code: _add(thing, people, site=sites["DC-JKT"], at=at) for thing in THINGS}
    for thing in THINGS:
        for needed in thing.needs.split():
            kind = "data" if thing.code == "REPORTS" else "hard"
            link_assets(
                asset=things[thing.code], depends_on=things[needed], kind=kind, actor=None, at=at
            )
    for place in FIELD_PLACES:
        things[f"TILL-{place.code}"] = _till(sites[place.code], people, things, at=at)
    return things


def _add(thing: Thing, people: dict[str, User], *, site: Site, at: datetime) -> Asset:
    is_central = thing.kind in ("database", "infrastructure", "application")
    facts = {
        "name": thing.name,
        "kind": thing.kind,
        "unit": found_units(at=at).get(OF_KIND.get(thing.kind, "")),
        "criticality": thing.criticality,
        "site": site if is_central and thing.code.startswith(("DB", "VIRT-J", "PWR-J")) else None,
        "business_owner": people["hendra" if thing.criticality < 3 else "surya"],
        "technical_owner": people["agung"],
        "is_third_party": thing.third_party,
        "if_it_fails": thing.if_it_fails,
        "own_restore": None if thing.own_restore == "-" else parse_duration(thing.own_restore),
    }
    asset = add_asset(code=thing.code, facts=facts, actor=people["maya"], at=at)
    _aim(asset, thing.targets, people, at=at)
    return asset


def _aim(asset: Asset, targets: str, people: dict[str, User], *, at: datetime) -> None:
    spans = [None if word == "-" else parse_duration(word) for word in targets.split()]
    if not any(span is not None for span in spans):
        return  # nobody has said: unknown stays unknown
    rto, rpo, mtpd, wrt = spans
    set_target(
        asset=asset,
        rto=rto,
        rpo=rpo,
        mtpd=mtpd,
        wrt=wrt,
        reason="Business impact analysis",
        actor=people["maya"],
        at=at,
    )


def _till(site: Site, people: dict[str, User], things: dict[str, Asset], *, at: datetime) -> Asset:
    facts = {
        "name": f"Tills {site.name}",
        "kind": "application",
        "unit": found_units(at=at)["OPS"],
        "criticality": site.criticality,
        "site": site,
        "business_owner": people["hendra"],
        "technical_owner": people["agung"],
        "stream_name": "sales",
        "own_restore": timedelta(minutes=15),
        "if_it_fails": "The shop sells by hand.",
    }
    asset = add_asset(code=f"TILL-{site.code}", facts=facts, actor=people["maya"], at=at)
    link_assets(asset=asset, depends_on=things["SYNC-HUB"], kind="degraded", actor=None, at=at)
    set_target(
        asset=asset,
        rto=timedelta(minutes=30 if site.criticality == 1 else 60),
        rpo=SALES_RPO,
        mtpd=timedelta(hours=8),
        wrt=timedelta(minutes=15),
        reason="Business impact analysis",
        actor=people["maya"],
        at=at,
    )
    return asset
