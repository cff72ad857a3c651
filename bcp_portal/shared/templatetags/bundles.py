"""Link a bundle of style sheets or scripts from a page."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from bcp_portal.shared.bundles import addresses

register = template.Library()


@register.simple_tag
def style_bundle(name: str) -> SafeString:
    """Link the style sheets of a bundle."""
    return format_html_join(
        "\n", '<link rel="stylesheet" href="{}">', ((address,) for address in addresses(name))
    )


@register.simple_tag
def script_bundle(name: str) -> SafeString:
    """Load the scripts of a bundle once the page is read."""
    return format_html_join(
        "\n", '<script src="{}" defer></script>', ((address,) for address in addresses(name))
    )
