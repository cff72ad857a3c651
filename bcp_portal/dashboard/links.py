"""Addresses of things in other rooms; a room that is not there has no address."""

from django.urls import NoReverseMatch, reverse


def link(route: str, *arguments: object) -> str:
    """The address of one thing, or nothing: then it is shown without a link."""
    try:
        return reverse(route, args=arguments)
    except NoReverseMatch:
        return ""


def incident_url(code: str) -> str:
    """Where an incident is commanded."""
    return link("incidents:detail", code)


def site_url(code: str) -> str:
    """Where a site is looked at."""
    return link("telemetry:site", code)
