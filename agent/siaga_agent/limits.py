"""Emergency limits for the programs of the site: a file they read, written whole or not at all."""

import json
import os
from pathlib import Path

from siaga_agent.store import Json

NAME = "limits.json"


def write_limits(home: Path, limits: Json) -> bool:
    """Put the limits into HOME/limits.json, `{}` when there are none; say if that is new."""
    path, draft = home / NAME, home / f"{NAME}.new"
    text = json.dumps(limits, sort_keys=True)
    try:
        if path.read_text() == text:
            return False
    except OSError:
        if not limits:
            return False
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    return True
