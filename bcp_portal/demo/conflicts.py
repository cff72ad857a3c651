"""Conflicts of the demo company: a dozen records that two sides changed, in several states."""

from datetime import datetime, timedelta
from typing import Any

from assets.models import Site
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import verb
from telemetry.conflicts.reading import read_case
from telemetry.models import ConflictCase, ConflictReport, Device
from telemetry.services.conflict_agreement import mark_instructions_sent
from telemetry.services.conflict_decision import (
    confirm_decision,
    decide_conflict,
    decide_in_bulk,
)
from telemetry.services.conflict_report import take_up_report
from telemetry.services.conflict_rule import change_rule, write_rule

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ORDER_MOVES = {"new": ["paid", "cancelled"], "paid": ["picked"], "picked": ["sent"], "sent": []}
RULES: tuple[dict[str, Any], ...] = (
    {"entity": "*", "field": "*", "kind": "by_hand"},
    {"entity": "price", "field": "*", "kind": "master", "master": "HQ", "limit": 5_000_000},
    {"entity": "stock", "field": "quantity", "kind": "sum", "data_class": "stock", "safety": 10,
     "limit": 500, "answer_within": 2 * HOUR},
    {"entity": "stock", "field": "shelf", "kind": "latest"},
    {"entity": "customer", "field": "*", "kind": "latest"},
    {"entity": "order", "field": "state", "kind": "state_machine", "moves": ORDER_MOVES},
    {"entity": "order", "field": "total", "kind": "by_hand", "data_class": "money",
     "limit": 10_000_000, "answer_within": HOUR},
    {"entity": "till", "field": "*", "kind": "by_hand", "data_class": "balance",
     "limit": 20_000_000, "answer_within": 2 * HOUR},
    {"entity": "booking", "field": "slot", "kind": "role_order",
     "roles": ["workshop manager", "service desk", "mechanic"]},
)  # fmt: skip

# entity, key, site, base, the site's change, HQ's change, minutes between, uncertainty ms, more
Values = dict[str, Any]
Told = tuple[str, str, str, Values, Values, Values, int, int, Values]
STORY: tuple[Told, ...] = (
    ("stock", "BRK-4471", "SBY-02", {"quantity": 48, "shelf": "A-12"}, {"quantity": 41}, {"quantity": 44, "shelf": "B-02"}, 9, 80, {}),
    ("stock", "OIL-5W30", "MLG-01", {"quantity": 14, "shelf": "C-01"}, {"quantity": 9}, {"quantity": 12}, 4, 60, {}),
    ("customer", "PT Sinar Motor", "SBY-01", {"phone": "031-5550101", "city": "Surabaya"}, {"phone": "031-5550177"}, {"phone": "031-5550188"}, 0, 900, {}),
    ("customer", "Bengkel Jaya", "KDR-01", {"phone": "0354-555020", "city": "Kediri"}, {"phone": "0354-555090"}, {"phone": "0354-555021"}, 240, 40, {"jumped": True}),
    ("customer", "CV Roda Mas", "JBR-01", {"phone": "0331-555700", "city": "Jember"}, {"phone": "0331-555711"}, {"city": "Jember Kota"}, 30, 50, {}),
    ("price", "FLT-0032", "SBY-02", {"price": 85_000}, {"price": 79_000}, {"price": 89_500}, 12, 70, {}),
    ("price", "ENG-9001", "SBY-W1", {"price": 18_400_000}, {"price": 17_900_000}, {"price": 18_950_000}, 55, 60, {}),
    ("order", "SO-20318", "SBY-01", {"state": "paid", "total": 1_250_000}, {"state": "picked"}, {"state": "sent"}, 20, 60, {}),
    ("order", "SO-20344", "SBY-W1", {"state": "new", "total": 12_750_000}, {"state": "paid", "total": 12_500_000}, {"state": "paid", "total": 12_900_000}, 6, 60, {}),
    ("till", "SBY-02/2", "SBY-02", {"closing_balance": 6_240_000}, {"closing_balance": 6_410_000}, {"closing_balance": 6_140_000}, 15, 60, {"critical": True}),
    ("booking", "W-118", "BWI-01", {"slot": "09:00"}, {"slot": "10:30"}, {"slot": "13:00"}, 25, 60, {"roles": ("mechanic", "workshop manager")}),
    ("warranty", "WR-77", "MLG-01", {}, {"decision": "granted", "months": 6}, {"decision": "refused", "months": 0}, 40, 60, {}),
    ("warranty", "WR-79", "SBY-01", {}, {"decision": "granted"}, {"decision": "open"}, 33, 60, {}),
)  # fmt: skip


