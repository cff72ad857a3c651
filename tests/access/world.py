"""Two halves of a company, alike in everything but one word that gives away where it came from."""

import gzip
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from assets.models import Delegation, Signatory, SiteAssignment, SiteImport, ThirdParty
from assets.services.impact import start_campaign
from assets.services.objective import propose_target
from bcp_portal.accounts.models import RoleGrant, SavedView, User
from bcp_portal.accounts.services.access_review import open_review as open_access_review
from bcp_portal.accounts.services.api_token import create_api_token
from bcp_portal.audit.models import AuditRow
from bcp_portal.reports.models import ReportDelivery, ReportFile
from incidents.models import (
    Alert,
    EvidenceFile,
    IncidentAccess,
    Notice,
    OfflineDevice,
    OperationKind,
    Silence,
    UpdateDraft,
)
from incidents.services.action_item import assign_action_item
from incidents.services.incident import recover_incident, start_response
from incidents.services.operation_log import log_operation
from incidents.services.reporting import save_reporting_rule, start_reporting_clock
from incidents.services.review import open_review, save_review
from incidents.services.team import form_team
from incidents.services.timeline import add_note
from incidents.services.update import publish_update
from risks.models import (
    Acceptance,
    AchievementOffer,
    ImportBatch,
    LikelihoodProposal,
    RiskEvidence,
    RiskFile,
    RiskLink,
    RiskRemark,
    Treatment,
)
from risks.services.plan import write_plan
from telemetry.models import (
    AuditWitness,
    DeviceImport,
    DeviceLoss,
    PackMark,
    PingCheck,
    Reconciliation,
    Signal,
    SignalRule,
    SitePack,
    SyncSession,
    WebhookSource,
)
from tests.make import NOON, make_device, make_region, make_site, make_stream_state, make_user
from tests.make_assets import make_asset, make_dependency, make_path, make_window
from tests.make_conflicts import make_case, side
from tests.make_incidents import make_incident, make_run
from tests.make_orders import give, make_wave_plan
from tests.make_rebuild import make_site_copy
from tests.make_register import make_indicator
from tests.make_risks import make_action, make_risk

HOUR = timedelta(hours=1)


@dataclass
class Half:
    """Everything of one region; each text in it carries the half's word."""

    word: str
    things: dict[str, object]

    def __getattr__(self, name: str) -> object:
        return self.things[name]


