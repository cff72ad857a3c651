"""The way from a thing to its history in the trail, for whoever may read it."""

from typing import Any

from django import template
from django.db.models import Model
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("audit/_history_link.html", takes_context=True)
def history_link(context: dict[str, Any], thing: Model) -> dict[str, str]:
    """A button to everything that was done to this thing; nothing for those who may not look."""
    user = context["request"].user
    if not user.has_perm("audit.view_auditrow"):
        return {"url": ""}
    return {"url": reverse("audit:about", args=[thing._meta.label_lower, thing.pk])}
