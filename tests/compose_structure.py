"""Checks a compose file's structure where no docker compose is at hand: python -m, one file."""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

SERVICE_KEYS = {
    "image", "build", "command", "restart", "stop_grace_period", "environment", "volumes",
    "depends_on", "healthcheck", "ports",
}  # fmt: skip
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def faults(page: dict[str, Any]) -> list[str]:
    """Name everything that docker compose would refuse."""
    services, volumes = page.get("services", {}), page.get("volumes", {})
    found = [] if services else ["there is no service"]
    allowed = {"name", "services", "volumes"}
    found += [
        f"unknown key {key}" for key in page if key not in allowed and not key.startswith("x-")
    ]
    for name, service in services.items():
        wrong = _of_service(service) + _of_order(service, services)
        wrong += [
            f"volume {source} is not declared"
            for source in (mount.split(":")[0] for mount in service.get("volumes", []))
            if not source.startswith((".", "/")) and source not in volumes
        ]
        found += [f"{name}: {fault}" for fault in wrong]
    return found


def _of_service(service: dict[str, Any]) -> list[str]:
    wrong = [f"unknown key {key}" for key in service if key not in SERVICE_KEYS]
    if "image" not in service and "build" not in service:
        wrong.append("neither image nor build")
    return wrong


def _of_order(service: dict[str, Any], services: dict[str, Any]) -> list[str]:
    wrong = []
    for needed, how in dict(service.get("depends_on", {})).items():
        if needed not in services:
            wrong.append(f"depends on {needed}, which is no service")
        elif how["condition"] not in CONDITIONS:
            wrong.append(f"unknown condition {how['condition']}")
        elif how["condition"] == "service_healthy" and "healthcheck" not in services[needed]:
            wrong.append(f"waits for the health of {needed}, which has no check")
    return wrong


def variables(text: str) -> set[str]:
    """Name every variable that the file takes from its surroundings."""
    return set(re.findall(r"\$\{([A-Z_]+)", text))


if __name__ == "__main__":
    wrong = faults(yaml.safe_load(Path(sys.argv[1]).read_text()))
    print("\n".join(wrong) or "structure is sound")
    sys.exit(1 if wrong else 0)
