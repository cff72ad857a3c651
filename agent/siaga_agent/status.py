"""What the agent knows of itself, remembered for `siaga-agent status` in another process."""

import json
from collections.abc import Sequence

from siaga_agent.clock import iso
from siaga_agent.outbox import Outbox
from siaga_agent.sender import Guidance
from siaga_agent.store import Json
from siaga_agent.watch import AdapterWatch

NAME = "status"


def remember_status(
    outbox: Outbox, guidance: Guidance, heartbeat: Json, watches: Sequence[AdapterWatch]
) -> None:
    """Write down the present picture."""
    seen = guidance.last_contact_at
    picture: Json = {
        "at": heartbeat["at"],
        "state": heartbeat["state"],
        "state_since": heartbeat["state_since"],
        "streams": heartbeat["streams"],
        "reach": heartbeat.get("reach", {}),
        "last_contact_at": None if seen is None else iso(seen),
        "last_error": guidance.last_error,
        "token_refused": guidance.token_refused,
        "headquarters_blind": guidance.headquarters_blind,
        "engines": {watch.adapter.name: watch.last_look.error or "ok" for watch in watches},
    }
    outbox.put_secret(NAME, json.dumps(picture))


def read_status(outbox: Outbox) -> Json:
    """The last picture with the outbox's present figures."""
    text = outbox.secret(NAME)
    picture: Json = json.loads(text) if text else {"state": "never run"}
    oldest = outbox.oldest_waiting_at()
    return picture | {
        "boot_id": outbox.boot_id,
        "waiting": outbox.waiting_count(),
        "oldest_waiting": oldest,
        "quarantined": [
            {"seq": seq, "kind": kind, "reason": why} for seq, kind, why in outbox.quarantined()
        ],
        "orders_epoch": outbox.number("orders_epoch"),
        "witness": outbox.newest_witness(),
    }


def warnings(picture: Json) -> list[str]:
    """What the people of the site should know, in their words."""
    told: list[str] = []
    if picture.get("headquarters_blind"):
        told.append("The watch at headquarters is blind: call them, nobody sees alarms there.")
    if picture.get("token_refused"):
        told.append("The portal refuses this device's token: enrol it again.")
    if picture["quarantined"]:
        told.append(f"The portal refused {len(picture['quarantined'])} entries; they are kept.")
    told.extend(
        f"{name} cannot be asked ({error})."
        for name, error in picture.get("engines", {}).items()
        if error != "ok"
    )
    return told