def make_half(word: str) -> Half:
    """Build one of everything at one site."""
    boss = make_user(first_name="Nobody", last_name="Inparticular")
    # Codes stand in addresses, which error pages may repeat; the word stands only in content.
    region = make_region(name=f"{word} region")
    site = make_site(name=f"{word} site", region=region, provider=f"{word} net")
    asset = make_asset(name=f"{word} asset", site=site, rto=HOUR, business_owner=boss)
    needed = make_asset(name=f"{word} needed", site=site)
    device = make_device(site=site, name=f"{word}-device", heard_at=NOON)
    stream = make_stream_state(device, rpo=HOUR)
    run = make_run(
        {"Look": [f"{word} step"]},
        commander=boss,
        title=f"{word} incident",
        sites=[site],
        assets=[asset],
    )
    campaign = start_campaign(
        name="Yearly", lead="", due_at=NOON + HOUR, assets=[asset], actor=None, at=NOON
    )
    proposal = propose_target(
        asset=asset, rto=HOUR, rpo=HOUR, mbco=f"{word} least", reason=f"{word} loss", actor=boss,
        at=NOON,
    )  # fmt: skip
    half = Half(
        word,
        {
            "region": region,
            "site": site,
            "asset": asset,
            "target_proposal": proposal,
            "dependency": make_dependency(asset, needed),
            "path": make_path(
                name=f"{word} path", source=site, target=make_site(region=region)
            ),
            "delegation": Delegation.objects.create(
                delegator=boss, delegate=make_user(), starts_at=NOON, ends_at=NOON + HOUR,
                reason=f"{word} holiday",
            ),
            "campaign": campaign,
            "third_party": ThirdParty.objects.create(code=f"TP-{asset.code}", name="A provider"),
            "signatory": Signatory.objects.create(role="operations", user=boss, appointed_at=NOON),
            "window": make_window(site=site, reason=f"{word} window"),
            "device": device,
            "loss": DeviceLoss.objects.create(
                device=make_device(site=site, name=f"{word}-lost"), kind="lost",
                reason=f"{word} bag", noticed_at=NOON, reported_at=NOON, reported_by=boss,
                opens=8, closes=17, workdays=6, worked_h=0, limit_h=2,
            ),
            "witness": AuditWitness.objects.create(device=device, told=f"{word} 1", told_at=NOON),
            "stream": stream.stream,
            "session": SyncSession.objects.create(
                device=device, session_id=uuid4(), stream_name=f"{word} stream",
                direction="push", started_at=NOON, outcome="ok", received_at=NOON,
            ),
            "conflict": make_case(
                side("A", {"price": f"{word} price"}), side("B", {"price": 1}), site=site,
                entity=f"{word} entity", key=f"{word} key",
            ),
            "signal": Signal.objects.create(
                rule=SignalRule.SITE_SILENT, key=word, title="%(site)s is offline",
                params={"site": f"{word} site"}, site=site, began_at=NOON, opened_at=NOON,
            ),
            "ping": PingCheck.objects.create(
                name=f"{word} job", key_hash=f"{word}-ping", site=site, period=HOUR, grace=HOUR,
                created_at=NOON,
            ),
            "site_import": SiteImport.objects.create(
                file_name=f"{word} sites.csv", changes=[], made_by=boss, made_at=NOON
            ),
            "device_import": DeviceImport.objects.create(
                file_name=f"{word} devices.csv", changes=[], made_by=boss, made_at=NOON
            ),
            "monitor": WebhookSource.objects.create(
                name=f"{word} monitor", kind="generic", key_hash=f"{word}-hook", site=site,
                created_at=NOON,
            ),
            "pack": SitePack.objects.create(
                site=site, number=1, facts=_pack_facts(site, word), facts_digest="0" * 64,
                html=gzip.compress(f"{word} pack".encode()), digest="0" * 64, made_at=NOON,
            ),
            "pack_mark": PackMark.objects.create(
                op_id=uuid4(), device=device, site=site, kind="note", words=f"{word} scribbled",
                said_at=NOON, happened_at=NOON, received_at=NOON, who=f"{word} person",
            ),
            "order": give(site, incident_code=word, authority=f"{word} plan"),
            "wave_plan": make_wave_plan(site, reason=f"{word} waves"),
            "site_copy": make_site_copy(site, by=boss, scope=f"{word} day"),
            "run": run,
            "offline_device": OfflineDevice.objects.create(
                uid=uuid4(), user=boss, label=f"{word} phone", created_at=NOON, seen_at=NOON
            ),
            "step": run.phases.get().steps.get(),
        },
    )  # fmt: skip
    half.things |= {
        "person": boss,
        "contact": boss.contact_methods.get(),
        "token": create_api_token(user=boss, name=f"{word} token", actor=boss, at=NOON)[0],
    }
    half.things["reconciliation"] = Reconciliation.objects.create(
        order=half.order, site=site, opened_at=NOON, due_at=NOON + HOUR
    )
    _add_incident(half, boss)
    _add_risk(half, boss)
    half.things |= {
        "access_review": open_access_review(code=f"AR-{site.code}", actor=None, at=NOON),
        "grant": RoleGrant.objects.create(
            person=boss, role="administrator", reason="cover", asked_by=boss, asked_at=NOON
        ),
    }
    half.things["audit_row"] = AuditRow.objects.order_by("-seq").first()
    return half


def _add_incident(half: Half, boss: User) -> None:
    word, incident = half.word, half.run.incident
    half.things["alert"] = Alert.objects.create(
        key=word, rule="site_silent", title=f"{word} alert", severity=2, site=half.site,
        incident=incident, raised_at=NOON, first_signal_at=NOON, last_signal_at=NOON,
    )  # fmt: skip
    half.things["duty"] = start_reporting_clock(
        incident=incident,
        rule=save_reporting_rule(
            name=f"Breach {half.site.code}",
            recipient="Authority",
            audience="regulator",
            within=HOUR,
            actor=None,
            at=NOON,
        ),
        aware_at=NOON,
        reason=f"{word} duty",
        actor=boss,
        at=NOON,
    )
    half.things["named"] = IncidentAccess.objects.create(
        incident=incident, user=boss, granted_by=boss, granted_at=NOON, reason=f"{word} reason"
    )
    half.things["team"] = form_team(
        incident=incident, name=f"{word} team", lead=boss, members=[boss], actor=boss, at=NOON
    )
    half.things["silence"] = Silence.objects.create(
        reason=f"{word} silence",
        site=half.site,
        starts_at=NOON,
        ends_at=NOON + HOUR,
        created_by=boss,
        created_at=NOON,
    )
    add_note(incident=incident, text=f"{word} note", actor=boss, at=NOON)
    publish_update(incident=incident, audience="users", text=f"{word} update", actor=boss, at=NOON)
    photo = log_operation(
        kind=OperationKind.EVIDENCE, incident=incident, run=half.run, actor=boss, at=NOON,
        payload={"text": f"{word} photo"},
    )  # fmt: skip
    half.things["evidence_file"] = EvidenceFile.objects.create(
        operation=photo,
        name=f"{word} photo",
        size=1,
        sha256="0" * 64,
        path="gone",
        received_at=NOON,
    )
    half.things["update_draft"] = UpdateDraft.objects.create(
        incident=incident, audience="public", text=f"{word} draft", written_by=boss, written_at=NOON
    )
    half.things["notice"] = Notice.objects.create(
        person=boss, incident=incident, kind="call", message=f"{word} call", created_at=NOON
    )
    over = make_incident(
        title=f"{word} past", commander=boss, sites=[half.site], assets=[half.asset]
    )
    over = start_response(incident=over, actor=boss, at=NOON)
    over = recover_incident(incident=over, actor=boss, at=NOON + HOUR)
    review = open_review(incident=over, actor=boss, at=NOON + HOUR)
    save_review(review=review, texts={"root_cause": f"{word} cause"}, actor=boss, at=NOON + HOUR)
    half.things |= {
        "incident": incident,
        "operation": log_operation(
            kind=OperationKind.PROPOSE, incident=incident, run=half.run, actor=boss, at=NOON,
            payload={"what": "contain", "reason": f"{word} proposal"},
        ),
        "reviewed": over,
        "review": review,
        "action": assign_action_item(
            incident=over, text=f"{word} promise", owner=boss, due_on=NOON.date(), actor=boss,
            at=NOON + HOUR,
        ),
        "saved_view": SavedView.objects.create(
            user=boss, list_name="incidents.list", name=f"{word} view"
        ),
        "timeline": incident.timeline.first(),
        "report": ReportFile.objects.create(
            kind="incident", subject_kind="incident", subject_id=incident.pk,
            subject_code=incident.code, title=f"{word} report", as_of=NOON,
            requested_by=boss,
        ),
        "delivery": ReportDelivery.objects.create(
            person=boss, overview="actions_open", rhythm="weekly", ordered_at=NOON, next_at=NOON,
        ),
    }  # fmt: skip


