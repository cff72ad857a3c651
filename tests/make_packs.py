"""Makers of sites' packs."""

from datetime import datetime

from incidents.services.site_pack import make_packs
from telemetry.models import SitePack
from tests.make import NOON


def make_pack(site, *, at: datetime = NOON) -> SitePack:
    """The edition in force of a site, made as the engine makes it."""
    make_packs(at=at)
    return SitePack.objects.current().get(site=site)
