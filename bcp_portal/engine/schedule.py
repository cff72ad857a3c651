"""Everything that runs by itself: every sweep, deadline and job, by whom and how often."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Sweep:
    """A question asked of the database again and again.

    `handler` is the dotted path of a function called with `at` that returns one line for the mark.
    The engine runs its own sweeps; those of the worker are run by Celery's beat, and by the engine
    when nobody has begun them for two periods (at most a minute more than one) and two seconds.
    `on_bell`: also run at once, without waiting for its period, when somebody rings the engine.
    A sweep may run twice, late, or beside itself without harm.
    """

    name: str
    handler: str
    every_s: float
    by: Literal["engine", "worker"] = "engine"
    on_bell: bool = False


SWEEPS: tuple[Sweep, ...] = (
    Sweep("telemetry.detect", "telemetry.services.detection.detect", every_s=1),
    Sweep(
        "telemetry.stale_external",
        "telemetry.services.webhook.end_stale_signals",
        every_s=60,
        by="worker",
    ),
    Sweep("telemetry.news", "telemetry.services.news.detect_news", every_s=5, on_bell=True),
    Sweep("telemetry.fold", "telemetry.services.sync_habit.fold_sessions", every_s=5),
    Sweep("telemetry.inspect", "telemetry.services.inspection.inspect_fleet", every_s=10),
    Sweep("telemetry.rpo_days", "telemetry.services.rpo_day.note_exposure", every_s=60),
    Sweep("telemetry.conflicts", "telemetry.services.conflict_report.take_up_reports", every_s=5),
    Sweep(
        "telemetry.agreement",
        "telemetry.services.conflict_agreement.check_agreement",
        every_s=15,
        by="worker",
    ),
    Sweep("incidents.triage", "incidents.services.triage.sweep_signals", every_s=1, on_bell=True),
    Sweep("incidents.packs", "incidents.services.site_pack.make_packs", every_s=300, by="worker"),
    Sweep(
        "incidents.pack_marks",
        "incidents.services.pack_mark.take_up_marks",
        every_s=5,
        on_bell=True,
    ),
    Sweep(
        "incidents.duty_calendars",
        "incidents.services.duty_calendar.renew_calendars",
        every_s=60,
        by="worker",
    ),
    Sweep(
        "incidents.absences",
        "incidents.services.absence.renew_absences",
        every_s=60,
        by="worker",
    ),
    Sweep("incidents.guard", "incidents.services.guard.guard_incidents", every_s=5),
    Sweep("incidents.mutes", "incidents.services.alert.end_mutes", every_s=15, by="worker"),
    Sweep(
        "incidents.status_page",
        "incidents.services.status_page.write_status_page",
        every_s=30,
        by="worker",
    ),
    Sweep(
        "incidents.status_page",
        "incidents.services.status_page.write_status_page",
        every_s=30,
        by="worker",
    ),
    Sweep(
        "telemetry.probe", "telemetry.services.observer.probe_witnesses", every_s=15, by="worker"
    ),
    Sweep(
        "telemetry.witness",
        "telemetry.services.witness.compare_witnesses",
        every_s=15,
        by="worker",
    ),
    Sweep("telemetry.canary", "telemetry.services.canary.send_canary", every_s=5),
    Sweep(
        "risks.lessons",
        "risks.services.evidence.offers_for_closed_incidents",
        every_s=5,
        by="worker",
    ),
    Sweep(
        "accounts.reviews",
        "bcp_portal.accounts.services.access_review.open_due_review",
        every_s=3600,
        by="worker",
    ),
    Sweep(
        "accounts.training",
        "bcp_portal.accounts.services.training.remind_of_training",
        every_s=3600,
        by="worker",
    ),
    Sweep("audit.checkpoint", "bcp_portal.audit.services.checkpoint.sign_checkpoint", every_s=60),
    Sweep("audit.walk", "bcp_portal.audit.services.walk.walk_trail", every_s=60, by="worker"),
    Sweep("telemetry.order_renewal", "telemetry.services.order_ack.renew_outrun", every_s=15),
    Sweep("risks.indicators", "risks.services.indicator.read_indicators", every_s=60, by="worker"),
    Sweep("risks.tripwires", "risks.services.tripwire.watch_tripwires", every_s=30, by="worker"),
    Sweep("risks.movement", "risks.services.movement.propose_movements", every_s=300, by="worker"),
    Sweep("risks.digest", "risks.services.digest.send_digests", every_s=600, by="worker"),
    Sweep(
        "risks.history",
        "risks.services.version.keep_missing_versions",
        every_s=300,
        by="worker",
    ),
    Sweep(
        "assets.signatures",
        "assets.services.signature.sweep_signatures",
        every_s=300,
        by="worker",
    ),
    Sweep("telemetry.partitions", "telemetry.services.keeping.keep_partitions", every_s=600),
    Sweep("telemetry.pack", "telemetry.services.keeping.pack_days", every_s=10, by="worker"),
    Sweep("telemetry.forget", "telemetry.services.keeping.forget_samples", 600, by="worker"),
    Sweep("telemetry.waves", "telemetry.services.wave_step.advance_waves", every_s=5),
    Sweep("telemetry.rpo_targets", "telemetry.services.rpo_proof.follow_targets", every_s=15),
    Sweep(
        "telemetry.rpo_proof", "telemetry.services.rpo_proof.prove_rpo", every_s=3600, by="worker"
    ),
    Sweep("live.forget", "bcp_portal.live.services.forget_old_events", every_s=60, by="worker"),
)

# kind -> verb called as handler(deadline=..., at=...) inside the claiming transaction.
DEADLINES: dict[str, str] = {
    "accounts.access_review": "bcp_portal.accounts.services.access_review.close_due_review",
    "accounts.emergency_role": "bcp_portal.accounts.services.role_grant.end_emergency",
    "reports.delivery": "bcp_portal.reports.services.delivery.delivery_due",
    "incidents.escalation": "incidents.services.escalation.fire_level",
    "incidents.answer_due": "incidents.services.guard.answer_due",
    "incidents.phase_due": "incidents.services.run_phase.phase_due",
    "incidents.step_due": "incidents.services.run_facts.step_or_default_due",
    "incidents.step_action": "incidents.services.step_action.step_action_due",
    "incidents.failover_seen": "incidents.services.step_switch.failover_seen",
    "incidents.rto_warning": "incidents.services.guard.rto_warning",
    "incidents.rto_due": "incidents.services.guard.rto_due",
    "incidents.update_due": "incidents.services.update.update_due",
    "incidents.update_reminder": "incidents.services.update.update_reminder",
    "incidents.exercise_due": "incidents.services.exercise.remind_of_exercise",
    "incidents.inject_due": "incidents.services.inject.inject_due",
    "incidents.reporting_warning": "incidents.services.reporting.reporting_warning",
    "incidents.reporting_due": "incidents.services.reporting.reporting_due",
    "incidents.silence_begin": "incidents.services.silence.silence_begins",
    "incidents.silence_end": "incidents.services.silence.silence_ends",
    "incidents.review_due": "incidents.services.review.review_due",
    "telemetry.order_start": "telemetry.services.order_effect.start_order",
    "telemetry.order_expiry": "telemetry.services.order_effect.expire_order",
    "telemetry.order_lapse": "telemetry.services.order_effect.lapse_request",
    "telemetry.order_confirm": "telemetry.services.order_effect.confirm_due",
    "telemetry.reconciliation_due": "telemetry.services.reconciliation.reconciliation_due",
    "telemetry.order_review": "telemetry.services.order_effect.review_due",
    "telemetry.conflict_due": "telemetry.services.conflict_escalation.conflict_due",
    "assets.impact_due": "assets.services.impact.campaign_due",
    "risks.acceptance_expiry": "risks.services.acceptance.expire_acceptance",
    "risks.acceptance_warning": "risks.services.acceptance.warn_of_expiry",
}

# kind -> function called as handler(subject_id=..., at=..., again=...) outside any transaction.
JOBS: dict[str, str] = {
    "accounts.training_reminder": "bcp_portal.accounts.services.training.send_reminder",
    "incidents.delivery": "incidents.services.delivery.deliver",
    "incidents.absences": "incidents.services.absence.read_absences",
    "incidents.duty_calendar": "incidents.services.duty_calendar.read_calendar",
    "incidents.switch_order": "incidents.services.switch_order.send_switch_order",
    "incidents.status_confirm": "incidents.services.status_subscriber.send_confirmation",
    "incidents.status_mail": "incidents.services.status_subscriber.send_update_mails",
    "report.render": "bcp_portal.reports.services.report_file.render_report",
    "report.deliver": "bcp_portal.reports.services.delivery.send_delivery",
    "report.pack": "bcp_portal.reports.services.pack.make_pack",
    "telemetry.conflict_mail": "telemetry.services.conflict_mail.send_escalation",
    "telemetry.loss_mail": "telemetry.services.loss_mail.send_loss_notice",
    "risks.import": "risks.services.import_batch.run_batch",
    "accounts.invitation": "bcp_portal.accounts.services.invitation.send_invitation",
}

# kind -> verb called as handler(subject_id=..., error=..., at=...) when every retry has failed.
EXHAUSTED: dict[str, str] = {
    "incidents.delivery": "incidents.services.delivery.give_up",
    "incidents.switch_order": "incidents.services.switch_order.give_up_switch",
    "incidents.status_confirm": "incidents.services.status_subscriber.give_up_confirmation",
    "incidents.status_mail": "incidents.services.status_subscriber.give_up_mails",
    "report.render": "bcp_portal.reports.services.report_file.give_up_report",
    "report.deliver": "bcp_portal.reports.services.delivery.note_lost",
    "report.pack": "bcp_portal.reports.services.report_file.give_up_report",
    "telemetry.conflict_mail": "telemetry.services.conflict_mail.note_lost_escalation",
    "telemetry.loss_mail": "telemetry.services.loss_mail.note_lost_notice",
    "risks.import": "risks.services.import_batch.give_up_batch",
    "accounts.invitation": "bcp_portal.accounts.services.invitation.note_lost_invitation",
}

# Kinds that call people: done before all others, and not taken at all while calls are held.
HELD_KINDS: frozenset[str] = frozenset(
    {"incidents.delivery", "telemetry.conflict_mail", "telemetry.loss_mail", "report.deliver"}
)

# kind -> seconds for which a job belongs to whoever took it. After that it is taken again, so a
# lease must be longer than the work and shorter than people can wait for a dead worker's call.
LEASES: dict[str, float] = {
    "incidents.delivery": 15.0,
    "report.render": 120.0,
    "report.pack": 600.0,
    # Longer than a batch of mails may take.
    "incidents.status_mail": 90.0,
    "risks.import": 300.0,
}
DEFAULT_LEASE_S = 30.0
LONGEST_LEASE_S = 900.0

# Seconds between the attempts of a job; after the last one it has failed.
JOB_BACK_OFF: tuple[float, ...] = (2.0, 5.0, 15.0, 30.0, 60.0)
# Mail that nobody else gets instead waits for its server, which may refuse for hours.
PATIENT_KINDS: frozenset[str] = frozenset(
    {"incidents.status_mail", "incidents.status_confirm", "accounts.invitation"}
)
PATIENT_BACK_OFF: tuple[float, ...] = (*JOB_BACK_OFF, 300.0, 600.0, 1800.0, 3600.0, 7200.0)


def back_off_of(kind: str) -> tuple[float, ...]:
    """How long work of a kind waits between its attempts."""
    return PATIENT_BACK_OFF if kind in PATIENT_KINDS else JOB_BACK_OFF


# Seconds between the attempts of a deadline; the last one repeats for ever.
DEADLINE_BACK_OFF: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)
