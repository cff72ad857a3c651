"""What every list and every refusal of the API has in common."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from bcp_portal.shared.errors import DomainError


class PortalPagination(PageNumberPagination):
    """Pages of 100 rows; `page_size` may ask for up to 500."""

    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500


def answer_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a domain refusal with 409 and its sentence; leave the rest to DRF."""
    if isinstance(error, DomainError):
        return Response({"detail": str(error), "code": type(error).__name__}, status=409)
    return exception_handler(error, context)
