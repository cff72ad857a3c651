"""The process that turns HTML into PDF: knows no portal, no network, and trusts no document.

Started by `renderer.py` as a program of its own with an empty environment in an empty folder. It
imports WeasyPrint once, then forks one child for each document; the child gives up everything it
does not need before it reads a byte of the document. Frames on the pipes: a length, then bytes.
"""

import contextlib
import ctypes
import gc
import json
import logging
import os
import resource
import select
import shutil
import signal
import struct
import tempfile
import time
from datetime import datetime
from typing import Any

import weasyprint
from PIL import Image
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

FRAME = struct.Struct(">QI")  # bytes that follow, milliseconds allowed
REPLY = struct.Struct(">II")  # bytes of the JSON head, bytes of the PDF
IDLE_SECONDS = 900.0
CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
MOST_PIXELS = 40_000_000
MOST_COMPLAINTS = 20
TYPES = {"css": "text/css", "svg": "image/svg+xml", "png": "image/png", "ttf": "font/ttf"}


class AssetsOnly(URLFetcher):  # type: ignore[misc]  # WeasyPrint carries no types
    """Serves prepared assets under `asset:` addresses and refuses every other address."""

    def __init__(self, assets: dict[str, bytes]) -> None:
        super().__init__(allowed_protocols=("asset",), allow_redirects=False)
        self.assets = assets
        self.refused: list[str] = []

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:
        """Hand out an asset that was prepared; nothing is ever opened."""
        name = url.removeprefix("asset:").lstrip("/")
        if not url.startswith("asset:") or name not in self.assets:
            if len(self.refused) < MOST_COMPLAINTS:
                self.refused.append(url[:200])
            raise ValueError("refused")
        kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
        return URLFetcherResponse(url, self.assets[name], {"Content-Type": kind})


class Complaints(logging.Handler):
    """The first few things WeasyPrint was unhappy about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a short line."""
        if len(self.texts) < MOST_COMPLAINTS:
            self.texts.append(record.getMessage()[:300])


def main() -> None:
    """Serve frames until the pipe is closed or nobody has asked for a while."""
    cut_off = give_up_privileges()
    warm_up()
    write_all(1, pack_reply({"ok": True, "version": weasyprint.__version__, "no_network": cut_off}))
    while (frame := read_frame()) is not None:
        body, milliseconds = frame
        write_all(1, render_in_child(body, milliseconds / 1000))


