"""What a rule hands over: what it claims now, and which open claims it does not let go yet."""

from collections.abc import Callable
from dataclasses import dataclass, field

from telemetry.models import SignalRule
from telemetry.services.signal import Claim


@dataclass(frozen=True)
class Outcome:
    """The result of one rule in one pass.

    An open signal of the rule that is neither claimed nor kept is closed: `keep` is the hysteresis.
    """

    rule: SignalRule
    claims: list[Claim] = field(default_factory=list)
    keep: Callable[[str], bool] = lambda _key: False
