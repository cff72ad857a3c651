"""Verbs of a region."""

from datetime import datetime

from assets.changes import check_row, set_fields
from assets.models import Region
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb


@verb
def add_region(*, code: str, name: str, actor: User | None, at: datetime) -> Region:
    """Name a part of the country."""
    region = Region(code=code.strip().upper(), name=name)
    check_row(region)
    region.save()
    after = {"code": region.code, "name": region.name}
    audit(action="region.add", obj=region, actor=actor, at=at, after=after)
    return region


@verb
def rename_region(*, region: Region, name: str, actor: User, at: datetime) -> Region:
    """Give a region another name; its code stays."""
    before, after = set_fields(region, {"name": name}, ("name",))
    if after:
        check_row(region)
        region.save(update_fields=["name"])
        audit(action="region.rename", obj=region, actor=actor, at=at, before=before, after=after)
    return region
