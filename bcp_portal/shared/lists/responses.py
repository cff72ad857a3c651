"""The doors every list page opens: the page itself, or a part of it, or it as a file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bcp_portal.shared.lists.export import FORMATS, export_response
from bcp_portal.shared.lists.filters import Ask
from bcp_portal.shared.lists.page import build_page
from bcp_portal.shared.lists.query import read_query
from bcp_portal.shared.lists.spec import ListSpec

PARTS = {"list": "components/list.html", "results": "components/list_results.html"}


def list_response(
    request: HttpRequest,
    spec: ListSpec,
    rows: QuerySet[Any],
    *,
    at: datetime,
    template: str = "components/list_page.html",
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Answer a list page: whole, as a part for htmx, or as the file that was asked for."""
    ask = Ask(request.user, at)
    query = read_query(spec, request.GET, ask)
    if (format := request.GET.get("export", "")) in FORMATS:
        return export_response(request, spec, query, rows, ask, format=format)
    page = build_page(spec, query, rows, ask, path=request.path)
    part = PARTS.get(request.GET.get("part", ""), "")
    context = {**(extra or {}), "list": page, "is_part": bool(part)}
    response = render(request, part or template, context)
    if part:
        # The address bar shows the question, never the part.
        response["HX-Push-Url"] = request.path + page.address
    return response
