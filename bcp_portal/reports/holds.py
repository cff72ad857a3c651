"""Why nothing may be mailed just now: the rooms above say so, for example during an exercise."""

from collections.abc import Callable
from datetime import datetime

HoldSource = Callable[[datetime], str]
_sources: list[HoldSource] = []


def register_hold(source: HoldSource) -> None:
    """Have a function asked before a report is mailed; it answers with a reason, or nothing."""
    if source not in _sources:
        _sources.append(source)


def held_words(at: datetime) -> str:
    """The first reason to mail nothing at this moment; empty when there is none."""
    return next((words for source in _sources if (words := source(at))), "")
