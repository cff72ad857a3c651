"""What every door of this room does: read the body, call one verb, show the row."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer


def asked(request: Request, form: type[Serializer[None]]) -> dict[str, Any]:
    """The body of a request, checked; bad input is answered with 400 by field."""
    body = form(data=request.data, context={"request": request})
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
