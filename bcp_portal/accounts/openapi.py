"""How the description of the API names our way of signing in."""

from typing import TYPE_CHECKING, Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # it registers its subclasses
    """`Authorization: Bearer …` with a token of manage.py create_api_token."""

    target_class = "bcp_portal.accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        """Describe the header."""
        return {"type": "http", "scheme": "bearer"}
