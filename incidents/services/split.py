"""The verb of a split: what was taken for one outage turns out to be two."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import Alert, Importance, Incident, IncidentAsset, IncidentSite, TimelineKind
from incidents.services.incident import declare_incident
from incidents.services.run_facts import weigh_conditions
from incidents.services.sensitive import make_sensitive, name_person
from incidents.services.timeline import write_entry


@verb
def split_incident(
    *,
    incident: Incident,
    title: str,
    reason: str,
    actor: User,
    at: datetime,
    alerts: Collection[Alert] = (),
    assets: Collection[Asset] = (),
) -> Incident:
    """Make an incident of its own of some alerts and assets; both timelines name the other.

    The clocks of what goes along run on as they were. Whoever commands stays in command of both,
    so that nobody is called for what is in hands already.
    """
    locked = Incident.objects.select_for_update().get(pk=incident.pk)
    leaving = locked.alerts.filter(pk__in=[alert.pk for alert in alerts])
    chosen = [asset.pk for asset in assets]
    hits = locked.assets.filter(Q(asset__in=chosen) | Q(gated_by__in=chosen))
    _refuse(locked, leaving.count(), hits.count())
    new = declare_incident(
        title=title.strip(),
        severity=locked.severity,
        kind=locked.kind,
        mode=locked.mode,
        started_at=locked.started_at,
        detected_at=locked.detected_at,
        commander=locked.commander,
        actor=actor,
        at=at,
    )
    moved_alerts, moved_hits = list(leaving), list(hits)
    Alert.objects.filter(pk__in=[alert.pk for alert in moved_alerts]).update(incident=new)
    IncidentAsset.objects.filter(pk__in=[hit.pk for hit in moved_hits]).update(incident=new)
    _carry_sites(locked, new, moved_alerts, moved_hits)
    weigh_conditions(incident=locked, at=at)
    _tell(locked, new, reason, actor=actor, at=at)
    audit(
        action="incident.split",
        obj=locked,
        actor=actor,
        at=at,
        reason=reason,
        after={"into": new.code, "alerts": len(moved_alerts), "assets": len(moved_hits)},
    )
    if locked.sensitive_at is not None:
        _keep_closed(locked, new, reason, actor=actor, at=at)
    return new


def _refuse(incident: Incident, alerts: int, hits: int) -> None:
    if not incident.is_ongoing:
        raise DomainError(_("%(code)s is over.") % {"code": incident.code})
    if not alerts and not hits:
        raise DomainError(_("Choose the alerts or assets that are an incident of their own."))
    if alerts == incident.alerts.count() and hits == incident.assets.count():
        raise DomainError(_("Something must stay behind: this is the whole incident."))


def _carry_sites(
    old: Incident, new: Incident, alerts: Collection[Alert], hits: Collection[IncidentAsset]
) -> None:
    """The places go along; where something of the old one stays, a place belongs to both."""
    places = {alert.site_id for alert in alerts}
    places |= set(Asset.objects.filter(incident_links__in=hits).values_list("site_id", flat=True))
    kept = set(old.alerts.unresolved().values_list("site_id", flat=True))
    kept |= set(old.assets.values_list("asset__site_id", flat=True))
    links = list(old.sites.filter(site__in=places - {None}))
    IncidentSite.objects.bulk_create(
        IncidentSite(
            incident=new,
            site_id=link.site_id,
            affected_at=link.affected_at,
            contained_at=link.contained_at,
            recovered_at=link.recovered_at,
        )
        for link in links
    )
    old.sites.filter(pk__in=[link.pk for link in links if link.site_id not in kept]).delete()


def _tell(old: Incident, new: Incident, reason: str, *, actor: User, at: datetime) -> None:
    for told, other, words in (
        (old, new, gettext_noop("%(code)s is an incident of its own now: %(reason)s")),
        (new, old, gettext_noop("Split from %(code)s: %(reason)s")),
    ):
        write_entry(
            incident=told,
            kind=TimelineKind.STATUS,
            message=words,
            params={"code": other.code, "reason": reason},
            actor=actor,
            at=at,
            importance=Importance.KEY,
        )


def _keep_closed(old: Incident, new: Incident, reason: str, *, actor: User, at: datetime) -> None:
    """What only named people see is not opened by splitting it; only its commander can."""
    make_sensitive(incident=new, reason=reason, actor=actor, at=at)
    for access in old.named.filter(ended_at=None).select_related("user"):
        name_person(incident=new, user=access.user, reason=access.reason, actor=actor, at=at)
