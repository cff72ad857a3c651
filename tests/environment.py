"""A place of its own for every run of the suite: loaded before the settings are.

It is a plugin (-p in pyproject.toml) and not part of conftest.py, because the settings are read
before any conftest and need a secret and a data folder.
"""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

os.environ.setdefault("SIAGA_SECRET_KEY", secrets.token_urlsafe(48))
if "SIAGA_DATA_DIR" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="siaga-test-")
    os.environ["SIAGA_DATA_DIR"] = _folder
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    _own = Path(os.environ["SIAGA_DATA_DIR"]) / worker
    _own.mkdir(exist_ok=True)
    os.environ["SIAGA_DATA_DIR"] = str(_own)

# A busy machine is slow to invent examples, and no test asserts a time.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
