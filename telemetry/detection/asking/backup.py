"""Rule 13: backups that are missing, old, unencrypted or unverified; restores never tested."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from assets.models import Asset, Sector
from assets.models.achievement import AchievementSource
from telemetry.detection.board import Board, Subject, claim_about, devices, moment, suspects
from telemetry.detection.outcome import Outcome
from telemetry.detection.tuning import Numbers
from telemetry.models import SignalRule
from telemetry.services.signal import Claim

CODE = SignalRule.BACKUP_OVERDUE
# A device may write its times in any zone; the text is compared with that much to spare.
ZONES = timedelta(hours=14)
# A device that has just been enrolled has made no backup yet.
GRACE = timedelta(hours=24)


def backups(board: Board) -> list[Outcome]:
    """One claim a machine, naming everything that is wrong with its backup."""
    least_age = board.tuning.spread(CODE, "max_age_h")[0]
    young = (board.at - timedelta(hours=least_age) + ZONES).isoformat()
    wanted = (
        Q(last_ok__lt=young)
        | Q(state__backup__encrypted=False)
        | Q(state__backup__target="none")
        | Q(_where(board, "offline"), state__backup__target__in=["local_disk", "remote"])
        | (_where(board, "verified_d") & ~Q(state__backup={}))
        | Q(_where(board, "required"), last_ok=None, enrolled_at__lt=board.at - GRACE)
    )
    rows = (
        devices()
        .annotate(last_ok=Cast(KeyTextTransform("last_ok_at", "state__backup"), TextField()))
        .filter(wanted)
        .values_list("pk", "site_id", "name", "state__backup", "enrolled_at")
    )
    claims = []
    for place, numbers, (pk, _site, name, told, enrolled_at) in suspects(board, CODE, rows):
        if wrong := wanting(told or {}, numbers, at=board.at):
            claims.append(
                claim_about(
                    board,
                    CODE,
                    Subject(place, name, device_id=pk),
                    title=gettext_noop("The backup of %(device)s is not as it must be"),
                    severity=2 if place.criticality == 1 else 3,
                    began_at=moment(told.get("last_ok_at")) or enrolled_at,
                    sums={"backup": wrong, "max_age_h": numbers["max_age_h"]},
                )
            )
    return [Outcome(CODE, claims)]


def _where(board: Board, name: str) -> Q:
    """The sectors and sites that ask for this at all."""
    tuning = board.tuning
    sectors = [one for one in ("", *Sector.values) if tuning.of(CODE, 0, one)[name] > 0]
    own = [pk for (rule, pk), said in tuning.sites.items() if rule == CODE and said[name] > 0]
    return Q(site__sector__in=sectors) | Q(site__in=own)


def wanting(told: Mapping[str, Any], numbers: Numbers, *, at: datetime) -> dict[str, Any]:
    """What is wrong with a backup as it was told."""
    last = moment(told.get("last_ok_at"))
    if last is None:
        return {"missing": True} if numbers["required"] >= 1 or told else {}
    wrong: dict[str, Any] = {}
    if at - last > timedelta(hours=numbers["max_age_h"]):
        wrong["last_ok_at"] = last.isoformat()
    if numbers["encrypted"] >= 1 and told.get("encrypted") is False:
        wrong["unencrypted"] = True
    if numbers["offline"] >= 1 and told.get("target", "external_media") != "external_media":
        wrong["target"] = told["target"]
    if numbers["verified_d"] > 0:
        verified = moment(told.get("verified_at"))
        if verified is None or at - verified > timedelta(days=numbers["verified_d"]):
            wrong["unverified"] = verified.isoformat() if verified else True
    return wrong


def restores(board: Board) -> list[Outcome]:
    """Databases whose restore has not been tested for too long, where somebody asks for it."""
    if board.tuning.spread(CODE, "restore_d")[1] <= 0:
        return [Outcome(SignalRule.RESTORE_OVERDUE)]
    tested = Max(
        "achievements__happened_at",
        filter=Q(achievements__source_kind=AchievementSource.RESTORE_TEST),
    )
    rows = (
        Asset.objects.in_use()
        .filter(kind="database", criticality__lte=2)
        .exclude(site=None)
        .annotate(tested_at=tested)
        .values_list("pk", "site_id", "code", "name", "tested_at")
    )
    claims: list[Claim] = []
    for place, numbers, (pk, _site, code, name, tested_at) in suspects(board, CODE, rows):
        within = timedelta(days=numbers["restore_d"])
        if not within or (tested_at and board.at - tested_at <= within):
            continue
        claims.append(
            claim_about(
                board,
                SignalRule.RESTORE_OVERDUE,
                Subject(place, code, asset_id=pk),
                title=gettext_noop("The restore of %(asset)s has not been tested in time"),
                severity=3,
                began_at=tested_at + within if tested_at else board.at,
                params={"asset": f"{code} {name}"},
                sums={
                    "restore_d": numbers["restore_d"],
                    "tested_at": tested_at.isoformat() if tested_at else None,
                },
            )
        )
    return [Outcome(SignalRule.RESTORE_OVERDUE, claims)]
