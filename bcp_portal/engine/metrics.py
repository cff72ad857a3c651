"""The engine's numbers in Prometheus text."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bcp_portal.engine.models import CallHold, Deadline, Job, JobState, SweepMark


def render_metrics(at: datetime) -> bytes:
    """Count what waits and measure how old each sweep's mark is, from the database, now."""
    registry = CollectorRegistry()
    deadlines = Gauge("siaga_deadlines", "Deadlines by state", ["state"], registry=registry)
    deadlines.labels("waiting").set(Deadline.objects.waiting().count())
    deadlines.labels("overdue").set(Deadline.objects.due(at).count())
    deadlines.labels("poisoned").set(Deadline.objects.poisoned().count())
    jobs = Gauge("siaga_jobs", "Jobs by state", ["state"], registry=registry)
    jobs.labels("unfinished").set(Job.objects.unfinished().count())
    jobs.labels("takeable").set(Job.objects.takeable(at).count())
    jobs.labels("failed").set(Job.objects.filter(state=JobState.FAILED).count())
    held = Gauge("siaga_calls_held", "Holds that keep all calls back", registry=registry)
    held.set(CallHold.objects.in_force().count())
    ages = Gauge(
        "siaga_sweep_age_seconds", "Seconds since a sweep ran", ["name"], registry=registry
    )
    for mark in SweepMark.objects.all():
        ages.labels(mark.name).set(mark.age(at))
    return generate_latest(registry)
