"""A list as a file: all pages, the columns shown, the present filter and order."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

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
    # Written completely before the first byte leaves: a failure is an error page, not half a file.
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    heads = _heads(query, with_zone=format == "xlsx")
    if format == "csv":
        count = write_csv(file, heads, _values(query, found))
    else:
        count = write_xlsx(file, heads, _values(query, found), title=str(spec.title))
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
    file.seek(0)
    response = FileResponse(
        file,
        as_attachment=True,
        filename=_filename(spec, ask.at, format),
        content_type=FORMATS[format],
    )
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


def _filename(spec: ListSpec, at: datetime, format: str) -> str:
    name = spec.export_name or slugify(spec.name.replace(".", "-"))
    return f"{name}-{timezone.localtime(at):%Y-%m-%d-%H%M}.{format}"
