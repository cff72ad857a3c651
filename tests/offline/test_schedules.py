"""The slow part: a hundred thousand ways in which replicas work apart and meet again."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


def test_a_hundred_thousand_schedules_converge_and_lose_nothing():
    command = [sys.executable, "-m", "tests.offline.schedules", "100000"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "100,000 schedules converge" in done.stdout
