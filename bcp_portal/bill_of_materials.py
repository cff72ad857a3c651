"""What the portal is made of, as CycloneDX 1.6: every installed package and every vendored file."""

import hashlib
import re
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from django.conf import settings

_VERSION = re.compile(r"^## (\d+\.\d+\.\d+)", re.MULTILINE)


def bill_of_materials() -> dict[str, Any]:
    """List the parts in a stable order; the same installation gives the same document."""
    changes = (settings.BASE_DIR / "CHANGELOG.md").read_text()
    found = _VERSION.search(changes)
    name = {"type": "application", "name": "siaga", "version": found[1] if found else "0"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": name},
        "components": [*_packages(), *_vendored(settings.BASE_DIR / "static" / "vendor")],
    }


def _packages() -> list[dict[str, Any]]:
    by_name = {_canonical(one): one for one in distributions() if one.metadata["Name"]}
    return [_package(name, by_name[name]) for name in sorted(by_name)]


def _canonical(one: Distribution) -> str:
    return re.sub(r"[-_.]+", "-", one.metadata["Name"]).lower()


def _package(name: str, one: Distribution) -> dict[str, Any]:
    address = f"pkg:pypi/{name}@{one.version}"
    facts = one.metadata.json
    said = str(facts.get("license_expression") or facts.get("license") or "")
    part: dict[str, Any] = {
        "type": "library", "bom-ref": address, "name": name, "version": one.version,
        "purl": address,
    }  # fmt: skip
    # Some put the whole text of the licence into the field.
    if said and len(said) < 80:
        part["licenses"] = [{"license": {"name": said.strip()}}]
    return part


def _vendored(folder: Path) -> list[dict[str, Any]]:
    parts = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        place = path.relative_to(folder.parent).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        parts.append(
            {
                "type": "file", "bom-ref": f"file:{place}", "name": place,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        )  # fmt: skip
    return parts
