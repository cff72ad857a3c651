"""The table of live readings: what an indicator can watch without anybody typing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from risks.indicators import fleet, work

Measured = dict[int | None, float]


@dataclass(frozen=True)
class Reading:
    """A figure taken over the whole company (key None), and for some also by asset.

    A key that is missing was not measured; `absent_is_zero` says that an asset nobody counted
    anything for has zero, not unknown.
    """

    key: str
    label: str | Promise
    unit: str
    measure: Callable[[datetime], Measured]
    by_asset: bool = False
    absent_is_zero: bool = True

    def of(self, measured: Measured, asset_id: int | None) -> float | None:
        """The figure for an asset, or for the company."""
        if asset_id in measured:
            return float(measured[asset_id])
        return 0.0 if asset_id is not None and self.absent_is_zero else None


READINGS: dict[str, Reading] = {
    one.key: one
    for one in (
        Reading("sites_dark", _("Sites nobody hears"), "", fleet.sites_dark),
        Reading("rpo_exceeded", _("Sites past their RPO"), "", fleet.rpo_exceeded),
        Reading("oldest_queue", _("Oldest record waiting"), "h", fleet.oldest_queue, by_asset=True),
        Reading("conflicts_open", _("Conflicts open"), "", fleet.conflicts_open, by_asset=True),
        Reading("streams_failing", _("Streams failing"), "", fleet.streams_failing, by_asset=True),
        Reading("signals_open", _("Urgent alarms standing"), "", fleet.signals_open),
        Reading(
            "devices_unprotected",
            _("Devices missing a protection"),
            "%",
            fleet.devices_unprotected,
        ),
        Reading("packs_stale", _("Devices with a stale pack"), "%", fleet.packs_stale),
        Reading(
            "incidents_month", _("Incidents in 30 days"), "", work.incidents_month, by_asset=True
        ),
        Reading(
            "incidents_severe",
            _("Severe incidents in 90 days"),
            "",
            work.incidents_severe,
            by_asset=True,
        ),
        Reading(
            "recovery_hours",
            _("Mean time to recover, 90 days"),
            "h",
            work.recovery_hours,
            by_asset=True,
            absent_is_zero=False,
        ),
        Reading(
            "targets_missed",
            _("Objectives missed in a year"),
            "",
            work.targets_missed,
            by_asset=True,
        ),
        Reading("actions_overdue", _("Promises overdue"), "", work.actions_overdue),
        Reading("reviews_overdue", _("Risk reviews overdue"), "", work.reviews_overdue),
        Reading("risks_unrated", _("Risks unrated"), "", work.risks_unrated),
        Reading("risks_untreated", _("Risks above tolerance, untreated"), "", work.risks_untreated),
        Reading("treatments_overdue", _("Treatments overdue"), "", work.treatments_overdue),
        Reading("controls_unproven", _("Controls weak or untested"), "%", work.controls_unproven),
        Reading("acceptances_standing", _("Risks accepted"), "", work.acceptances_standing),
    )
}
