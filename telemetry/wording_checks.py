"""Checks of posture and backup in the reader's words."""

from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_SENTENCES: dict[str, str] = {
    "disk_encrypted": gettext_noop("the disk is not encrypted"),
    "local_db_encrypted": gettext_noop("the local database is not encrypted"),
    "av_running": gettext_noop("the virus scanner does not run"),
    "firewall_on": gettext_noop("the firewall is off"),
    "usb_storage_blocked": gettext_noop("USB storage is open"),
    "app_permissions_ok": gettext_noop("the application has too many rights"),
    "auth_required": gettext_noop("it asks for no sign-in"),
    "vpn_up": gettext_noop("the tunnel is down"),
    "av_signature_age_h": gettext_noop("virus signatures are %(told)s hours old"),
    "os_patched_age_d": gettext_noop("last patched %(told)s days ago"),
    "autolock_s": gettext_noop("it locks itself only after %(told)s s"),
    "missing": gettext_noop("no backup was ever told of"),
    "last_ok_at": gettext_noop("last good backup %(told)s"),
    "unencrypted": gettext_noop("the backup is not encrypted"),
    "target": gettext_noop("the backup is kept on: %(told)s"),
    "unverified": gettext_noop("the backup was not verified in time"),
}


def check_sentence(check: str, told: Any) -> str:
    """One thing that is not as it must be."""
    sentence = _SENTENCES.get(check, "")
    if check == "last_ok_at":
        told = f"{localtime(datetime.fromisoformat(str(told))):%d %b %H:%M}"
    return _(sentence) % {"told": told} if sentence else f"{check}: {told}"
