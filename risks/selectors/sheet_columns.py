"""The columns of a register file: ours, and one for each custom field."""

from assets.models import CustomField
from risks.imports.columns import COLUMNS, SheetColumn


def register_columns() -> list[SheetColumn]:
    """What a register file may hold; the custom fields come last. One query."""
    return [*COLUMNS, *custom_columns(custom_fields())]


def custom_fields() -> list[CustomField]:
    """The fields that this organisation asks about risks."""
    return list(CustomField.objects.in_use().about("risk"))


def custom_columns(fields: list[CustomField]) -> list[SheetColumn]:
    """A column for each of them, by both of its names."""
    return [
        SheetColumn(field.fact, field.name, tuple(filter(None, (field.name_id, field.key))))
        for field in fields
    ]
