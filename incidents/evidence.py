"""What incidents can show: handled incidents, reviews, actions, exercises, playbooks, duty."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bcp_portal.reports.evidence.registry import Evidence, register_evidence
from incidents.models import (
    ActionItem,
    ActionItemStatus,
    Decision,
    EscalationPolicy,
    Exercise,
    ExerciseStatus,
    Incident,
    PlaybookVersion,
    Review,
    ReviewStatus,
    RunMode,
    StatusUpdate,
    VersionStatus,
)


def handled(at: datetime) -> Evidence:
    """Incidents that were closed in order."""
    closed = Incident.objects.common().filter(mode=RunMode.LIVE, closed_at__isnull=False)
    newest = closed.order_by("-closed_at").first()
    return Evidence(
        closed.count(),
        newest.closed_at if newest else None,
        samples=tuple(closed.order_by("-closed_at").values_list("code", flat=True)[:3]),
    )


def reviews(at: datetime) -> Evidence:
    """Reviews that were signed off, and those that are late."""
    signed = Review.objects.filter(status=ReviewStatus.SIGNED_OFF).order_by("-signed_off_at")
    late = Review.objects.filter(status=ReviewStatus.OPEN, due_at__lt=at)
    newest = signed.first()
    return Evidence(
        signed.count(),
        newest.signed_off_at if newest else None,
        tuple(
            _("The review of %s is overdue.") % code
            for code in late.values_list("incident__code", flat=True)
        ),
        tuple(signed.values_list("incident__code", flat=True)[:3]),
    )


def actions(at: datetime) -> Evidence:
    """Promises that were kept, and those that are late."""
    done = ActionItem.objects.filter(status=ActionItemStatus.DONE).order_by("-finished_at")
    late = ActionItem.objects.filter(status=ActionItemStatus.OPEN, due_on__lt=at.date())
    newest = done.first()
    return Evidence(
        done.count(),
        newest.finished_at if newest else None,
        tuple(
            _("An action of %(code)s is overdue: %(text)s")
            % {"code": item.incident.code, "text": item.text[:60]}
            for item in late.select_related("incident")[:5]
        ),
    )


def exercises(at: datetime) -> Evidence:
    """Exercises that took place, and those that did not when they should have."""
    held = Exercise.objects.filter(status=ExerciseStatus.FINISHED).order_by("-ended_at")
    missed = Exercise.objects.filter(status=ExerciseStatus.PLANNED, scheduled_for__lt=at)
    rehearsed = Incident.objects.filter(mode=RunMode.EXERCISE, closed_at__isnull=False)
    newest = max(
        filter(
            None,
            [
                held.values_list("ended_at", flat=True).first(),
                rehearsed.order_by("-closed_at").values_list("closed_at", flat=True).first(),
            ],
        ),
        default=None,
    )
    return Evidence(
        held.count() + rehearsed.exclude(exercise__in=held).count(),
        newest,
        tuple(
            _("The exercise %s did not take place.") % code
            for code in missed.values_list("code", flat=True)
        ),
        tuple(held.values_list("code", flat=True)[:3]),
    )


def playbooks(at: datetime) -> Evidence:
    """Plans in force, approved by somebody."""
    live = PlaybookVersion.objects.filter(status=VersionStatus.PUBLISHED, withdrawn_at=None)
    newest = live.order_by("-published_at").first()
    return Evidence(
        live.count(),
        newest.published_at if newest else None,
        samples=tuple(live.values_list("playbook__code", flat=True).distinct()[:4]),
    )


def on_call(at: datetime) -> Evidence:
    """Policies that say who is called."""
    return Evidence(EscalationPolicy.objects.filter(retired_at=None).count())


def updates(at: datetime) -> Evidence:
    """What was told to users, partners and management."""
    told = StatusUpdate.objects.filter(incident__mode=RunMode.LIVE).order_by("-published_at")
    newest = told.first()
    return Evidence(told.count(), newest.published_at if newest else None)


def decisions(at: datetime) -> Evidence:
    """Decisions on record, with who took them and by which authority."""
    newest = Decision.objects.order_by("-decided_at").first()
    return Evidence(Decision.objects.count(), newest.decided_at if newest else None)


def register() -> None:
    """Tell the registry."""
    for key, label, url_name, gather, days in (
        ("incidents", gettext_lazy("Incidents closed"), "incidents:list", handled, 366),
        ("reviews", gettext_lazy("Reviews signed off"), "incidents:reviews", reviews, 366),
        ("actions", gettext_lazy("Actions done"), "incidents:actions", actions, 366),
        ("exercises", gettext_lazy("Exercises held"), "incidents:exercises", exercises, 190),
        ("playbooks", gettext_lazy("Playbooks in force"), "incidents:playbooks", playbooks, 730),
        ("on_call", gettext_lazy("Escalation policies"), "incidents:on_call", on_call, 366),
        ("updates", gettext_lazy("Updates published"), "incidents:list", updates, 366),
        ("decisions", gettext_lazy("Decisions on record"), "incidents:list", decisions, 366),
    ):
        register_evidence(key, label, url_name=url_name, gather=gather, max_age_days=days)
