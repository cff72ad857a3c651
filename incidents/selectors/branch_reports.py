"""What the sites themselves reported during an incident: notes, ticks and files of their people."""

from incidents.models import Incident, TimelineEntry, TimelineKind

REPORTS_SHOWN = 40
_TOLD_BY_PEOPLE = (TimelineKind.NOTE, TimelineKind.STEP, TimelineKind.ORDER)


def branch_reports(incident: Incident) -> list[TimelineEntry]:
    """Entries by people who are assigned to a site that was hit, in the order of happening."""
    sites = incident.sites.values("site")
    return list(
        TimelineEntry.objects.filter(
            incident=incident,
            kind__in=_TOLD_BY_PEOPLE,
            actor__site_assignments__site__in=sites,
        )
        .distinct()
        .as_told()[:REPORTS_SHOWN]
    )
