"""What Rodajaya measures, estimates and plans: indicators, losses, tolerance, two plans."""

from datetime import datetime, timedelta

from assets.models import Asset
from bcp_portal.accounts.models import User
from incidents.models import Playbook
from risks.models import Risk
from risks.services.figures import estimate_loss, set_tolerance, set_worth
from risks.services.indicator import introduce_indicator, record_value
from risks.services.plan import approve_draft, save_draft, submit_draft, write_plan

# name, Indonesian name, reading, unit, watch from, act from, days until too old, risks
INDICATORS = (
    ("Sites nobody hears", "Lokasi tanpa kabar", "sites_dark", "", 2, 5, 1, (0, 1)),
    ("Incidents in 30 days", "Insiden dalam 30 hari", "incidents_month", "", 4, 8, 1, (0, 2)),
    ("Risk reviews overdue", "Tinjauan risiko terlambat", "reviews_overdue", "", 3, 8, 1, ()),
    ("Controls weak or untested", "Kontrol lemah", "controls_unproven", "%", 30, 60, 1, (3,)),
    ("Sites past their RPO", "Lokasi melewati RPO", "rpo_exceeded", "", 1, 3, 1, (1,)),
    ("Returned parts", "Suku cadang dikembalikan", "", "%", 4, 7, 40, (4,)),
)
# number of the risk, times a year, loss at a time in rupiah
ESTIMATES = (
    (0, 0.5, 3, 2e7, 4e8),
    (1, 1, 6, 5e6, 9e7),
    (2, 0.2, 1, 5e7, 1.2e9),
    (3, 0.05, 0.4, 2e8, 9e9),
    (4, 0.5, 2, 1e7, 3e8),
    (5, 0.1, 0.8, 5e7, 2e9),
)
TEXTS = {
    "en": {
        "trigger": "The centre does not answer for 10 minutes. The commander decides.",
        "traffic": "Tills and apps go to the twin. Stores without a link sell offline.",
        "people": "Store managers by call, partners by mail, customers by a notice at the till.",
        "workaround": "Selling offline for 8 hours; orders on paper after that.",
        "data": "From the last verified copy; queues of the stores come home in waves.",
        "service": "Payments first, then orders, then stock. A sale from each region proves it.",
        "back": "Two calm hours, then back at night. The review follows within five days.",
    },
    "id": {
        "trigger": "Pusat data tidak menjawab selama 10 menit. Komandan memutuskan.",
        "traffic": "Kasir dan aplikasi beralih ke kembarannya. Toko tanpa jaringan jualan luring.",
        "people": "Kepala toko ditelepon, mitra lewat surel, pelanggan lewat pengumuman di kasir.",
        "workaround": "Berjualan luring selama 8 jam; setelah itu pesanan di kertas.",
        "data": "Dari salinan terakhir yang terverifikasi; antrean toko pulang bergelombang.",
        "service": "Pembayaran, lalu pesanan, lalu stok. Satu penjualan tiap wilayah buktinya.",
        "back": "Dua jam tenang, lalu kembali pada malam hari. Tinjauan dalam lima hari.",
    },
}


def add_figures(
    risks: list[Risk], things: dict[str, Asset], people: dict[str, User], *, now: datetime
) -> None:
    """Give the register its numbers and the company its plans."""
    maya, surya = people["maya"], people["surya"]
    for name, name_id, reading, unit, watch, act, days, numbers in INDICATORS:
        facts = {
            "name": name, "name_id": name_id, "reading": reading, "unit": unit,
            "higher_is_worse": True, "watch_at": watch, "act_at": act,
            "stale_after": timedelta(days=days), "owner": maya,
        }  # fmt: skip
        at = now - timedelta(days=200)
        watched = [risks[number] for number in numbers]
        made = introduce_indicator(facts=facts, risks=watched, actor=maya, at=at)
        for week in range(24 if not reading else 0):
            when = now - timedelta(days=7 * (24 - week))
            record_value(indicator=made, value=2 + week * 5 % 9 * 0.5, actor=maya, at=when)
    for number, low, high, least, most in ESTIMATES:
        loss = {"rate_low": low, "rate_high": high, "loss_low": least, "loss_high": most}
        facts = loss | {"note": "Past incidents, the contract with the bank, a day's sales"}
        estimate_loss(risk=risks[number], facts=facts, actor=maya, at=now - timedelta(days=30))
    points = [(2e8, 0.9), (1e9, 0.4), (5e9, 0.05)]
    set_tolerance(points=points, reason="Board meeting", actor=maya, at=now - timedelta(days=29))
    worth = {
        "hour_of_downtime": 3_500_000, "share_offline": 80, "hours_before": 9,
        "error_cost": 250_000, "yearly_cost": 240_000_000,
        "busy_from": 8, "busy_until": 20, "gigabyte_cost": 12_000,
        "reason": "Sales of an average hour, years before the portal, the yearly bill",
    }  # fmt: skip
    set_worth(facts=worth, actor=maya, at=now - timedelta(days=28))
    _plan(things, maya, surya, at=now - timedelta(days=90))


def _plan(things: dict[str, Asset], maya: User, surya: User, *, at: datetime) -> None:
    facts = {
        "title": "The data centre is lost",
        "title_id": "Pusat data hilang",
        "kind": "recovery",
        "scenario": "Fire, water or power take the data centre away; its twin takes over.",
        "scenario_id": "Api, air, atau listrik meniadakan pusat data; kembarannya mengambil alih.",
        "owner": surya,
    }
    plan = write_plan(
        facts=facts,
        assets=[things[code] for code in sorted(things)[:6]],
        playbooks=Playbook.objects.order_by("code")[:2],
        actor=maya,
        at=at,
    )
    save_draft(plan=plan, texts=TEXTS, change_note="First version", actor=maya, at=at)
    submit_draft(plan=plan, actor=maya, at=at)
    approve_draft(plan=plan, actor=surya, at=at + timedelta(days=2))
