"""The answer as a code on a terminal: what a scanner of the portal would read."""

import json

import pytest
import segno

from siaga_agent.cli import main
from siaga_agent.qr import qr_lines
from siaga_agent.spoken import PHASES, status_words
from telemetry.ordering.signing import public_key
from telemetry.ordering.spoken import order_words, voice_key
from tests.make_orders import current, give, make_heard_site

WORDS = "BAKO DEFI GUHA JOKO"


def modules_of(text):
    return [
        list(row)
        for row in segno.make(text.upper(), error="l", boost_error=False, micro=False).matrix
    ]


def test_every_rung_of_the_ladder_fits_the_smallest_code():
    for epoch, phase in enumerate(PHASES, start=4090):
        words = status_words(key="a key", epoch=epoch, phase=phase)

        assert len(modules_of(words)) == 21


def test_the_drawing_is_the_code_with_its_margin_black_on_white():
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    lines = qr_lines(WORDS)
    drawn = [line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m") for line in lines]

    rows = [[halves[mark][half] for mark in line] for line in drawn for half in (0, 1)]

    assert [row[4:25] for row in rows[4:25]] == modules_of(WORDS)
    assert not any(any(row) for row in [*rows[:4], *rows[25:29]])
    assert not any(any(row[:4]) or any(row[25:]) for row in rows)


@pytest.mark.django_db
def test_the_command_line_draws_the_words_that_it_says(tmp_path, capsys):
    site, device = make_heard_site()
    give(site)
    invitation = tmp_path / "token.json"
    told = {"portal": "http://127.0.0.1:1", "node_id": str(device.node_id), "site": site.code}
    keys = {"orders_key": public_key(), "voice_key": voice_key(device), "token": "secret-token"}
    invitation.write_text(json.dumps(told | keys))
    home = ["--home", str(tmp_path / "home")]
    assert main(["enrol", *home, "--token-json", str(invitation)]) == 0

    main(["orders", *home, "--read", order_words(current(site), device)])
    plain = capsys.readouterr().out
    main(["orders", *home, "--qr"])
    out = capsys.readouterr().out

    answer = out.split("To be read back by phone: ")[1].splitlines()[0]
    assert "\n".join(qr_lines(answer)) in out
    assert "▀" not in plain