def _add_risk(half: Half, boss: User) -> None:
    word = half.word
    risk = make_risk(
        title=f"{word} risk", cause=f"{word} why", owner=boss, assets=[half.asset], residual=(3, 3)
    )
    half.things |= {
        "risk": risk,
        "batch": ImportBatch.objects.create(
            file_name=f"{word} file", headings=["Title"], table=[], meaning=["title"],
            uploaded_by=boss, uploaded_at=NOON,
        ),
        "proposal": LikelihoodProposal.objects.create(
            risk=risk, step_now=1, step=2, sums={"events": 1, "years": 1.0, "chances": []},
            offered_at=NOON,
        ),
        "plan": write_plan(
            facts={"title": f"{word} plan", "kind": "recovery", "scenario": word, "owner": boss},
            assets=[half.asset], actor=boss, at=NOON,
        ),
        "indicator": make_indicator(risk, name=f"{word} indicator", owner=boss, asset=half.asset),
        "treatment": Treatment.objects.create(
            risk=risk, kind="reduce", plan=f"{word} plan", owner=boss, decided_at=NOON
        ),
        "treatment_action": make_action(risk, title=f"{word} action", owner=boss),
        "acceptance": Acceptance.objects.create(
            risk=risk, accepted_by=boss, reason=f"{word} reason", accepted_at=NOON,
            expires_on=(NOON + 900 * HOUR).date(),
        ),
        "risk_file": RiskFile.objects.create(
            risk=risk, name=f"{word}.txt", kind="text/plain", size=1, sha256=word[:1] * 64,
            content=word.encode(), added_by=boss, added_at=NOON,
        ),
        "risk_link": RiskLink.objects.create(
            risk=risk, label=f"{word} link", url="https://example.org/", added_by=boss,
            added_at=NOON,
        ),
        "remark": RiskRemark.objects.create(
            risk=risk, text=f"{word} remark", made_by=boss, made_at=NOON
        ),
        "evidence": RiskEvidence.objects.create(
            risk=risk, incident=half.reviewed, note=f"{word} evidence", offered_at=NOON
        ),
        "offer": AchievementOffer.objects.create(
            asset=half.asset, incident=half.reviewed, measure="rto", achieved=HOUR, offered_at=NOON,
            happened_at=NOON,
        ),
    }  # fmt: skip


def assign(user: User, half: Half) -> None:
    """Let a person look after this half alone."""
    SiteAssignment.objects.create(user=user, region=half.region)


def _pack_facts(site, word):
    """As little as a pack can say, with the name that must not leak."""
    parts = ("people", "dark", "playbooks", "assets", "streams", "plans", "ways", "by_phone")
    person = {"name": f"{word} person", "phone": "", "mail": ""}
    said = {part: [] for part in parts} | {"people": [person], "calls": {}, "region": word}
    facts = {"code": site.code, "name": site.name, "address": word, "phone": "", "time_zone": ""}
    return {"site": facts, "said": {"en": said}}
