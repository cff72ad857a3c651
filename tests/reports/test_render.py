"""Paper is made by a process that can do nothing else, and the same input gives the same bytes."""

import contextlib
import hashlib
import re
import struct
import subprocess
import time
import zlib
from datetime import UTC, datetime

import pytest

from bcp_portal.reports.render import (
    Attachment,
    RendererMissingError,
    RenderError,
    RenderFailedError,
    RenderLimits,
    RenderMemoryError,
    RenderTimeoutError,
    RenderTooLargeError,
)
from bcp_portal.reports.renderer import Renderer, RendererPool

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TIGHT = RenderLimits(cpu_seconds=2, wall_seconds=8.0, memory_bytes=700_000_000)


@pytest.fixture(scope="module")
def pool():
    pool = RendererPool()
    yield pool
    pool.close()


def words(pdf: bytes, tmp_path) -> str:
    """The text on the paper, as poppler reads it."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout


def unfolded(pdf: bytes) -> bytes:
    """The bytes of a PDF with its compressed streams laid open."""
    parts = [pdf]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            parts.append(zlib.decompress(stream))
    return b"\n".join(parts)


def huge_png(side: int) -> bytes:
    """A PNG of a few kilobytes that unfolds to side x side pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    lines = zlib.compress(b"\0" * ((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_html_becomes_paper(pool, tmp_path):
    paper = pool.html_to_pdf("<html lang='id'><title>Siaga</title><p>Halo, gudang")

    assert paper.bytes.startswith(b"%PDF")
    assert paper.pages == 1
    assert paper.sha256 == hashlib.sha256(paper.bytes).hexdigest()
    assert "Halo, gudang" in words(paper.bytes, tmp_path)


def test_the_same_input_gives_the_same_bytes_in_two_processes():
    html = "<html lang='en'><title>T</title><p>Same</p><svg width='9' height='9'><rect/></svg>"
    notes = [Attachment("a.json", b"{}", "Data", "Source")]
    made = []
    for _ in range(2):
        pool = RendererPool()
        made.append(pool.html_to_pdf(html, attachments=notes, variant="pdf/a-3b", at=NOON).sha256)
        pool.close()

    assert made[0] == made[1]


def test_a_warm_renderer_gives_the_bytes_of_a_cold_one(pool):
    first = pool.html_to_pdf("<p>One")
    pool.html_to_pdf("<p>Another, in between")

    assert pool.html_to_pdf("<p>One").sha256 == first.sha256
    assert pool.html_to_pdf("<p>Two").sha256 != first.sha256


def test_a_pdf_a3_carries_its_attachment_and_its_relationship(pool):
    paper = pool.html_to_pdf(
        "<html lang='id'><title>T</title><p>x",
        variant="pdf/a-3b",
        attachments=[Attachment("incident.json", b'{"code": "INC-14"}', "All of it", "Source")],
        at=NOON,
    )

    laid_open = unfolded(paper.bytes)
    assert b"/AFRelationship /Source" in laid_open
    assert b'{"code": "INC-14"}' in laid_open
    assert b"pdfaid:part" in laid_open
    assert b"/Lang (id)" in laid_open
    assert b"D:20261122120000" in laid_open


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "https://example.org/x.png",
        "ftp://example.org/x",
        "//example.org/x.png",
        "/etc/passwd",
        "../../etc/passwd",
        "asset:unknown.png",
        "data:image/svg+xml,<svg/>",
        "gopher://x",
    ],
)
def test_no_address_but_a_prepared_asset_is_opened(pool, address, tmp_path):
    html = (
        f"<style>@import url('{address}'); body {{background: url('{address}')}}"
        f" @font-face {{font-family: x; src: url('{address}')}} p {{font-family: x}}</style>"
        f"<link rel=stylesheet href='{address}'><link rel=attachment href='{address}'>"
        f"<img src='{address}'><object data='{address}'></object><embed src='{address}'>"
        f"<svg><image href='{address}'/><use href='{address}#x'/></svg><p>still here"
    )

    paper = pool.html_to_pdf(html)

    assert paper.refused
    assert b"root:" not in paper.bytes
    assert words(paper.bytes, tmp_path).split() == ["still", "here"]


def test_an_asset_that_was_prepared_is_used(pool):
    css = b"@page { size: 10cm 10cm; margin: 0 } p { page-break-after: always }"

    paper = pool.html_to_pdf(
        "<link rel=stylesheet href='asset:a.css'><p>1<p>2", assets={"a.css": css}
    )

    assert paper.pages == 2
    assert paper.refused == ()


def test_an_xml_entity_reads_no_file(pool, tmp_path):
    svg = b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg><text>&x;</text></svg>'

    paper = pool.html_to_pdf("<img src='asset:x.svg'><p>fine", assets={"x.svg": svg})

    assert "root:" not in words(paper.bytes, tmp_path)


HOSTILE = {
    "colspan": "<table><tr><td colspan=1000000>x<tr>" + "<td>y" * 2000 + "</table>",
    "rows": "<table>" + "<tr><td>x" * 400_000 + "</table>",
    "rowspan": "<table>" + "<tr><td rowspan=65534 colspan=1000>x" * 200 + "</table>",
    "deep": "<div>" * 100_000 + "x",
    "tables in tables": "<table><tr><td>" * 300 + "x",
    "long word": "<p>" + "W" * 2_000_000,
    "long words in cells": "<style>table{table-layout:auto}</style><table><tr>"
    + ("<td>" + "W" * 50_000) * 20,
    "no break": "<p style='white-space:nowrap'>" + "x " * 300_000,
    "svg text": "<svg viewBox='0 0 1 1'><text font-size='1e9'>" + "x" * 100_000 + "</text></svg>",
    "svg pattern": "<svg><defs><pattern id='p' width='1e-9' height='1e-9'><rect width='1'/>"
    "</pattern></defs><rect fill='url(#p)' width='1e6' height='1e6'/></svg>",
    "svg script": "<svg onload='x()'><script>while(1);</script><foreignObject><iframe"
    " src='file:///etc/passwd'></iframe></foreignObject></svg>",
    "counters": "<style>@page{margin:0;size:1mm 1mm}p{font-size:50pt}</style>" + "<p>x y z " * 5000,
    "wide page": "<style>@page{size:9999999cm 9999999cm}</style><p>x",
    "huge font": "<p style='font-size:1e30pt'>x",
    "svg use": "<svg><defs><g id='a0'><path d='M0 0h1'/></g>"
    + "".join(f"<g id='a{n}'>" + f"<use href='#a{n - 1}'/>" * 10 + "</g>" for n in range(1, 12))
    + "</defs><use href='#a11'/></svg>",
    "svg loop": "<svg><g id='a'><use href='#a'/></g></svg>",
    "svg size": "<svg width='1e12' height='1e12'><rect width='1e12' height='1e12'/></svg>",
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><p>&b;",
    "grid": "<div style='display:grid;grid-template-columns:repeat(1000000,1px)'>x</div>",
    "nothing": "",
    "nul": "<p>\0\ufffe\ud800",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_harms_nobody(pool, name):
    started = time.monotonic()

    with contextlib.suppress(RenderError):
        pool.html_to_pdf(HOSTILE[name], limits=TIGHT)

    assert time.monotonic() - started < 20
    assert pool.html_to_pdf("<p>the next one").pages == 1


def test_a_document_that_takes_too_long_is_stopped(pool):
    with pytest.raises(RenderTimeoutError):
        pool.html_to_pdf(HOSTILE["rows"], limits=RenderLimits(cpu_seconds=1, wall_seconds=10))
    with pytest.raises(RenderTimeoutError):
        pool.html_to_pdf(HOSTILE["rows"], limits=RenderLimits(cpu_seconds=60, wall_seconds=1))


def test_a_document_that_takes_too_much_memory_is_stopped(pool):
    with pytest.raises((RenderMemoryError, RenderFailedError)):
        pool.html_to_pdf(
            HOSTILE["rows"], limits=RenderLimits(memory_bytes=220_000_000, cpu_seconds=30)
        )


def test_a_picture_that_unfolds_to_gigabytes_is_not_unfolded(pool):
    paper = pool.html_to_pdf("<img src='asset:b.png'><p>x", assets={"b.png": huge_png(30_000)})

    assert paper.peak_bytes < 400_000_000
    assert paper.pages == 1


def test_too_much_paper_is_refused(pool):
    with pytest.raises(RenderTooLargeError):
        pool.html_to_pdf("<p>x" * 500, limits=RenderLimits(output_bytes=2000))
    with pytest.raises(RenderTooLargeError):
        pool.html_to_pdf("<p>" + "x" * 5000, limits=RenderLimits(input_bytes=2000))


def test_a_renderer_that_was_killed_is_replaced(pool):
    pool.html_to_pdf("<p>x")
    pool._warm.process.kill()
    pool._warm.process.wait()

    assert pool.html_to_pdf("<p>y").pages == 1


def test_who_finds_the_renderer_busy_gets_a_cold_one(pool, monkeypatch):
    monkeypatch.setattr("bcp_portal.reports.renderer.BUSY_SECONDS", 0.01)

    with pool._lock:
        assert pool.html_to_pdf("<p>x").pages == 1


def test_the_process_has_no_network_no_secrets_and_no_way_up(pool, monkeypatch):
    monkeypatch.setenv("SIAGA_SECRET_KEY", "hush-hush")
    renderer = Renderer()
    try:
        status = open(f"/proc/{renderer.process.pid}/status").read()  # noqa: SIM115
        environment = open(f"/proc/{renderer.process.pid}/environ").read()  # noqa: SIM115
        limits = open(f"/proc/{renderer.process.pid}/limits").read()  # noqa: SIM115
        links = open(f"/proc/{renderer.process.pid}/net/dev").read()  # noqa: SIM115
    finally:
        renderer.stop()

    assert "NoNewPrivs:\t1" in status
    assert "hush-hush" not in environment
    assert "Max core file size 0 0" in " ".join(limits.split())
    if renderer.is_cut_off:  # only a kernel that forbids user namespaces to ordinary users
        assert "eth" not in links


def test_a_renderer_that_cannot_start_says_why(monkeypatch, tmp_path):
    broken = tmp_path / "broken.py"
    broken.write_text("raise OSError('cannot load library libpango-1.0-0')")
    monkeypatch.setattr("bcp_portal.reports.renderer.WORKER", broken)

    with pytest.raises(RendererMissingError, match="libpango"):
        RendererPool().html_to_pdf("<p>x")