def give_up_privileges() -> bool:
    """Shed what no document needs; say whether the network is out of reach."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    # An own, empty network: as root directly, otherwise inside an own user namespace.
    return bool(libc.unshare(CLONE_NEWNET) == 0 or libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)


def warm_up() -> None:
    """Load what every document needs, so that a child finds it in shared memory."""
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    Image.init()
    tiny = weasyprint.HTML(string="<p>Siaga", url_fetcher=AssetsOnly({}), base_url="asset:")
    tiny.render(font_config=FontConfiguration()).write_pdf(pdf_tags=True, pdf_variant="pdf/a-3b")
    gc.collect()
    gc.freeze()


def render_in_child(body: bytes, seconds: float) -> bytes:
    """Fork a limited child for one document; answer for it when it cannot."""
    reading, writing = os.pipe()
    folder = tempfile.mkdtemp(prefix="siaga-paper-")
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        run_child(body, writing, folder)
    os.close(writing)
    try:
        answer, in_time = read_until(reading, time.monotonic() + seconds)
        if not in_time:
            os.kill(pid, signal.SIGKILL)
        _pid, status, usage = os.wait4(pid, 0)
    finally:
        os.close(reading)
        shutil.rmtree(folder, ignore_errors=True)
    if in_time and os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        return answer
    killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    slow = not in_time or killed_by in (signal.SIGXCPU, signal.SIGKILL)
    return pack_reply(
        {
            "ok": False,
            "kind": "timeout" if slow else "crash",
            "error": f"signal {killed_by}" if killed_by else f"status {status}",
            "peak_kb": usage.ru_maxrss,
        }
    )


def run_child(body: bytes, writing: int, folder: str) -> None:
    """Render one document and leave; whatever happens, never return to the loop."""
    status = 1
    try:
        os.chdir(folder)
        tempfile.tempdir = folder
        for standard in (0, 1):
            os.close(standard)
        answer = answer_for(body)
        write_all(writing, answer)
        status = 0
    except OSError:
        status = 2
    finally:
        os._exit(status)


def answer_for(body: bytes) -> bytes:
    """Render inside the limits; every failure becomes a word and a sentence."""
    size = int.from_bytes(body[:4], "big")
    question: dict[str, Any] = json.loads(body[4 : 4 + size])
    set_limits(question["limits"])
    try:
        head, pdf = render(question, body[4 + size :])
    except MemoryError:
        gc.collect()
        return pack_reply({"ok": False, "kind": "memory", "error": "out of memory"})
    except RecursionError:
        return pack_reply({"ok": False, "kind": "failed", "error": "nested too deeply"})
    except Exception as error:  # noqa: BLE001 - the document is hostile; any error is an answer
        text = f"{type(error).__name__}: {error}"[:500]
        return pack_reply({"ok": False, "kind": "failed", "error": text})
    if len(pdf) > question["limits"]["output_bytes"]:
        return pack_reply({"ok": False, "kind": "too_large", "error": f"{len(pdf)} bytes"})
    return pack_reply(head, pdf)


def set_limits(limits: dict[str, int]) -> None:
    """What the kernel enforces from here on."""
    cpu, memory, files = limits["cpu_seconds"], limits["memory_bytes"], limits["file_bytes"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (files, files))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with contextlib.suppress(ValueError, OSError):
        # No further process, where the user of this process is not root.
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def render(question: dict[str, Any], blobs: bytes) -> tuple[dict[str, Any], bytes]:
    """Render a document whose parts are named in the question."""
    parts, place = {}, 0
    for name, length in question["blobs"]:
        parts[name] = blobs[place : place + length]
        place += length
    html = parts.pop("html").decode()
    attachments = [
        weasyprint.Attachment(
            string=parts.pop(one["blob"]),
            name=one["name"],
            description=one["description"],
            relationship=one["relationship"],
            created=datetime.fromisoformat(question["at"]),
            modified=datetime.fromisoformat(question["at"]),
        )
        for one in question["attachments"]
    ]
    fetcher, complaints = AssetsOnly(parts), Complaints()
    log = logging.getLogger("weasyprint")
    log.handlers[:] = [complaints]
    log.propagate = False
    started = time.monotonic()
    source = weasyprint.HTML(string=html, url_fetcher=fetcher, base_url="asset:")
    document = source.render(font_config=FontConfiguration())
    for one in attachments:
        document.metadata.attachments.append(one)
    pdf: bytes = document.write_pdf(
        pdf_variant=question["variant"] or None,
        pdf_tags=question["tags"],
        pdf_identifier=bytes.fromhex(question["identifier"]),
    )
    head = {
        "ok": True,
        "pages": len(document.pages),
        "seconds": round(time.monotonic() - started, 3),
        "cpu_seconds": round(time.process_time(), 3),
        "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "refused": fetcher.refused,
        "complaints": complaints.texts,
    }
    return head, pdf


def read_frame() -> tuple[bytes, int] | None:
    """The next document, or nothing when there will be none."""
    ready, _, _ = select.select([0], [], [], IDLE_SECONDS)
    head = read_exactly(FRAME.size) if ready else b""
    if len(head) < FRAME.size:
        return None
    length, milliseconds = FRAME.unpack(head)
    body = read_exactly(length)
    return (body, milliseconds) if len(body) == length else None


def read_exactly(length: int) -> bytes:
    """That many bytes, or fewer when the other side is gone."""
    chunks, missing = [], length
    while missing and (chunk := os.read(0, min(missing, 1 << 20))):
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def read_until(reading: int, deadline: float) -> tuple[bytes, bool]:
    """Everything the child says before the deadline; and whether it came to an end."""
    chunks: list[bytes] = []
    while (left := deadline - time.monotonic()) > 0:
        ready, _, _ = select.select([reading], [], [], left)
        if not ready:
            break
        chunk = os.read(reading, 1 << 20)
        if not chunk:
            return b"".join(chunks), True
        chunks.append(chunk)
    return b"".join(chunks), False


def pack_reply(head: dict[str, Any], pdf: bytes = b"") -> bytes:
    """A reply as one frame."""
    text = json.dumps(head).encode()
    return REPLY.pack(len(text), len(pdf)) + text + pdf


def write_all(fd: int, content: bytes) -> None:
    """Write everything, however small the pipe."""
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
