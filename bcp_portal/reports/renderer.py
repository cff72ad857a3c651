"""The renderer's process seen from the portal: started, fed, watched, and replaced when it dies."""

import contextlib
import json
import os
import select
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bcp_portal.reports.render import (
    EPOCH,
    USUAL,
    Attachment,
    RenderedPdf,
    RendererMissingError,
    RenderFailedError,
    RenderLimits,
    RenderTimeoutError,
    pack_document,
    unpack_reply,
)

WORKER = Path(__file__).with_name("paper_worker.py")
# The same two shapes as in the worker, which can import nothing of ours.
FRAME = struct.Struct(">QI")
REPLY = struct.Struct(">II")
START_SECONDS = 30.0
GRACE_SECONDS = 5.0
BUSY_SECONDS = 2.0


class RendererGoneError(OSError):
    """The process ended or fell silent; another one must be started."""


class Renderer:
    """One process that has WeasyPrint loaded and forks a limited child for each document."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="siaga-renderer-")
        self.errors = tempfile.TemporaryFile(dir=self.folder.name)  # noqa: SIM115 - as long as the process
        self.process = subprocess.Popen(
            # Neither user packages nor the working folder are looked at for imports.
            [sys.executable, "-s", "-P", "-B", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=self.folder.name,
            env=self._environment(),
            start_new_session=True,
            bufsize=0,
        )
        try:
            head, _pdf = self._read_reply(START_SECONDS)
        except RendererGoneError as error:
            said = self._last_words()
            self.stop()
            raise RendererMissingError(f"The PDF renderer does not start: {said}") from error
        self.version = str(head["version"])
        self.is_cut_off = bool(head["no_network"])

    def render(self, document: bytes, *, wall_seconds: float, output_bytes: int) -> RenderedPdf:
        """Have one document rendered; raises RendererGoneError when the process itself fails."""
        self._write(FRAME.pack(len(document), int(wall_seconds * 1000)), document)
        return unpack_reply(
            *self._read_reply(wall_seconds + GRACE_SECONDS, output_bytes=output_bytes)
        )

    def stop(self) -> None:
        """End the process and everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self.errors.close()
        self.folder.cleanup()

    def _environment(self) -> dict[str, str]:
        # A fixed hash seed: an order that hangs on it would change the bytes of the PDF.
        return {
            "PYTHONHASHSEED": "0",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "SOURCE_DATE_EPOCH": str(int(EPOCH.timestamp())),
            "HOME": self.folder.name,
            "TMPDIR": self.folder.name,
        }

    def _write(self, *parts: bytes) -> None:
        assert self.process.stdin is not None
        try:
            for part in parts:
                view = memoryview(part)
                while view:
                    view = view[self.process.stdin.write(view) or 0 :]
        except BrokenPipeError as error:
            raise RendererGoneError("The renderer has ended.") from error

    def _read_reply(
        self, seconds: float, *, output_bytes: int = 1 << 20
    ) -> tuple[Mapping[str, Any], bytes]:
        deadline = time.monotonic() + seconds
        head_size, pdf_size = REPLY.unpack(self._read(REPLY.size, deadline))
        if head_size > 1 << 20 or pdf_size > output_bytes:
            raise RendererGoneError("The renderer answers nonsense.")
        head = json.loads(self._read(head_size, deadline))
        return head, self._read(pdf_size, deadline)

    def _read(self, length: int, deadline: float) -> bytes:
        assert self.process.stdout is not None
        chunks, missing = [], length
        while missing:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self.process.stdout], [], [], left)[0]
            if not ready:
                raise RendererGoneError("The renderer fell silent.")
            chunk = os.read(self.process.stdout.fileno(), min(missing, 1 << 20))
            if not chunk:
                raise RendererGoneError("The renderer has ended.")
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)

    def _last_words(self) -> str:
        self.errors.seek(0)
        lines = self.errors.read()[-2000:].decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no reason given"


class RendererPool:
    """Keeps one renderer warm; who finds it busy gets a cold one of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._warm: Renderer | None = None
        self._owner = 0

    def html_to_pdf(
        self,
        html: str,
        *,
        assets: Mapping[str, bytes] | None = None,
        attachments: Sequence[Attachment] = (),
        variant: str = "",
        tags: bool = True,
        at: datetime = EPOCH,
        limits: RenderLimits = USUAL,
    ) -> RenderedPdf:
        """Render one document inside the limits; a RenderError says why it could not be."""
        document = pack_document(
            html,
            assets=assets or {},
            attachments=attachments,
            variant=variant,
            tags=tags,
            at=at,
            limits=limits,
        )
        if not self._lock.acquire(timeout=BUSY_SECONDS):
            return _render_cold(document, limits)
        try:
            return self._render_warm(document, limits)
        finally:
            self._lock.release()

    def close(self) -> None:
        """End the warm renderer."""
        with self._lock:
            self._drop()

    def _render_warm(self, document: bytes, limits: RenderLimits) -> RenderedPdf:
        if self._warm is not None and self._owner == os.getpid():
            try:
                return self._ask(self._warm, document, limits)
            except RendererGoneError:
                # It rests after a while, or was killed: not the document's fault. Once more.
                self._drop()
        # After a fork the parent's renderer is the parent's.
        self._warm, self._owner = Renderer(), os.getpid()
        try:
            return self._ask(self._warm, document, limits)
        except RendererGoneError as error:
            self._drop()
            raise RenderFailedError("The document brought the renderer down.") from error

    def _ask(self, renderer: Renderer, document: bytes, limits: RenderLimits) -> RenderedPdf:
        return renderer.render(
            document, wall_seconds=limits.wall_seconds, output_bytes=limits.output_bytes
        )

    def _drop(self) -> None:
        if self._warm is not None and self._owner == os.getpid():
            self._warm.stop()
        self._warm = None


def _render_cold(document: bytes, limits: RenderLimits) -> RenderedPdf:
    renderer = Renderer()
    try:
        return renderer.render(
            document, wall_seconds=limits.wall_seconds, output_bytes=limits.output_bytes
        )
    except RendererGoneError as error:
        raise RenderTimeoutError("The renderer did not answer.") from error
    finally:
        renderer.stop()


_pool = RendererPool()
html_to_pdf = _pool.html_to_pdf
stop_renderer = _pool.close
