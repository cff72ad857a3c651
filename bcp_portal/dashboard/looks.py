"""How the state of a site looks on the map: tone, shape and letter, never colour alone."""

from dataclasses import dataclass

from telemetry.models import NodeState


@dataclass(frozen=True)
class Look:
    """Tone (of the style sheet), shape and letter of one state."""

    tone: str
    shape: str
    letter: str
    is_hatched: bool = False


LOOKS: dict[NodeState, Look] = {
    NodeState.ONLINE: Look("ok", "circle", ""),
    NodeState.CONNECTED: Look("watch", "triangle", "C"),
    NodeState.SUSPECT: Look("watch", "triangle", "S"),
    NodeState.STALE: Look("watch", "triangle", "T"),
    NodeState.OFFLINE: Look("act", "rect", "O"),
    NodeState.DARK: Look("act", "rect", "D", is_hatched=True),
    NodeState.LOST: Look("act", "rect", "L"),
    NodeState.FROZEN: Look("info", "diamond", "F"),
    NodeState.OFFLINE_ORDERED: Look("info", "diamond", "X"),
    NodeState.PLANNED_OFFLINE: Look("calm", "ring", "P"),
    NodeState.MAINTENANCE: Look("calm", "ring", "M"),
    NodeState.UNKNOWN: Look("unknown", "ring", "?"),
    NodeState.NEVER: Look("unknown", "ring", "N"),
}
# The order in which people want to hear of them: what needs a hand first.
URGENCY: tuple[NodeState, ...] = (
    NodeState.DARK,
    NodeState.OFFLINE,
    NodeState.LOST,
    NodeState.SUSPECT,
    NodeState.STALE,
    NodeState.CONNECTED,
    NodeState.UNKNOWN,
    NodeState.NEVER,
    NodeState.FROZEN,
    NodeState.OFFLINE_ORDERED,
    NodeState.PLANNED_OFFLINE,
    NodeState.MAINTENANCE,
    NodeState.ONLINE,
)

# Asked ten thousand times for one map: an enumeration makes its list of values anew each time.
_STATES: dict[str | None, NodeState] = {state.value: state for state in NodeState}


def state_of(stored: str | None) -> NodeState:
    """The state of a site; one that has no row yet was never heard."""
    return _STATES.get(stored, NodeState.NEVER)
