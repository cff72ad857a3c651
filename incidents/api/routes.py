"""Addresses of this app's part of the API."""

from rest_framework.routers import BaseRouter


def register(router: BaseRouter) -> None:
    """Add this app's collections."""
