"""A list as a file: all pages, the columns shown, the present filter and order."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import slugify

from bcp_portal.shared.lists.filters import Ask
from bcp_portal.shared.lists.query import ListQuery, apply_query
from bcp_portal.shared.lists.registry import tell_of_export
from bcp_portal.shared.lists.sheet_writer import CSV_TYPE, XLSX_TYPE, write_csv, write_xlsx
from bcp_portal.shared.lists.spec import Export, ListSpec

FORMATS = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}
IN_MEMORY = 4 * 1024 * 1024
CHUNK = 2000


def export_response(
    request: HttpRequest,
    spec: ListSpec,
    query: ListQuery,
    rows: QuerySet[Any],
    ask: Ask,
    *,
    format: str,
) -> HttpResponse:
    """Everything the screen would show on all its pages, as one file."""
    if spec.export_perm and not ask.user.has_perm(spec.export_perm):
        raise PermissionDenied
    found = apply_query(spec, query, rows, ask)
    heads = _heads(query, with_zone=format == "xlsx")
    file, count = _written(format, heads, _values(query, found), title=str(spec.title))
    tell_of_export(
        Export(
            list_name=spec.name,
            format=format,
            rows=count,
            columns=tuple(column.key for column in query.columns),
            query=query.address(without=("page",)),
            user=ask.user,
            at=ask.at,
        ),
        spec.on_export,
    )
    return _download(file, _filename(spec.export_name or spec.name, ask.at, format), format)


def table_response(
    request: HttpRequest,
    name: str,
    title: str,
    heads: Sequence[str],
    rows: Callable[[], Iterable[Sequence[Any]]],
    *,
    at: datetime,
) -> HttpResponse | None:
    """A table that a page draws by itself, as the file that was asked for; None: it was not."""
    format = request.GET.get("export", "")
    if format not in FORMATS:
        return None
    file, count = _written(format, heads, rows(), title=title)
    tell_of_export(
        Export(
            list_name=name,
            format=format,
            rows=count,
            columns=tuple(heads),
            query="",
            user=request.user,
            at=at,
        ),
        None,
    )
    return _download(file, _filename(name, at, format), format)


def _written(
    format: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str
) -> tuple[IO[bytes], int]:
    """The whole file before its first byte leaves: a failure is an error page, not half of it."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    if format == "csv":
        return file, write_csv(file, heads, rows)
    return file, write_xlsx(file, heads, rows, title=title)


def _download(file: IO[bytes], name: str, format: str) -> HttpResponse:
    file.seek(0)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=FORMATS[format])
    # A file is not an HttpResponse to the types, but it is to everything a door does with it.
    return cast("HttpResponse", response)


def _heads(query: ListQuery, *, with_zone: bool) -> list[str]:
    zone = timezone.get_current_timezone_name()
    return [
        f"{column.label} ({zone})" if with_zone and column.kind == "when" else str(column.label)
        for column in query.columns
    ]


def _values(query: ListQuery, rows: QuerySet[Any]) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=CHUNK):
        yield [column.plain(row, column.of(row)) for column in query.columns]


def _filename(name: str, at: datetime, format: str) -> str:
    return f"{slugify(name.replace('.', '-'))}-{timezone.localtime(at):%Y-%m-%d-%H%M}.{format}"
