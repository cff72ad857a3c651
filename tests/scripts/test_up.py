"""bin/up refuses what cannot work with one clear sentence and status 2."""

import socket
import subprocess
from pathlib import Path

import pytest

from bcp_portal.launch import CannotStartError, address, check_port, hold_data, programs

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "http"], "The port must be a number"),
        (["--port", "0"], "The port must be a number"),
        (["--port", "70000"], "The port must be a number"),
        (["--port"], "--port needs a value"),
        (["--fast"], 'I do not know "--fast"'),
        (["--data", "/proc/siaga"], "cannot be written"),
    ],
)
def test_a_wrong_word_is_refused_before_anything_happens(arguments, sentence):
    result = subprocess.run([ROOT / "bin/up", *arguments], capture_output=True, text=True)

    assert result.returncode == 2
    assert sentence in result.stderr


def test_a_port_in_use_is_named_with_another_to_try():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(CannotStartError, match=f"Port {port} is in use.*--port {port + 1}"):
            check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(CannotStartError, match=r"cannot listen on 192\.0\.2\.1"):
        check_port("192.0.2.1", 8000)


def test_one_data_folder_serves_one_portal(tmp_path):
    with hold_data(tmp_path), pytest.raises(CannotStartError, match="already runs"):
        hold_data(tmp_path)

    hold_data(tmp_path).close()


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("siaga.test", "http://siaga.test:8000"),
    ],
)
def test_the_address_shown_is_one_that_can_be_opened(host, shown):
    assert address(host, 8000) == shown


def test_the_demo_fleet_runs_only_with_the_demo(tmp_path):
    names = [one.name for one in programs(host="::1", port=1, data=tmp_path, demo=False)]

    with_demo = [one.name for one in programs(host="::1", port=1, data=tmp_path, demo=True)]

    assert names == ["web", "engine", "worker", "beat", "watchdog"]
    assert with_demo == [*names, "demo-fleet"]
