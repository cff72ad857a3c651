"""Rule 16: a machine is guarded less well than the profile of its sector asks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from telemetry.detection.board import (
    Board,
    Subject,
    claim_about,
    devices,
    moment,
    number,
    suspects,
)
from telemetry.detection.outcome import Outcome
from telemetry.detection.tuning import Numbers
from telemetry.models import SignalRule

SWITCHES = (
    "disk_encrypted", "local_db_encrypted", "av_running", "firewall_on", "usb_storage_blocked",
    "app_permissions_ok", "auth_required", "vpn_up",
)  # fmt: skip
AGES = ("av_signature_age_h", "os_patched_age_d", "autolock_s")
# Told longer ago than this, a posture says nothing about today.
OLD = timedelta(days=7)


def posture_drift(board: Board) -> list[Outcome]:
    """One claim a machine, with what is missing; what was never told is held against nobody."""
    rows = devices().filter(_suspect(board)).values_list("pk", "site_id", "name", "state__posture")
    claims = []
    for place, numbers, (pk, _site, name, posture) in suspects(
        board, SignalRule.POSTURE_DRIFT, rows
    ):
        told_at = moment(posture.get("at"))
        if told_at is None or board.at - told_at > OLD:
            continue
        if wrong := drifted(posture, numbers):
            claims.append(
                claim_about(
                    board,
                    SignalRule.POSTURE_DRIFT,
                    Subject(place, name, device_id=pk),
                    title=gettext_noop("%(device)s is guarded less well than it must be"),
                    severity=3 if len(wrong) > 1 else 4,
                    began_at=told_at,
                    sums={"posture": wrong, "sector": place.sector},
                )
            )
    return [Outcome(SignalRule.POSTURE_DRIFT, claims)]


def drifted(posture: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """The checks that are not as they must be, with what was told."""
    wrong: dict[str, Any] = {
        name: posture[name]
        for name in SWITCHES
        if numbers[name] >= 1 and posture.get(name) is False
    }
    for name in AGES:
        told = number(posture.get(name))
        # A screen that never locks tells 0.
        is_never = name == "autolock_s" and told == 0
        if numbers[name] > 0 and told is not None and (told > numbers[name] or is_never):
            wrong[name] = posture[name]
    return wrong


def _suspect(board: Board) -> Q:
    found = Q()
    for name in SWITCHES:
        if board.tuning.spread(SignalRule.POSTURE_DRIFT, name)[1] >= 1:
            found |= Q(**{f"state__posture__{name}": False})
    for name in AGES:
        least = board.tuning.spread(SignalRule.POSTURE_DRIFT, name)[0]
        found |= Q(**{f"state__posture__{name}__gt": least})
    return found | Q(state__posture__autolock_s=0)
