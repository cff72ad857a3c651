"""Which kinds of report there are, and who builds them: the rooms above say so at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Protocol

from bcp_portal.shared.errors import DomainError
from bcp_portal.shared.lists.labels import Label


class UnknownReportError(DomainError):
    """Nobody builds this kind of report."""


class BuiltReport(NamedTuple):
    """What a builder hands over: the page, its pictures, and its facts and tables for machines."""

    html: str
    assets: Mapping[str, bytes]
    payload: object
    # More files inside the PDF, by their names: the same facts as tables.
    sheets: Mapping[str, bytes] = MappingProxyType({})


class Builder(Protocol):
    """Gathers one subject at one moment; the same moment gives the same report."""

    def __call__(self, *, subject_id: int, language: str, at: datetime) -> BuiltReport:
        """Build the report of this subject as it was at that moment, in that language."""


@dataclass(frozen=True)
class ReportKind:
    """A kind of report and its builder."""

    kind: str
    label: Label
    build: Builder
    # Says on every page for whom it was made, and when.
    is_sensitive: bool = False


_kinds: dict[str, ReportKind] = {}


def register_report(
    kind: str, builder: Builder, *, label: Label = "", is_sensitive: bool = False
) -> None:
    """Say who builds a kind of report; the last word counts."""
    _kinds[kind] = ReportKind(kind, label or kind, builder, is_sensitive)


def report_kind(kind: str) -> ReportKind:
    """The kind of this name, or a refusal."""
    if kind not in _kinds:
        raise UnknownReportError(f"Nobody builds reports of the kind “{kind}”.")
    return _kinds[kind]


def report_choices() -> list[tuple[str, Label]]:
    """All kinds, for a filter."""
    return [(one.kind, one.label) for one in _kinds.values()]
