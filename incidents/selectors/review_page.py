"""Everything the review page and the analysis of the report lay beside the words of the review."""

from dataclasses import dataclass
from datetime import datetime

from bcp_portal.accounts.models import User
from incidents.models import ActionItem, CauseKind, Review, TimelineEntry
from incidents.selectors.branch_reports import branch_reports
from incidents.selectors.causes import CauseLine, cause_lines
from incidents.selectors.counterfactual import Counterfactual, counterfactual
from incidents.selectors.fleet import FleetDuring, fleet_during
from incidents.selectors.similar import Similar, similar_incidents

CITABLE = 200


@dataclass(frozen=True)
class ReviewPage:
    """One review with its evidence."""

    review: Review
    causes: list[CauseLine]
    kinds: list[tuple[str, str]]
    citable: list[TimelineEntry]
    what_if: Counterfactual
    fleet: FleetDuring
    reports: list[TimelineEntry]
    similar: list[Similar]
    actions: list[ActionItem]


def review_page(review: Review, *, user: User, at: datetime) -> ReviewPage:
    """Gather the page; the number of queries grows with the policies alone."""
    incident = review.incident
    return ReviewPage(
        review=review,
        causes=cause_lines(review),
        kinds=[(value, str(label)) for value, label in CauseKind.choices],
        # The newest are left out of a very long timeline: causes lie at its beginning.
        citable=list(incident.timeline.as_told()[:CITABLE]),
        what_if=counterfactual(incident),
        fleet=fleet_during(incident, at=at),
        reports=branch_reports(incident),
        similar=similar_incidents(incident, user),
        actions=list(
            incident.action_items.select_related("owner", "verified_by").order_by("due_on")
        ),
    )
