"""What the company tells people: the lines of its status page, and words prepared in time."""

from datetime import datetime

from assets.models import Asset
from bcp_portal.accounts.models import User
from incidents.services.status_page import save_component
from incidents.services.update_template import load_ready_templates

# As customers and shops say it, and the asset whose outage makes the line red.
LINES = (
    ("Buying in our shops", "Membeli di toko kami", "P-SELL", True),
    ("Web shop", "Toko daring", "WEBSHOP", True),
    ("Paying by card and QRIS", "Membayar dengan kartu dan QRIS", "PAY-GATE", True),
    ("Orders and delivery", "Pesanan dan pengiriman", "P-ORDER", True),
    ("Synchronisation of the shops", "Sinkronisasi toko", "SYNC-HUB", False),
    ("Sign-in for staff", "Masuk bagi staf", "IDP", False),
)


def prepare_words(things: dict[str, Asset], people: dict[str, User], *, at: datetime) -> None:
    """Put services on the status page and take in the ready templates."""
    for position, (name, name_id, code, is_public) in enumerate(LINES, start=1):
        save_component(
            name=name, name_id=name_id, asset=things[code], is_public=is_public,
            position=position, actor=people["surya"], at=at,
        )  # fmt: skip
    load_ready_templates(actor=people["surya"], at=at)
