"""What an operation may carry: known words of the right kind, so that the fold never stumbles."""

from collections.abc import Mapping
from typing import Any

MAX_TEXT = 4000
MAX_IDS = 200
_WORDS: dict[str, tuple[str, ...]] = {
    "tick": ("note", "chosen"),
    "untick": ("reason",),
    "skip": ("reason",),
    "note": ("text",),
    "evidence": ("text", "sha256", "name"),
    "assign": ("role", "user", "was"),
    "propose": ("what", "chosen", "reason", "note", "user", "action", "sites"),
}


def clean_payload(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what this kind of operation may say; anything else is dropped."""
    clean: dict[str, Any] = {
        name: str(payload[name])[:MAX_TEXT]
        for name in _WORDS.get(kind, ())
        if isinstance(payload.get(name), str) and payload[name]
    }
    if kind == "untick":
        told = payload.get("undoes", [])
        ids = told if isinstance(told, list) else []
        clean["undoes"] = sorted({str(one)[:36] for one in ids[:MAX_IDS]})
    return clean
