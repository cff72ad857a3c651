"""Makers of organisational units."""

from assets.models import Unit
from risks.services.unit import open_unit
from tests.make import NOON


def make_unit(code: str = "FIN", name: str = "Finance", **fields: object) -> Unit:
    """A unit; judged by a matrix of its own if one is named."""
    family = str(fields.pop("matrix_family", ""))
    return open_unit(
        code=code, facts={"name": name} | fields, matrix_family=family, actor=None, at=NOON
    )
