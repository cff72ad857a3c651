"""What the machine itself says: disk, load, memory, mains power."""

import os
import shutil
from pathlib import Path

from siaga_agent.store import Json

_MEMINFO = Path("/proc/meminfo")
_POWER = Path("/sys/class/power_supply")


def host_facts(home: Path) -> Json:
    """Whatever can be known on this machine; a fact that cannot be had is left out."""
    facts: Json = {}
    try:
        disk = shutil.disk_usage(home)
        facts["disk_free_pct"] = round(100 * disk.free / max(disk.total, 1), 1)
    except OSError:
        pass
    if hasattr(os, "getloadavg"):
        facts["load1"] = round(os.getloadavg()[0], 2)
    facts.update(_memory())
    facts.update(_battery())
    return facts


def _memory() -> Json:
    try:
        lines = _MEMINFO.read_text().splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) for line in lines if ":" in line}
        return {"mem_free_pct": round(100 * sizes["MemAvailable"] / sizes["MemTotal"], 1)}
    except (OSError, KeyError, ValueError, IndexError):
        return {}


def _battery() -> Json:
    facts: Json = {}
    try:
        for supply in _POWER.iterdir():
            if (supply / "type").read_text().strip() == "Battery":
                level = int((supply / "capacity").read_text())
                facts["battery_pct"] = min(100, max(0, level))
            elif (supply / "online").exists():
                facts["on_ups"] = (supply / "online").read_text().strip() == "0"
    except (OSError, ValueError):
        return facts
    return facts
