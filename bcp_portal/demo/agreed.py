"""What Rodajaya agreed on: what outages do, which objectives were signed, and what has lapsed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from assets.feasibility import Standing
from assets.models import Asset, RecoveryTarget, SigningRole, TargetProposal
from assets.selectors.graph import load_graph
from assets.services.asset import edit_asset
from assets.services.impact import answer_impact, start_campaign
from assets.services.objective import add_remark, propose_target, sign_target
from assets.services.recovery_design import add_third_party, describe_recovery
from assets.services.signatory import appoint_signatory
from assets.signing import arrows_by_asset, digest_of, signed_content
from bcp_portal.accounts.models import User

HOUR = timedelta(hours=1)
MILLION = Decimal(1_000_000)
# code | million rupiah an hour | tolerable million | hours from which on it is intolerable, by
# customers, operations, law, reputation; a dash: nobody has said.
IMPACTS = """
ORDERS     18   90   8  8  -  24
WEBSHOP    12  120  24  -  -  24
DB-SALES   20  100   4  8 24  72
DB-STOCK   15   90   8  8  -  72
SYNC-HUB    9   60   8  8  -   -
PAY-GATE   14   70   4  8  -  24
WMS         6   90  24 24  -   -
P-SELL     22   88   4  4  -  24
P-ORDER    10  120  24 24  -  72
LEDGER      1   80   - 72 72   -
IDP         8   80  24  4  -  72
"""
WAYS = ("customers", "operations", "law", "reputation")
# Who runs what for us: code, name, contract, ends in days, notice, back within, way out, assets.
PARTIES = (
    (
        "BAYAR",
        "Bayar Nusantara",
        "PSP-2024/17",
        210,
        90,
        1,
        "A second provider is integrated and idle.",
        "PAY-GATE",
    ),
    ("SERAT", "Serat Jaya", "ISP-2023/4", 45, 60, 4, "", "NET-WAN"),
    (
        "AWAN",
        "Awan Surat",
        "SAAS-2025/2",
        400,
        30,
        None,
        "Mailboxes are copied every night.",
        "MAIL SMS",
    ),
)
DESIGNS = {
    "DB-SALES": ("region", "manual", "asynchronous", 30, 4),
    "DB-STOCK": ("region", "manual", "asynchronous", 30, 4),
    "VIRT-JKT": ("region", "manual", "none", None, None),
    "PWR-JKT": ("same_place", "automatic", "none", None, None),
    "SYNC-HUB": ("zone", "automatic", "synchronous", 7, 1),
}
STEPS = (HOUR / 4, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 72 * HOUR, 168 * HOUR)
# Signed from the ground up: what rests on others is signed after them.
SIGNED = "PWR-JKT DB-LEDGER PRICING TILL-SBY-01 TILL-SBY-02 TILL-JKT-01"
DESPITE = "The second power feed is ordered; until it is there we accept the gap."


def agree(
    things: dict[str, Asset], people: dict[str, User], *, at: datetime, now: datetime
) -> None:
    """Appoint who signs, ask about impacts, sign what is ready and leave the rest open."""
    appoint_signatory(role=SigningRole.OPERATIONS, user=people["bagus"], actor=None, at=at)
    appoint_signatory(role=SigningRole.TOP_MANAGEMENT, user=people["surya"], actor=None, at=at)
    _ask(things, people, now=now)
    _describe(things, people, at=at)
    signed = {}
    for code in SIGNED.split():
        signed[code] = _propose(things[code], people, at=now - timedelta(days=120))
        _sign(signed[code], people, SigningRole, at=now - timedelta(days=118))
    # A new provider takes longer: every signature that rests on the tunnel lapses by itself.
    edit_asset(
        asset=things["NET-VPN"],
        facts={"own_restore": timedelta(minutes=40)},
        actor=people["maya"],
        at=now - timedelta(days=12),
    )
    _sign(signed["TILL-SBY-01"], people, SigningRole, at=now - timedelta(days=5))
    waiting = _propose(things["ORDERS"], people, at=now - timedelta(days=3))
    add_remark(
        proposal=waiting,
        text="One hour is what the workshops ask for; the stock database needs most of it.",
        actor=people["hendra"],
        at=now - timedelta(days=2),
    )
    _sign(waiting, people, (SigningRole.OPERATIONS,), at=now - timedelta(days=1))
    _propose(things["PAY-GATE"], people, at=now - timedelta(days=2))


def _describe(things: dict[str, Asset], people: dict[str, User], *, at: datetime) -> None:
    for code, name, contract, days, notice, hours, way_out, assets in PARTIES:
        facts = {
            "name": name,
            "contract": contract,
            "contract_ends_on": at.date() + timedelta(days=755 + days),
            "notice_days": notice,
            "promised_rto": None if hours is None else hours * HOUR,
            "exit_plan": way_out,
        }
        party = add_third_party(code=code, facts=facts, actor=people["maya"], at=at)
        for one in assets.split():
            edit_asset(asset=things[one], facts={"third_party": party}, actor=people["maya"], at=at)
    for code, (redundancy, failover, replication, kept, takes) in DESIGNS.items():
        facts = {
            "redundancy": redundancy,
            "failover": failover,
            "replication": replication,
            "retention": None if kept is None else timedelta(days=kept),
            "full_restore": None if takes is None else takes * HOUR,
        }
        describe_recovery(asset=things[code], facts=facts, actor=people["maya"], at=at)


def _ask(things: dict[str, Asset], people: dict[str, User], *, now: datetime) -> None:
    for line in IMPACTS.strip().splitlines():
        code, loss, tolerable, *hours = line.split()
        answer_impact(
            asset=things[code],
            facts={
                "loss_per_hour": int(loss) * MILLION,
                "bearable_loss": int(tolerable) * MILLION,
                "currency": "IDR",
            },
            points={
                way: _rising(int(limit) * HOUR)
                for way, limit in zip(WAYS, hours, strict=True)
                if limit != "-"
            },
            actor=people["hendra"],
            at=now - timedelta(days=200),
        )
    open_ones = [things[code] for code in ("CRM", "FLEET-APP", "MARKET", "P-REPLEN", "P-CLOSE")]
    start_campaign(
        name="Impact analysis, second round",
        lead="Ten minutes for each asset: what happens to us if it stands still?",
        assets=open_ones,
        due_at=now + timedelta(days=9),
        actor=people["maya"],
        at=now - timedelta(days=5),
    )


def _rising(limit: timedelta) -> dict[timedelta, int]:
    """Worse and worse up to the moment at which it is intolerable."""
    before = [step for step in STEPS if step < limit]
    levels = {step: min(number, 3) for number, step in enumerate(before[-4:])}
    return levels | {step: 4 for step in STEPS if step >= limit}


def _propose(asset: Asset, people: dict[str, User], *, at: datetime) -> TargetProposal:
    target = RecoveryTarget.objects.get(asset=asset)
    return propose_target(
        asset=asset,
        rto=target.rto,
        rpo=target.rpo,
        mtpd=target.mtpd,
        wrt=target.wrt,
        mbco="Counter sales go on by hand." if asset.code.startswith("TILL") else "",
        reason="Business impact analysis",
        actor=people["maya"],
        at=at,
    )


def _sign(
    proposal: TargetProposal, people: dict[str, User], roles: Iterable[SigningRole], *, at: datetime
) -> None:
    hands = {
        SigningRole.PROCESS_OWNER: proposal.asset.business_owner or people["hendra"],
        SigningRole.OPERATIONS: people["bagus"],
        SigningRole.TOP_MANAGEMENT: people["surya"],
    }
    graph = load_graph({proposal.asset_id: proposal.spans})
    content = signed_content(
        proposal.asset_id,
        {**proposal.spans, "mbco": proposal.mbco},
        graph.nodes,
        arrows_by_asset(graph.arrows),
    )
    stands_in_the_way = graph.standing(proposal.asset_id) is Standing.INFEASIBLE
    for role in roles:
        sign_target(
            proposal=proposal,
            role=role,
            shown=digest_of(content),
            despite=DESPITE if stands_in_the_way else "",
            actor=hands[role],
            at=at,
        )
