"""Keys that lie in the data folder: made once, readable by their owner alone, never replaced."""

import os
from pathlib import Path


def keep_once(path: Path, content: bytes) -> None:
    """Write a key file, also when several programs do so at the same moment: the first counts."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # refuses to replace the key that somebody else has just made
    except FileExistsError:
        pass
    finally:
        draft.unlink()
