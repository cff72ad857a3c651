"""Which files the service worker keeps, and the fingerprint by which it notices a new edition."""

import functools
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import get_template
from django.templatetags.static import static

WORKER = "js/offline/worker.js"
STYLES = ("vendor/tabler/tabler.min.css", "css/tokens.css", "css/base.css", "css/frame.css",
          "css/parts.css", "css/overlay.css", "css/forms.css", "css/status.css",
          "css/offline.css")  # fmt: skip
SCRIPTS = ("vendor/idb/idb.js", "js/offline/app.js")
# Modules name each other by their plain names, whatever the storage calls the hashed copies.
MODULES = ("dom", "screens", "fold", "store", "sync", "clock", "vault", "files")
OTHERS = ("vendor/inter/inter-latin.woff2", "vendor/inter/inter-latin-ext.woff2",
          "img/siaga.svg", "img/siaga-192.png", "img/siaga-512.png")  # fmt: skip


def kept_files() -> list[str]:
    """The addresses of everything that the offline pages are made of."""
    named = [static(name) for name in (*STYLES, *SCRIPTS, *OTHERS)]
    return named + [static_plain(f"js/offline/{name}.js") for name in MODULES]


def static_plain(name: str) -> str:
    """The address of a file under the name that it has in the source."""
    return f"{settings.STATIC_URL}{name}"


@functools.cache
def version_of_files() -> str:
    """A digest over the content of all kept files, the worker and the shell."""
    digest = hashlib.sha256(str(getattr(staticfiles_storage, "manifest_hash", "")).encode())
    modules = tuple(f"js/offline/{name}.js" for name in MODULES)
    for name in (*STYLES, *SCRIPTS, *modules, *OTHERS, WORKER):
        found = finders.find(name)
        if isinstance(found, str):
            digest.update(Path(found).read_bytes())
    shell = get_template("offline/shell.html").template  # type: ignore[attr-defined]  # Django's own engine
    digest.update(Path(shell.origin.name).read_bytes())
    return digest.hexdigest()[:16]
