"""The agent's command line: enrol, run, status, orders, pack, export."""

import argparse
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from siaga_agent import VERSION
from siaga_agent.adapters import AdapterError
from siaga_agent.by_hand import answer_words, read_order
from siaga_agent.config import ConfigError
from siaga_agent.enrol import EnrolError, enrol
from siaga_agent.export import export_batches
from siaga_agent.home import Home, HomeLockedError, open_home, run_agent
from siaga_agent.orders import OrderRejectedError, Trust, present_orders
from siaga_agent.pack import PackShelf
from siaga_agent.qr import qr_lines
from siaga_agent.spoken import UnreadableError
from siaga_agent.status import read_status, warnings
from siaga_agent.store import OutboxDamagedError, OutboxFullError
from siaga_agent.vault import NoKeyError

PROBLEMS = (
    AdapterError,
    ConfigError,
    EnrolError,
    HomeLockedError,
    NoKeyError,
    OutboxDamagedError,
    OutboxFullError,
    OSError,
    OrderRejectedError,
    UnreadableError,
    sqlite3.OperationalError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; a problem a person can mend is one sentence and status 2."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if chosen.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    try:
        return int(chosen.command(chosen))
    except PROBLEMS as problem:
        _say(f"siaga-agent: {problem}", to=sys.stderr)
        return 2


def _enrol(chosen: argparse.Namespace) -> int:
    config = enrol(
        home=chosen.home,
        token_json=chosen.token_json,
        token_file=chosen.token_file,
        portal=chosen.portal,
        node_id=chosen.node_id,
        settings=chosen.settings,
        key_file=chosen.key_file,
        passphrase=_passphrase(chosen, wanted=chosen.passphrase),
        overrides={
            name: value
            for name, value in (("period_s", chosen.period), ("ca_file", chosen.ca_file))
            if value is not None
        },
        again=chosen.again,
    )
    _say(
        f"Enrolled {config.name or config.node_id} of {config.site or 'its site'} at {chosen.home}"
    )
    return 0


def _run(chosen: argparse.Namespace) -> int:
    return run_agent(chosen.home, passphrase=_passphrase(chosen))


def _status(chosen: argparse.Namespace) -> int:
    with _opened(chosen) as home:
        picture = read_status(home.outbox)
    picture["warnings"] = warnings(picture)
    if chosen.json:
        _say(json.dumps(picture, indent=2))
        return 0
    _say(f"State: {picture['state']} since {picture.get('state_since', '-')}")
    _say(f"Waiting to be sent: {picture['waiting']}; in quarantine: {len(picture['quarantined'])}")
    _say(f"Last contact with the portal: {picture.get('last_contact_at') or 'never'}")
    for stream in picture.get("streams", ()):
        since = stream.get("oldest_pending_at")
        _say(f"  {stream['name']}: {stream['pending_records']} pending" + _since(since))
    for text in picture["warnings"]:
        _say(f"! {text}")
    return 0


def _orders(chosen: argparse.Namespace) -> int:
    with _opened(chosen) as home:
        if chosen.read is not None:
            text = sys.stdin.read() if chosen.read == "-" else chosen.read
            read_order(home.outbox, home.config, text, at=datetime.now(UTC))
        state = present_orders(home.outbox)
        answer = answer_words(home.outbox, home.config)
    if chosen.json:
        _say(json.dumps(None if state is None else state.order, indent=2))
        return 0
    if state is None:
        _say("Headquarters has ordered nothing: normal work.")
        return 0
    _say(f"Desired state, epoch {state.epoch}, heard at {state.fetched_at:%Y-%m-%d %H:%M} UTC:")
    _say(json.dumps(state.order, indent=2))
    if state.is_verified:
        _say("Headquarters has sealed it; a running agent applies it.")
        if answer:
            _say(f"To be read back by phone: {answer}")
        if answer and chosen.qr:
            _say("Or photographed, for the page of headquarters to read:")
            _say("\n".join(qr_lines(answer)))
    else:
        _say("This device knows no key of headquarters, so it applies nothing: enrol it --again.")
    return 0


def _pack(chosen: argparse.Namespace) -> int:
    with _opened(chosen) as home:
        trust = Trust(home.config.orders_key, home.config.site)
        shelf = PackShelf(home.path, home.outbox, trust=trust)
        pack, waiting = shelf.read(), shelf.marks.waiting_count()
    if pack is None:
        _say("No pack of this site is held yet: it comes with the next contact.")
        return 1
    if chosen.out is not None:
        chosen.out.write_text(pack.html)
    _say(f"Pack of {pack.site}, edition {pack.number} ({pack.digest[:8]}), made {pack.made_at}.")
    if home.config.pack_port:
        _say(f"Shown at http://127.0.0.1:{home.config.pack_port}/ while the agent runs.")
    _say(f"Ticks and notes not yet told: {waiting}")
    return 0


def _export(chosen: argparse.Namespace) -> int:
    with _opened(chosen) as home:
        count = export_batches(home, chosen.out, everything=chosen.all)
    if chosen.out is not None:
        _say(f"{count} entries written to {chosen.out}")
    return 0


def _opened(chosen: argparse.Namespace) -> Home:
    return open_home(chosen.home, passphrase=_passphrase(chosen))


def _passphrase(chosen: argparse.Namespace, *, wanted: bool = False) -> str | None:
    """From a file or the environment: never from the command line, where others can read it."""
    path = chosen.passphrase_file or os.environ.get("SIAGA_AGENT_PASSPHRASE_FILE")
    if path:
        return Path(path).read_text().rstrip("\n")
    given = os.environ.get("SIAGA_AGENT_PASSPHRASE")
    if given is None and wanted:
        raise EnrolError("--passphrase needs SIAGA_AGENT_PASSPHRASE or --passphrase-file.")
    return given


def _since(instant: str | None) -> str:
    return f", the oldest since {instant}" if instant else ""


def _say(text: str, *, to: TextIO | None = None) -> None:
    out = to or sys.stdout
    out.write(text + "\n")
    out.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="siaga-agent", description=__doc__)
    parser.add_argument("--version", action="version", version=f"siaga-agent {VERSION}")
    shared = argparse.ArgumentParser(add_help=False)
    default = os.environ.get("SIAGA_AGENT_HOME", str(Path.home() / ".siaga-agent"))
    shared.add_argument("--home", type=Path, default=Path(default), help="folder of this device")
    shared.add_argument("--passphrase-file", type=Path)
    shared.add_argument("--verbose", action="store_true")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("enrol", parents=[shared], help="take the portal's token")
    one.add_argument("--token-json", help="file with what enrol_device printed; - for stdin")
    one.add_argument("--token-file", type=Path, help="file with the bare token")
    one.add_argument("--portal", help="the portal's address, if it differs from the JSON's")
    one.add_argument("--node-id", help="the device's id, with --token-file")
    one.add_argument("--settings", type=Path, help="JSON file with adapters, reach, link, ...")
    one.add_argument("--period", type=float, help="seconds between heartbeats until told")
    one.add_argument("--ca-file", help="PEM of the only authority to trust")
    one.add_argument("--key-file", type=Path, help="wrap the data key with this file")
    one.add_argument("--passphrase", action="store_true", help="wrap it with a passphrase")
    one.add_argument("--again", action="store_true", help="new token, same outbox")
    one.set_defaults(command=_enrol)

    one = commands.add_parser("run", parents=[shared], help="gather and send until stopped")
    one.set_defaults(command=_run)

    for name, command, text in (
        ("status", _status, "what waits, what fails, who is blind"),
        ("orders", _orders, "the desired state headquarters has sent"),
    ):
        one = commands.add_parser(name, parents=[shared], help=text)
        one.add_argument("--json", action="store_true")
        if name == "orders":
            one.add_argument(
                "--read", metavar="TEXT", help="eight words, or what a QR code holds; - for stdin"
            )
            one.add_argument("--qr", action="store_true", help="draw the answer as a code, too")
        one.set_defaults(command=command)

    one = commands.add_parser("pack", parents=[shared], help="the site's pack, held on this disk")
    one.add_argument("--out", type=Path, help="write the page to this file, to print or to carry")
    one.set_defaults(command=_pack)

    one = commands.add_parser("export", parents=[shared], help="batches as JSON lines")
    one.add_argument("--out", type=Path, help="file; standard output when absent")
    one.add_argument("--all", action="store_true", help="also what the portal already holds")
    one.set_defaults(command=_export)
    return parser
