"""A row of the policy table: which permission opens which door, and how sensitive it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Scope = Literal["site", "own", "all", "none"]
Sensitivity = Literal["public", "internal", "content", "secret"]
PUBLIC = ""
SIGNED_IN = "*"


@dataclass(frozen=True)
class Rule:
    """One door: a route and its methods, the permission that opens it, and what lies behind.

    `permission` is empty for a public door and `*` for any signed-in person. `scope` says which
    rows are shown; `duty` says whether one person is enough.
    """

    route: str
    methods: str
    permission: str
    scope: Scope = "none"
    kind: str = ""
    sensitivity: Sensitivity = "internal"
    duty: Literal["one", "two"] = "one"


class PolicyTable:
    """All rules, looked up by route and method; two rows for one door are refused."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        self._by_door: dict[tuple[str, str], Rule] = {}
        for rule in self.rules:
            for method in rule.methods.split():
                if (rule.route, method) in self._by_door:
                    raise ValueError(f"two rules for {method} {rule.route}")
                self._by_door[rule.route, method] = rule

    def find(self, route: str, method: str) -> Rule | None:
        """Return the rule of a door; HEAD is GET, OPTIONS may be asked wherever anything may."""
        if method == "OPTIONS":
            return next((r for (name, _m), r in self._by_door.items() if name == route), None)
        return self._by_door.get((route, "GET" if method == "HEAD" else method))
