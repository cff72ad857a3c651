"""What the engine does with deadlines that are due, once."""

from bcp_portal.engine.services.firing import Batch, fire_batch


def fire_calls(at):
    """Fire what is due at a moment."""
    fire_batch(at=at, batch=Batch())