@verb
def tell_conflicts(*, sites: dict[str, Site], people: dict[str, User], now: datetime) -> None:
    """Write the rules, let the sites tell their conflicts, and decide some of them."""
    agung, wulan = people["agung"], people["wulan"]
    for facts in RULES:
        rule = write_rule(facts=facts, reason="", actor=agung, at=now - timedelta(days=90))
        if facts["entity"] == "price":
            change_rule(
                rule=rule,
                facts={"limit": 10_000_000},
                reason="Engines cost more than five million",
                actor=wulan,
                at=now - timedelta(days=30),
            )
    cases = {told[1]: _tell(number, told, sites, now=now) for number, told in enumerate(STORY)}
    _decide(cases, agung, wulan, now=now)


def _tell(number: int, told: Told, sites: dict[str, Site], *, now: datetime) -> ConflictCase:
    entity, key, code, base, here, there, apart, give_or_take, more = told
    at = now - (number % 5) * 37 * MINUTE - 5 * MINUTE
    roles = more.get("roles", ("", ""))
    sides = [
        _side(code, "7-local", base | here, base, at - apart * MINUTE, give_or_take, roles[0]),
        _side("HQ", "9-centre", base | there, base, at, give_or_take, roles[1]),
    ]
    if more.get("jumped"):
        sides[0]["jumped"] = True
    report = ConflictReport.objects.create(
        device=_device(sites[code], at=now - timedelta(days=200)),
        conflict_id=f"demo-{number}",
        entity=entity,
        key=key,
        is_critical=bool(more.get("critical")),
        body={"versions": sides},
        detected_at=at,
        received_at=at + MINUTE,
    )
    return take_up_report(report=report, at=at + MINUTE)


def _side(
    source: str,
    rev: str,
    values: dict[str, Any],
    base: dict[str, Any],
    at: datetime,
    give_or_take: int,
    role: str,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "source": source,
        "rev": rev,
        "values": values,
        "wall_at": at.isoformat(),
        "uncertainty_ms": give_or_take,
        "role": role,
    }
    return told | ({"base": base} if base else {})


def _device(site: Site, *, at: datetime) -> Device:
    """The office machine that tells of conflicts; it never reports anything else."""
    device, _is_new = Device.objects.get_or_create(
        site=site,
        name="conflict-log",
        defaults={
            "kind": "log",
            "token_hash": f"none-{site.code}",
            "enrolled_at": at,
            "retired_at": at,
        },
    )
    return device


def _side_mark(case: ConflictCase, source: str) -> dict[str, str]:
    reading = read_case(case)
    mark = next(one.mark for one in reading.versions if one.source == source)
    return {one.name: f"v:{mark}" for one in reading.judgement.fields if one.differs}


def _decide(cases: dict[str, ConflictCase], agung: User, wulan: User, *, now: datetime) -> None:
    """One waits for a second person, one was confirmed, one is on its way, one was drawn."""
    engine = cases["ENG-9001"]
    decide_conflict(
        case=engine,
        choices=_side_mark(engine, "HQ"),
        reason="The price list of 1 November counts",
        actor=agung,
        at=now - 20 * MINUTE,
    )
    order = cases["SO-20344"]
    decide_conflict(
        case=order,
        choices=_side_mark(order, "SBY-W1"),
        reason="The customer's receipt says 12.5 million",
        actor=agung,
        at=now - 2 * HOUR,
    )
    confirm_decision(case=order, actor=wulan, at=now - HOUR)
    decide_in_bulk(
        case=cases["WR-79"],
        take="source",
        source="SBY-01",
        reason="The workshop saw the part",
        actor=agung,
        at=now - 30 * MINUTE,
    )
    for key in ("SO-20318", "FLT-0032"):
        decision = cases[key].decisions.first()
        place = cases[key].places.first()
        if decision is not None and place is not None:
            mark_instructions_sent(site_id=place.site_id, uids=[decision.uid], at=now - 3 * MINUTE)
