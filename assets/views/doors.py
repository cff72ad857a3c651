"""The form door of the shared room, under the name by which this room and those above call it."""

from bcp_portal.shared.doors import form_door

__all__ = ["form_door"]
