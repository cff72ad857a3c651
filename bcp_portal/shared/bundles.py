"""Style sheets and scripts that every page needs, gathered into one file each when collected.

A browser asks for six files at a time and paints only when the last style sheet is there: on the
incident page, the twenty files of the frame cost more than the page itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.storage import staticfiles_storage
from whitenoise.storage import (  # type: ignore[import-untyped]  # it ships no types
    CompressedManifestStaticFilesStorage,
)

# In the order in which they count; a file that is gathered here still exists alone, too.
BUNDLES: dict[str, tuple[str, ...]] = {
    "css/siaga.css": (
        "css/tokens.css",
        "css/base.css",
        "css/frame.css",
        "css/overlay.css",
        "css/parts.css",
        "css/forms.css",
        "css/status.css",
        "css/lists.css",
        "css/print.css",
    ),
    "js/siaga.js": (
        "js/portal.js",
        "js/keys.js",
        "js/frame.js",
        "js/drafts.js",
        "js/live.js",
        "js/palette.js",
    ),
}
# A script that does not end its last statement must not run into the next one.
_JOINTS = {".css": "\n", ".js": "\n;\n"}


class BundlingStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # no types
    """Keeps collected files under hashed names, compressed, and the bundles among them."""

    def post_process(self, *args: Any, **options: Any) -> Iterator[tuple[str, str, bool]]:
        """Join the bundles before names are hashed, so that they are hashed and packed, too."""
        paths: dict[str, Any] = args[0]
        if not options.get("dry_run"):
            for name, parts in BUNDLES.items():
                self._join(name, parts)
                paths[name] = (self, name)
        yield from super().post_process(*args, **options)

    def _join(self, name: str, parts: tuple[str, ...]) -> None:
        target = Path(self.path(name))
        joint = _JOINTS[target.suffix]
        texts = [Path(self.path(part)).read_text(encoding="utf-8") for part in parts]
        target.write_text(joint.join(texts), encoding="utf-8")


def addresses(name: str) -> list[str]:
    """Where a bundle is fetched: one file where files are collected, else each part alone."""
    parts = (name,) if isinstance(staticfiles_storage, BundlingStorage) else BUNDLES[name]
    return [staticfiles_storage.url(part) for part in parts]
