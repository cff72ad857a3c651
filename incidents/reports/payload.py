"""The facts of the report as plain values: the JSON inside the PDF, for machines and auditors."""

from dataclasses import asdict
from typing import Any

from incidents.models import Decision, EscalationFiring, Notice, PlaybookRun
from incidents.reports.facts import IncidentFacts
from incidents.reports.offline_annex import offline_payload
from incidents.reports.scores import AssetScore, KeyTimes, PromiseScore, RunScore

FORMAT = "siaga.incident-report/1"


def incident_payload(
    facts: IncidentFacts,
    *,
    times: KeyTimes,
    scores: list[AssetScore],
    runs: list[RunScore],
    promises: list[PromiseScore],
    preliminary: list[str],
    language: str,
) -> dict[str, Any]:
    """Everything on the paper, and what is too long for it; spans are seconds, null is unknown."""
    return {
        "format": FORMAT,
        "language": language,
        "as_of": facts.at,
        "version": facts.version,
        "preliminary": preliminary,
        "incident": _incident(facts),
        "times_s": asdict(times),
        "cost": None,
        "assets": [_asset(score) for score in scores],
        "runs": [_run(score.run, score) for score in runs],
        "updates": [_update(score) for score in promises],
        "calls": [_call(call) for call in facts.calls],
        "review": _review(facts),
        "offline": offline_payload(facts),
        **_happened(facts),
        **_followed(facts),
    }


def _happened(facts: IncidentFacts) -> dict[str, Any]:
    return {
        "sites": [
            {
                "code": link.site.code,
                "affected_at": link.affected_at,
                "contained_at": link.contained_at,
                "recovered_at": link.recovered_at,
            }
            for link in facts.sites
        ],
        "timeline": [
            {
                "row": entry.pk,
                "happened_at": entry.happened_at,
                "recorded_at": entry.recorded_at,
                "kind": entry.kind,
                "importance": entry.importance,
                "text": entry.text,
                "actor": entry.actor.name if entry.actor else None,
            }
            for entry in facts.timeline
        ],
        "alerts": [
            {
                "code": alert.code,
                "rule": alert.rule,
                "text": alert.text,
                "signals": alert.signal_count,
                "sums": alert.sums,
                "raised_at": alert.raised_at,
                "resolved_at": alert.resolved_at,
            }
            for alert in facts.alerts
        ],
        "verdicts": [
            {"at": v.changed_at, "kind": v.kind, "reason": v.reason, "verdict": v.verdict}
            for v in facts.verdicts
        ],
        "roles": [
            {"role": r.role, "name": r.user.name, "from": r.assigned_at, "until": r.ended_at}
            for r in facts.roles
        ],
    }


def _followed(facts: IncidentFacts) -> dict[str, Any]:
    return {
        "decisions": [_decision(decision) for decision in facts.decisions],
        "firings": [_firing(firing) for firing in facts.firings],
        "actions": [
            {
                "code": item.code,
                "text": item.text,
                "owner": item.owner.name,
                "due_on": item.due_on,
                "status": item.status,
                "outcome": item.outcome,
                "finished_at": item.finished_at,
            }
            for item in facts.actions
        ],
        "audit": {
            "head": {"seq": facts.trail.head_seq, "hash": facts.trail.head_hash},
            "rows": [
                {
                    "seq": row.seq,
                    "at": row.at,
                    "actor": row.actor_name,
                    "action": row.action,
                    "object": row.object_code,
                    "reason": row.reason,
                    "prev_hash": row.prev_hash,
                    "hash": row.hash,
                }
                for row in facts.trail.rows
            ],
        },
    }


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "row": decision.pk,
        "code": decision.code,
        "question": decision.question,
        "options": decision.options,
        "chosen": decision.chosen,
        "reason": decision.reason,
        "authority": decision.authority,
        "decided_by": decision.decided_by.name if decision.decided_by else None,
        "decided_at": decision.decided_at,
        "recorded_at": decision.recorded_at,
        "picture": decision.picture,
    }


