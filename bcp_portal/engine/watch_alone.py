"""Watches the engine from outside with the standard library alone, and tells people.

It knows neither Django nor the database: it asks over HTTP and mails by itself, so it speaks up
when everything else is silent. Run it as a file, on another machine if there is one.
"""

import argparse
import json
import os
import re
import signal
import smtplib
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

ASK_WITHIN_S = 4.0
TELL_WITHIN_S = 10.0


@dataclass(frozen=True)
class Watch:
    """What is watched, how patiently, and who is told how."""

    url: str
    every_s: float = 5.0
    silence_s: float = 60.0
    repeat_s: float = 900.0
    people: tuple[str, ...] = ()
    sender: str = "Siaga <siaga@localhost>"
    mail_url: str = ""
    mail_folder: str = ""
    webhook: str = ""


@dataclass
class State:
    """What the watchdog remembers between two looks."""

    well_at: float
    why: str = ""
    told_at: float | None = None
    outages: int = field(default=0)


def watch_from(environment: Mapping[str, str], *, mail_folder: str = "") -> Watch:
    """Read the watch from the same variables as the portal."""
    people = environment.get("SIAGA_WATCHDOG_MAIL", "").split(",")
    base = environment.get("SIAGA_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    return Watch(
        url=f"{base}/healthz/engine",
        silence_s=seconds(environment.get("SIAGA_WATCHDOG_SILENCE", "60s")),
        people=tuple(person.strip() for person in people if person.strip()),
        sender=environment.get("SIAGA_EMAIL_FROM", "Siaga <siaga@localhost>"),
        mail_url=environment.get("SIAGA_EMAIL_URL", ""),
        mail_folder=mail_folder,
        webhook=environment.get("SIAGA_WATCHDOG_WEBHOOK", ""),
    )


def seconds(text: str) -> float:
    """Read a span such as 90s, 2m or 1h."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip().lower())
    if match is None:
        raise SystemExit(f"SIAGA_WATCHDOG_SILENCE must be a span such as 90s or 2m, not {text!r}.")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


def ask(url: str) -> str:
    """Ask how the engine is; the empty string means well, anything else is what is wrong."""
    try:
        with urllib.request.urlopen(url, timeout=ASK_WITHIN_S):
            return ""
    except urllib.error.HTTPError as error:
        return f"the portal answers {error.code}: {_first_words(error)}"
    except (OSError, ValueError) as error:
        return f"the portal does not answer: {getattr(error, 'reason', None) or error}"


def look(watch: Watch, state: State, *, now: float, why: str) -> str:
    """Decide, after one look, what people must be told; the empty string means nothing."""
    if not why:
        was_told, state.told_at = state.told_at is not None, None
        silent_s, state.well_at = now - state.well_at, now
        return f"The engine is back after {_span(silent_s)} of silence." if was_told else ""
    state.why = why
    silent_s = now - state.well_at
    if silent_s < watch.silence_s:
        return ""
    if state.told_at is not None and now - state.told_at < watch.repeat_s:
        return ""
    state.outages += state.told_at is None
    state.told_at = now
    return (
        f"The engine of Siaga has been silent for {_span(silent_s)}: {why}. "
        "Nobody is being called or escalated to. Look at the engine and its database now."
    )


def tell(watch: Watch, text: str) -> list[str]:
    """Tell everybody by every way there is; return what went wrong, one line each."""
    ways: list[tuple[str, bool, Callable[[Watch, str], None]]] = [
        ("mail", bool(watch.people and watch.mail_url), _mail),
        ("mail folder", bool(watch.mail_folder and not watch.mail_url), _file),
        ("webhook", bool(watch.webhook), _post),
    ]
    problems = []
    for name, is_wanted, way in ways:
        try:
            if is_wanted:
                way(watch, text)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            problems.append(f"{name}: {type(error).__name__}: {error}")
    return problems


def _mail(watch: Watch, text: str) -> None:
    place = urlsplit(watch.mail_url)
    host, port = place.hostname or "localhost", place.port or 25
    if place.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, timeout=TELL_WITHIN_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(host, port, timeout=TELL_WITHIN_S)
    with server:
        if place.scheme == "smtp+tls":
            server.starttls(context=ssl.create_default_context())
        if place.username:
            server.login(unquote(place.username), unquote(place.password or ""))
        server.send_message(_letter(watch, text))


def _file(watch: Watch, text: str) -> None:
    folder = Path(watch.mail_folder)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"watchdog-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.log"
    (folder / name).write_bytes(_letter(watch, text).as_bytes())


def _post(watch: Watch, text: str) -> None:
    body = json.dumps({"source": "siaga-watchdog", "text": text, "url": watch.url}).encode()
    request = urllib.request.Request(
        watch.webhook, data=body, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=TELL_WITHIN_S):
        return


def _letter(watch: Watch, text: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = watch.sender
    letter["To"] = ", ".join(watch.people) or "nobody@localhost"
    letter["Subject"] = text.split(":")[0].split(" of silence")[0]
    letter.set_content(f"{text}\n\nAsked: {watch.url}\nAt: {datetime.now(UTC).isoformat()}\n")
    return letter


def _first_words(error: urllib.error.HTTPError) -> str:
    try:
        return error.read(200).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def say(event: str, level: str = "info") -> None:
    """Write one log line like those of the portal."""
    line = {"event": event, "level": level, "logger": "watchdog"}
    line["timestamp"] = datetime.now(UTC).isoformat()
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


def run(watch: Watch, stopping: threading.Event) -> None:
    """Look until told to stop."""
    state = State(well_at=time.monotonic())
    if not watch.people and not watch.webhook:
        say("Nobody would be told: set SIAGA_WATCHDOG_MAIL or SIAGA_WATCHDOG_WEBHOOK", "warning")
    while not stopping.wait(watch.every_s):
        text = look(watch, state, now=time.monotonic(), why=ask(watch.url))
        if not text:
            continue
        say(text, "error" if state.told_at is not None else "info")
        for problem in tell(watch, text):
            # Told again at the next look, not a quarter of an hour later.
            state.told_at = None if state.told_at is None else state.told_at - watch.repeat_s
            say(f"People could not be told by {problem}", "error")


def main(arguments: list[str]) -> int:
    """Run from a shell."""
    parser = argparse.ArgumentParser(description="Tells people when the engine is silent.")
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--repeat", type=float, default=900.0)
    parser.add_argument("--mail-folder", default="")
    options = parser.parse_args(arguments)
    watch = watch_from(os.environ, mail_folder=options.mail_folder)
    watch = Watch(**(vars(watch) | {"every_s": options.every, "repeat_s": options.repeat}))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    run(watch, stopping)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
