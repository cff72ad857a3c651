"""The one article whose stock is shared out: what the centre has, and what each shop may sell."""

from pathlib import Path

from bcp_portal.demo.places import SHOPS_WITH_A_QUOTA
from siaga_agent.store import Json
from siaga_agent.till_queue import TillQueue

SKU = "AKI-45AH"
# What a shop may sell of it before the centre must know.
QUOTA = 12
# What the web shop still sells: less than a single quota.
ON_SALE = 10
# What is set aside so that all promises together stay below the stock.
RESERVE = 20


def shop_leases(queue: TillQueue, shop: str) -> list[Json]:
    """What a shop has left of its quota, if it has one."""
    if shop not in SHOPS_WITH_A_QUOTA:
        return []
    return [{"sku": SKU, "granted": QUOTA, "used": min(queue.unsent_of(SKU), QUOTA)}]


def centre_leases() -> list[Json]:
    """What the centre has, and what of it is promised or set aside."""
    promised = QUOTA * len(SHOPS_WITH_A_QUOTA) + RESERVE
    return [{"sku": SKU, "granted": promised + ON_SALE, "used": promised}]


def has_quota_left(queue: TillQueue) -> bool:
    """Whether another one may be sold before the next sync."""
    return queue.unsent_of(SKU) < QUOTA


def forgets(home: Path) -> bool:
    """Whether the shop at this folder has forgotten to synchronise, and sells like mad."""
    return (home / "forgetful").exists()
