"""The pack as one file: everything inside it, nothing fetched, its own policy in its head."""

import base64
import functools
import hashlib
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from bcp_portal.shared.hashing import sha256_hex
from incidents.packs.words import BY_PHONE, COMMAND, WHEN_DARK
from incidents.selectors.site_pack import LANGUAGES


def render_pack(facts: dict[str, Any], *, number: int, made_at: datetime) -> bytes:
    """Write the file. It depends on its arguments alone: the same ones give the same bytes."""
    style, script = _source("pack.css"), _source("pack.js")
    html = render_to_string(
        "packs/pack.html",
        {
            "site": facts["site"],
            "parts": [{"language": name, "said": facts["said"][name]} for name in LANGUAGES],
            "number": number,
            "made_at": made_at.isoformat(timespec="seconds"),
            "made": f"{made_at:%Y-%m-%d %H:%M} UTC",
            "policy": page_policy(style, script),
            "style": _inside("style", style),
            "script": _inside("script", script),
            "command": COMMAND,
        },
    )
    return html.encode()


def page_policy(style: str, script: str) -> str:
    """What the page may do: its own style and script by their digests, and ask who serves it."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; connect-src 'self'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )


@functools.cache
def edition_mark() -> str:
    """A digest of everything in the file that is not a fact: when it changes, so do all packs."""
    parts = [_source(name) for name in ("pack.css", "pack.js")]
    for language in LANGUAGES:
        with override(language):
            parts += [str(text) for _key, text in WHEN_DARK]
            parts += [str(text) for text in BY_PHONE]
            parts.append(render_to_string("packs/_part.html", _blank()))
    return sha256_hex("\0".join(parts).encode())


def _blank() -> dict[str, Any]:
    person = {"name": "", "phone": "0", "mail": "m"}
    step = dict.fromkeys(("item", "text", "instructions", "role", "due", "evidence"), "x")
    plan = {"title": "", "phases": [{"name": "", "steps": [step | {"two": True}]}]}
    line = {"duty": "d", "people": [person], "turns": [person]}
    levels = [{"after": "x", "lines": [line]}] * 2
    said = {
        "dark": [], "ways": [], "people": [person], "assets": [{"name": "", "mbco": "x"}],
        "streams": [{"name": ""}], "plans": [{"title": ""}], "by_phone": [""], "playbooks": [plan],
        "calls": {"levels": levels, "fallback": person},
    }  # fmt: skip
    return {"site": {"name": "", "offline_is_normal": True, "address": "x", "phone": "x"},
            "said": said, "tag": ""}  # fmt: skip


@functools.cache
def _source(name: str) -> str:
    return render_to_string(f"packs/{name}").strip()


def _inside(tag: str, source: str) -> SafeString:
    return mark_safe(f"<{tag}>{source}</{tag}>")


def _digest(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
