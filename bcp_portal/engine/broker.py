"""The broker of the embedded profile: kombu's message files, written so that none is read half."""

import os
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps

# Rings for a worker that is not there pile up; beyond this many, nobody needs another.
PILE = 2000


class Channel(filesystem.Channel):
    """Messages as files, each put in place by a rename."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for folder in (self.data_folder_in, self.data_folder_out, self.control_folder):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def _put(self, *arguments: Any, **_options: Any) -> None:
        """Write beside the final name, then rename: a reader sees a whole message or none."""
        queue, message = arguments
        folder = Path(self.data_folder_out)
        if len(os.listdir(folder)) > PILE:
            return
        name = f"{round(monotonic() * 1000):020}_{uuid4()}"
        partial = folder / f"{name}.partial"
        partial.write_text(dumps(message))
        partial.rename(folder / f"{name}.{queue}.msg")


class Transport(filesystem.Transport):
    """Kombu's filesystem transport with our channel."""

    Channel = Channel
