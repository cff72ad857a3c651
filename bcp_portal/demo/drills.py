"""The switches of the demo's fleet: what is cut, spoiled or stopped, kept in one small file."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path

from bcp_portal.demo.places import FIELD_PLACES, REGIONS
from bcp_portal.shared.errors import DomainError


class UnknownDrillError(DomainError):
    """There is no such drill, or it does not fit this place."""


@dataclass
class Switches:
    """What is broken on purpose now."""

    cut: list[str] = field(default_factory=list)
    corrupt: list[str] = field(default_factory=list)
    repair: list[str] = field(default_factory=list)
    centre_stopped: bool = False


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


def set_link(folder: Path, region: str, *, cut: bool) -> None:
    """Cut or restore the link of a region."""
    if region not in REGIONS:
        raise UnknownDrillError(f"There is no region {region}; there are {', '.join(REGIONS)}.")
    with _changing(folder) as switches:
        others = [code for code in switches.cut if code != region]
        switches.cut = [*others, region] if cut else others


def set_centre(folder: Path, *, stopped: bool) -> None:
    """Stop or start the centre that the tills push to."""
    with _changing(folder) as switches:
        switches.centre_stopped = stopped


def spoil(folder: Path, site: str) -> None:
    """Corrupt the next batch of a site on its way."""
    _check_site(site)
    with _changing(folder) as switches:
        switches.corrupt = [*switches.corrupt, site]


def repair(folder: Path, site: str) -> None:
    """Let a site push its last day again, overwriting what the centre has of it."""
    _check_site(site)
    with _changing(folder) as switches:
        switches.repair = [*switches.repair, site]


def take_orders(folder: Path) -> Switches:
    """Read the switches and clear what is done once."""
    before = read_switches(folder)
    if before.corrupt or before.repair:
        with _changing(folder) as switches:
            before = Switches(**asdict(switches))
            switches.corrupt, switches.repair = [], []
    return before


DRILLS: dict[str, Callable[[Path, str], None]] = {
    "cut-link": lambda folder, place: set_link(folder, place, cut=True),
    "restore-link": lambda folder, place: set_link(folder, place, cut=False),
    "corrupt": spoil,
    "repair": repair,
    "stop-centre": lambda folder, _place: set_centre(folder, stopped=True),
    "start-centre": lambda folder, _place: set_centre(folder, stopped=False),
}


def throw(folder: Path, drill: str, place: str) -> None:
    """Do one drill of the table, at the place it needs."""
    if not folder.is_dir():
        raise UnknownDrillError("There is no demo fleet here. Start the demo with bin/up.")
    if drill not in DRILLS:
        raise UnknownDrillError(f"There is no drill {drill}; there are {', '.join(DRILLS)}.")
    DRILLS[drill](folder, place)


def _check_site(site: str) -> None:
    if site not in {place.code for place in FIELD_PLACES}:
        raise UnknownDrillError(f"There is no site {site} with a till.")