def _firing(firing: EscalationFiring) -> dict[str, Any]:
    return {
        "escalation": f"ESC-{firing.escalation_id}",
        "epoch": firing.epoch,
        "loop": firing.loop,
        "level": firing.level,
        "due_at": firing.due_at,
        "fired_at": firing.fired_at,
        "called": [entry.get("name") for entry in firing.called],
        "unreachable": [entry.get("name") for entry in firing.unreachable],
        "is_fallback": firing.is_fallback,
    }


def _update(score: PromiseScore) -> dict[str, Any]:
    update = score.update
    return {
        "audience": update.audience,
        "text": update.text,
        "published_at": update.published_at,
        "next_promised_at": update.next_promised_at,
        "followed_at": update.followed_at,
        "promise": score.level,
    }


def _incident(facts: IncidentFacts) -> dict[str, Any]:
    incident = facts.incident
    plain = (
        "code", "status", "severity", "kind", "mode", "summary", "verdict", "started_at",
        "detected_at", "declared_at", "called_at", "acknowledged_at", "informed_at",
        "contained_at", "eradication_at", "eradicated_at", "signals_cleared_at",
        "recovered_at", "closed_at",
    )  # fmt: skip
    return {name: getattr(incident, name) for name in plain} | {
        "title": incident.headline,
        "commander": incident.commander.name if incident.commander else None,
        "merged_into": incident.merged_into.code if incident.merged_into else None,
        "merged": [other.code for other in facts.merged],
    }


def _asset(score: AssetScore) -> dict[str, Any]:
    hit = score.hit
    return {
        "code": hit.asset.code,
        "waited_for": hit.gated_by.code if hit.gated_by else None,
        "down_at": hit.down_at,
        "recovered_at": hit.recovered_at,
        "rto_s": hit.rto,
        "took_s": score.took,
        "rto": score.rto_level,
        "rpo_s": hit.rpo,
        "lost_s": score.lost,
        "rpo": score.rpo_level,
        "mtpd_s": hit.mtpd,
        "is_past_mtpd": score.is_past_mtpd,
    }


def _run(run: PlaybookRun, score: RunScore) -> dict[str, Any]:
    return {
        "code": run.code,
        "playbook": run.version.playbook.code,
        "version": run.version.number,
        "digest": run.digest,
        "status": run.status,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "steps": [
            {
                "row": one.step.pk,
                "code": one.step.code,
                "phase": one.phase_name,
                "text": one.step.said("text"),
                "verdict": one.level,
                "late_s": one.late_by,
                "due_at": one.step.due_at,
                "done_at": one.step.done_at,
                "done_by": one.step.done_by.name if one.step.done_by else None,
                "first_person": one.step.first_person.name if one.step.first_person else None,
                "chosen": one.step.chosen,
                "skip_reason": one.step.skip_reason,
                "note": one.step.note,
            }
            for one in score.steps
        ],
    }


def _call(call: Notice) -> dict[str, Any]:
    return {
        "row": call.pk,
        "code": call.code,
        "person": call.person.name,
        "created_at": call.created_at,
        "acknowledged_at": call.acknowledged_at,
        "firing": call.firing_id,
        # The channel and not the address: a report travels further than a telephone number should.
        "deliveries": [
            {
                "channel": delivery.channel,
                "status": delivery.status,
                "attempts": delivery.attempts,
                "queued_at": delivery.queued_at,
                "sent_at": delivery.sent_at,
                "possibly_twice": delivery.possibly_twice,
                "error": delivery.error,
            }
            for delivery in sorted(call.deliveries.all(), key=lambda one: one.position)
        ],
    }


def _review(facts: IncidentFacts) -> dict[str, Any] | None:
    review = facts.review
    if review is None:
        return None
    return {
        "code": review.code,
        "version": review.version,
        "status": review.status,
        "went_well": review.went_well,
        "went_badly": review.went_badly,
        "lucky": review.lucky,
        "root_cause": review.root_cause,
        "contributing": review.contributing,
        "signed_off_at": review.signed_off_at,
        "signed_off_by": review.signed_off_by.name if review.signed_off_by else None,
    }
