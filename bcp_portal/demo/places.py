"""Where Rodajaya is: one data centre and its twin, three regions, twenty-four sites."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.models import Region, Site
from assets.services.failover_path import declare_failover_path
from assets.services.planned_window import plan_window
from assets.services.region import add_region
from assets.services.site import open_site

WIB, WITA, WIT = "Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"
# The shops that may sell the article of the lent stock (`demo.stock`) without asking the centre.
SHOPS_WITH_A_QUOTA = ("BKS-01", "BDG-01")
REGIONS = {
    "JBB": "Jabodetabek & Jawa Barat",
    "JTM": "Jawa Timur",
    "TIM": "Indonesia Timur",
}


@dataclass(frozen=True)
class Place:
    """One site as the demo knows it."""

    code: str
    name: str
    region: str
    kind: str
    latitude: float
    longitude: float
    time_zone: str
    provider: str
    shard: str
    criticality: int
    volume_gb: int = 20
    offline_is_normal: bool = False


PLACES = (
    Place("DC-JKT", "Data centre Cibitung", "JBB", "data_centre", -6.26, 107.09, WIB, "Nusalink", "core", 1, 4000),
    Place("DC-SBY", "Twin data centre Rungkut", "JTM", "data_centre", -7.32, 112.77, WIB, "Jawanet", "core", 1, 4000),
    Place("JKT-01", "Jakarta Glodok", "JBB", "branch", -6.145, 106.815, WIB, "Nusalink", "west", 1, 48),
    Place("JKT-02", "Jakarta Kebayoran", "JBB", "branch", -6.243, 106.799, WIB, "Nusalink", "west", 2, 36),
    Place("JKT-W1", "Warehouse Cakung", "JBB", "warehouse", -6.184, 106.953, WIB, "Fiberindo", "west", 1, 120),
    Place("BKS-01", "Bekasi", "JBB", "branch", -6.238, 106.976, WIB, "Fiberindo", "west", 2, 30),
    Place("BGR-01", "Bogor", "JBB", "branch", -6.597, 106.799, WIB, "Nusalink", "west", 3, 22),
    Place("BDG-01", "Bandung Kosambi", "JBB", "branch", -6.917, 107.619, WIB, "Fiberindo", "west", 2, 34),
    Place("CRB-01", "Cirebon", "JBB", "branch", -6.732, 108.552, WIB, "Nusalink", "west", 3, 18),
    Place("VAN-01", "Service van Bandung", "JBB", "vehicle", -6.88, 107.53, WIB, "Selulara", "mobile", 4, 2, True),
    Place("SBY-01", "Surabaya Rungkut", "JTM", "branch", -7.330, 112.780, WIB, "Jawanet", "east", 1, 44),
    Place("SBY-02", "Surabaya Tunjungan", "JTM", "branch", -7.258, 112.738, WIB, "Jawanet", "east", 2, 40),
    Place("SBY-W1", "Warehouse Margomulyo", "JTM", "warehouse", -7.245, 112.676, WIB, "Jawanet", "east", 1, 110),
    Place("MLG-01", "Malang", "JTM", "branch", -7.983, 112.621, WIB, "Jawanet", "east", 2, 28),
    Place("KDR-01", "Kediri", "JTM", "branch", -7.848, 112.017, WIB, "Arjuna Net", "east", 3, 19),
    Place("JBR-01", "Jember", "JTM", "branch", -8.172, 113.700, WIB, "Arjuna Net", "east", 3, 17),
    Place("BWI-01", "Banyuwangi", "JTM", "branch", -8.219, 114.369, WIB, "Arjuna Net", "east", 3, 14),
    Place("VAN-02", "Service van Malang", "JTM", "vehicle", -7.90, 112.60, WIB, "Selulara", "mobile", 4, 2, True),
    Place("DPS-01", "Denpasar", "TIM", "branch", -8.650, 115.217, WITA, "Balifiber", "isles", 2, 30),
    Place("MTR-01", "Mataram", "TIM", "branch", -8.583, 116.116, WITA, "Balifiber", "isles", 3, 16),
    Place("BPN-01", "Balikpapan", "TIM", "branch", -1.265, 116.831, WITA, "Timurnet", "isles", 2, 24),
    Place("MKS-01", "Makassar Panakkukang", "TIM", "branch", -5.147, 119.432, WITA, "Timurnet", "isles", 1, 38),
    Place("MKS-W1", "Warehouse Makassar", "TIM", "warehouse", -5.085, 119.500, WITA, "Timurnet", "isles", 2, 70),
    Place("MDO-01", "Manado", "TIM", "branch", 1.474, 124.842, WITA, "Satelindo Timur", "isles", 3, 18),
    Place("AMQ-01", "Ambon", "TIM", "branch", -3.695, 128.181, WIT, "Satelindo Timur", "isles", 3, 12),
    Place("DJJ-01", "Jayapura", "TIM", "branch", -2.533, 140.717, WIT, "Satelindo Timur", "isles", 3, 12),
)  # fmt: skip

CENTRE, TWIN = "DC-JKT", "DC-SBY"
# The shop with a second device.
TABLET_SITE = "SBY-01"
FIELD_PLACES = tuple(place for place in PLACES if place.kind != "data_centre")


def open_places(*, at: datetime) -> dict[str, Site]:
    """Open every region and site, plan the vans' nights, and declare the failover paths."""
    regions: dict[str, Region] = {
        code: add_region(code=code, name=name, actor=None, at=at) for code, name in REGIONS.items()
    }
    sites = {place.code: _open(place, regions[place.region], at=at) for place in PLACES}
    for code in ("VAN-01", "VAN-02"):
        first = at.replace(hour=13, minute=0, second=0, microsecond=0)  # 20:00 WIB
        plan_window(
            site=sites[code],
            rrule="FREQ=DAILY",
            starts_at=first,
            duration=timedelta(hours=10),
            reason="The van is parked at night",
            actor=None,
            at=at,
        )
    paths = (
        ("Orders and stock to the twin", "DC-JKT", "DC-SBY"),
        ("East hub to the twin", "SBY-W1", "DC-SBY"),
        ("Makassar by satellite", "MKS-W1", "DC-SBY"),
    )
    for name, source, target in paths:
        declare_failover_path(
            name=name, source=sites[source], target=sites[target], actor=None, at=at
        )
    return sites


def _open(place: Place, region: Region, *, at: datetime) -> Site:
    facts = {
        "name": place.name,
        "kind": place.kind,
        "region": region,
        "provider": place.provider,
        "shard": place.shard,
        "sector": "retail",
        "time_zone": place.time_zone,
        # Made up, like the people's: no number begins like this.
        "phone": f"+62 000 1000 {PLACES.index(place):03d}",
        "latitude": place.latitude,
        "longitude": place.longitude,
        "criticality": place.criticality,
        "data_volume_bytes": place.volume_gb * 10**9,
        "offline_is_normal": place.offline_is_normal,
    }
    return open_site(code=place.code, facts=facts, actor=None, at=at)
