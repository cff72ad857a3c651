"""The command line: enrolling, keys, status, orders, export."""

import json
import stat

import pytest

from siaga_agent.cli import main
from siaga_agent.config import AgentConfig, ConfigError
from siaga_agent.home import open_home
from tests.agent.make_agent import DEVICE, NOON, heartbeat, make_sender, session, write_invitation
from tests.agent.portal_stand_in import RunningPortal

PORTAL = "http://127.0.0.1:1"


@pytest.fixture
def home(tmp_path):
    invitation, settings = write_invitation(tmp_path, PORTAL, period_s=30)
    words = ["--token-json", str(invitation), "--settings", str(settings)]
    assert main(["enrol", "--home", str(tmp_path / "home"), *words]) == 0
    return tmp_path / "home"


def run(capsys, *words):
    status = main([str(word) for word in words])
    return status, capsys.readouterr()


def test_the_folder_is_for_its_owner_alone_and_hides_the_token(home):
    for name in ("agent.json", "agent.key", "outbox.db"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert b"secret-token" not in b"".join(path.read_bytes() for path in home.iterdir())


def test_the_token_comes_back_out(home):
    with open_home(home) as opened:
        assert opened.outbox.secret("token") == "secret-token"


def test_enrolling_twice_is_refused_and_again_renews_the_token(home, tmp_path, capsys):
    invitation = tmp_path / "invitation.json"
    told = json.loads(invitation.read_text())
    invitation.write_text(json.dumps(told | {"token": "new-token"}))
    words = ("enrol", "--home", home, "--token-json", invitation)

    status, out = run(capsys, *words)
    assert (status, "enrolled already" in out.err) == (2, True)
    assert run(capsys, *words, "--again")[0] == 0

    with open_home(home) as opened:
        assert opened.outbox.secret("token") == "new-token"


def test_another_devices_token_is_refused_in_this_folder(home, tmp_path, capsys):
    invitation = tmp_path / "invitation.json"
    told = json.loads(invitation.read_text())
    told["node_id"] = "11111111-1111-4111-8111-111111111111"
    invitation.write_text(json.dumps(told))

    status, out = run(capsys, "enrol", "--home", home, "--token-json", invitation, "--again")

    assert (status, "another device" in out.err) == (2, True)


def test_a_passphrase_locks_the_outbox(tmp_path, capsys, monkeypatch):
    invitation, _ = write_invitation(tmp_path, PORTAL)
    monkeypatch.setenv("SIAGA_AGENT_PASSPHRASE", "correct horse")
    words = ("enrol", "--home", tmp_path / "home", "--token-json", invitation, "--passphrase")
    assert run(capsys, *words)[0] == 0
    assert not (tmp_path / "home" / "agent.key").exists()
    assert run(capsys, "status", "--home", tmp_path / "home")[0] == 0

    monkeypatch.setenv("SIAGA_AGENT_PASSPHRASE", "wrong")
    status, out = run(capsys, "status", "--home", tmp_path / "home")

    assert (status, "does not fit" in out.err) == (2, True)


def test_a_key_file_may_lie_elsewhere(tmp_path, capsys):
    invitation, _ = write_invitation(tmp_path, PORTAL)
    key = tmp_path / "stick" / "key"
    words = ("enrol", "--home", tmp_path / "home", "--token-json", invitation, "--key-file", key)
    assert run(capsys, *words)[0] == 0

    key.unlink()

    assert run(capsys, "status", "--home", tmp_path / "home")[0] == 2


def test_a_token_file_needs_the_rest_from_the_command_line(tmp_path, capsys):
    (tmp_path / "token").write_text("secret-token\n")
    words = ["enrol", "--home", tmp_path / "home", "--token-file", tmp_path / "token"]

    status, out = run(capsys, *words)
    assert (status, "portal, node_id" in out.err) == (2, True)

    assert run(capsys, *words, "--portal", PORTAL, "--node-id", DEVICE)[0] == 0


@pytest.mark.parametrize("text", ["", "[]", "{not json", '{"token": "two words"}'])
def test_an_invitation_that_is_none_is_one_sentence(tmp_path, capsys, text):
    (tmp_path / "invitation.json").write_text(text)
    words = ("enrol", "--home", tmp_path / "home", "--token-json", tmp_path / "invitation.json")

    status, out = run(capsys, *words)

    assert status == 2
    assert out.err.startswith("siaga-agent: ")
    assert not (tmp_path / "home" / "agent.json").exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"portal": "ftp://x"},
        {"portal": "http://portal.example.org"},
        {"node_id": "no"},
        {"period_s": 0},
        {"mode": "asleep"},
        {"reach": {"moon": "tcp://x:1"}},
        {"perriod_s": 60},
        {"link": "fiber"},
        {"adapters": {}},
    ],
)
def test_settings_that_would_fail_at_night_are_refused_by_day(settings):
    good = {"portal": "https://portal.example.org", "node_id": DEVICE}

    with pytest.raises(ConfigError):
        AgentConfig.from_json(good | settings)


def test_plain_http_needs_loopback_or_a_decision():
    told = {"portal": "http://portal.example.org", "node_id": DEVICE, "insecure_http": True}

    assert AgentConfig.from_json(told).portal == "http://portal.example.org"


def test_status_warns_in_words(home, capsys):
    with RunningPortal() as portal, open_home(home) as opened:
        opened.outbox.append(heartbeat(), at=NOON)
        opened.outbox.append(heartbeat(state="bad"), at=NOON)
        portal.stand_in.refuse_item = lambda item: "no" if item["state"] == "bad" else None
        make_sender(opened.outbox, portal.url).send_round()

    _, out = run(capsys, "status", "--home", home)
    _, as_json = run(capsys, "status", "--home", home, "--json")

    assert "in quarantine: 1" in out.out
    assert "! The portal refused 1 entries; they are kept." in out.out
    assert json.loads(as_json.out)["quarantined"][0]["reason"] == "no"


def test_export_writes_batches_that_can_be_sent(home, tmp_path, capsys):
    with open_home(home) as opened:
        for _ in range(3):
            opened.outbox.append(session(), at=NOON)
        opened.outbox.mark_sent([1])
        opened.outbox.settle(acked=[(1, 1)], rejected={}, told=[], at=NOON)

    run(capsys, "export", "--home", home, "--out", tmp_path / "out.jsonl")
    run(capsys, "export", "--home", home, "--out", tmp_path / "all.jsonl", "--all")

    waiting, everything = (
        json.loads((tmp_path / name).read_text()) for name in ("out.jsonl", "all.jsonl")
    )
    assert [item["seq"] for item in waiting["items"]] == [2, 3]
    assert [item["seq"] for item in everything["items"]] == [1, 2, 3]
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600
