"""The switches of the demo's fleet: what is cut, spoiled or stopped, kept in one small file."""

import json
import os
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path

from bcp_portal.demo.places import FIELD_PLACES, PLACES, REGIONS, SHOPS_WITH_A_QUOTA, Place
from bcp_portal.shared.errors import DomainError

# Fewer silent sites of one provider could be an accident.
PROVIDER_SITES = 4


class UnknownDrillError(DomainError):
    """There is no such drill, or it does not fit this place."""


@dataclass
class Switches:
    """What is broken on purpose now; the last three are done once and then forgotten."""

    cut: list[str] = field(default_factory=list)
    cut_sites: list[str] = field(default_factory=list)
    cut_providers: list[str] = field(default_factory=list)
    forgetful: list[str] = field(default_factory=list)
    faulty: list[str] = field(default_factory=list)
    portal_cut: bool = False
    centre_stopped: bool = False
    tablet_lost: bool = False
    backup_lost: bool = False
    corrupt: list[str] = field(default_factory=list)
    repair: list[str] = field(default_factory=list)
    unplug: list[str] = field(default_factory=list)

    def cuts(self, place: Place) -> bool:
        """Whether this place's lines are cut, by whichever switch."""
        return (
            place.region in self.cut
            or place.provider in self.cut_providers
            or place.code in self.cut_sites
        )


def fleet_folder(data_dir: Path) -> Path:
    """Where the demo's fleet lives; the folder exists only in the demo."""
    return data_dir / "fleet"


def read_switches(folder: Path) -> Switches:
    """Read what is broken; a missing or half-written file means nothing is."""
    try:
        return Switches(**json.loads((folder / "switches.json").read_text()))
    except (OSError, ValueError, TypeError):
        return Switches()


@contextmanager
def _changing(folder: Path) -> Iterator[Switches]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "switches.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        switches = read_switches(folder)
        yield switches
        draft = folder / "switches.json.new"
        draft.write_text(json.dumps(asdict(switches)))
        os.replace(draft, folder / "switches.json")


def set_listed(folder: Path, name: str, place: str, *, on: bool) -> None:
    """Put a place on one of the lists of what is broken, or take it off."""
    with _changing(folder) as switches:
        others = [one for one in getattr(switches, name) if one != place]
        setattr(switches, name, [*others, place] if on else others)


def set_flag(folder: Path, name: str, *, on: bool) -> None:
    """Throw a switch of which there is only one."""
    with _changing(folder) as switches:
        setattr(switches, name, on)


def ask_once(folder: Path, name: str, places: Sequence[str]) -> None:
    """Have something done once at some places."""
    with _changing(folder) as switches:
        setattr(switches, name, [*getattr(switches, name), *places])


def mend_till(folder: Path, site: str) -> None:
    """Take the faulty engine away and push its day once more."""
    set_listed(folder, "faulty", site, on=False)
    ask_once(folder, "repair", [site])


def take_orders(folder: Path) -> Switches:
    """Read the switches and clear what is done once."""
    before = read_switches(folder)
    if before.corrupt or before.repair or before.unplug:
        with _changing(folder) as switches:
            before = Switches(**asdict(switches))
            switches.corrupt, switches.repair, switches.unplug = [], [], []
    return before


def providers() -> list[str]:
    """Providers with so many sites that their silence is no accident by the sums."""
    counted = Counter(place.provider for place in PLACES)
    return sorted(name for name, count in counted.items() if count >= PROVIDER_SITES)


@dataclass(frozen=True)
class Throw:
    """What one name does, and which places it may be done at."""

    do: Callable[[Path, str], None]
    places: Callable[[], Container[str]]


def _listed(name: str, places: Callable[[], Container[str]], *, on: bool) -> Throw:
    return Throw(lambda folder, place: set_listed(folder, name, place, on=on), places)


def _flag(name: str, *, on: bool) -> Throw:
    return Throw(lambda folder, _place: set_flag(folder, name, on=on), nowhere)


def _once(name: str) -> Throw:
    return Throw(lambda folder, place: ask_once(folder, name, [place]), shops)


def _region(name: str) -> Throw:
    return Throw(lambda folder, place: ask_once(folder, name, shops_of(place)), lambda: REGIONS)


def nowhere() -> list[str]:
    """The place of a drill that needs none."""
    return [""]


def shops() -> list[str]:
    """Every site with a till."""
    return [place.code for place in FIELD_PLACES]


def shops_of(region: str) -> list[str]:
    """The sites with a till in a region."""
    return [place.code for place in FIELD_PLACES if place.region == region]


DRILLS: dict[str, Throw] = {
    "cut-site": _listed("cut_sites", shops, on=True),
    "restore-site": _listed("cut_sites", shops, on=False),
    "cut-link": _listed("cut", lambda: REGIONS, on=True),
    "restore-link": _listed("cut", lambda: REGIONS, on=False),
    "cut-provider": _listed("cut_providers", providers, on=True),
    "restore-provider": _listed("cut_providers", providers, on=False),
    "cut-portal": _flag("portal_cut", on=True),
    "restore-portal": _flag("portal_cut", on=False),
    "stop-centre": _flag("centre_stopped", on=True),
    "start-centre": _flag("centre_stopped", on=False),
    "corrupt": _once("corrupt"),
    "repair": _once("repair"),
    "corrupt-region": _region("corrupt"),
    "repair-region": _region("repair"),
    "break-till": _listed("faulty", shops, on=True),
    "mend-till": Throw(mend_till, shops),
    "forget-sync": _listed("forgetful", lambda: SHOPS_WITH_A_QUOTA, on=True),
    "remember-sync": _listed("forgetful", lambda: SHOPS_WITH_A_QUOTA, on=False),
    "unplug": _once("unplug"),
    "lose-tablet": _flag("tablet_lost", on=True),
    "find-tablet": _flag("tablet_lost", on=False),
    "lose-backup": _flag("backup_lost", on=True),
    "make-backup": _flag("backup_lost", on=False),
}


def throw(folder: Path, drill: str, place: str) -> None:
    """Do one drill of the table, at the place it needs."""
    if not folder.is_dir():
        raise UnknownDrillError("There is no demo fleet here. Start the demo with bin/up.")
    if drill not in DRILLS:
        raise UnknownDrillError(f"There is no drill {drill}; there are {', '.join(DRILLS)}.")
    chosen = DRILLS[drill]
    if place not in chosen.places():
        raise UnknownDrillError(f"There is no {place or 'such place'} for the drill {drill}.")
    chosen.do(folder, place)
