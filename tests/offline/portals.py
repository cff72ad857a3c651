"""A portal with a folder and a store of its own, which one test can lose, restore or restart."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.template import copy_template_file, own_database

ROOT = Path(__file__).resolve().parents[2]


class Portal:
    """A portal of its own: folder, database, commands."""

    root = ROOT

    def __init__(self, folder: Path, key: str, database: str = "", **environment: str) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "SIAGA_DATA_DIR": str(folder),
            "SIAGA_SECRET_KEY": key,
            "SIAGA_ALLOWED_HOSTS": "testserver",
            "DATABASE_URL": database,
        } | environment  # fmt: skip

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, script: str, **words: object) -> dict:
        for name, value in words.items():
            script = script.replace(f"@{name}", json.dumps(value))
        printed = self.manage("shell", "--no-imports", "--command", script)
        return json.loads(printed.strip().splitlines()[-1])


@contextmanager
def own_portal(folder: Path, key: str, **environment: str):
    """Such a portal in a new folder, on the kind of store that this run uses."""
    folder.mkdir(parents=True)
    if not settings.DATABASE_URL:
        copy_template_file(folder)
        yield Portal(folder, key, **environment)
        return
    with own_database(folder.name) as database:
        yield Portal(folder, key, database, **environment)
