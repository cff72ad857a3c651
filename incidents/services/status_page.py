"""The status page as files, and the verbs of what it lists."""

import json
import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from assets.models import Asset
from bcp_portal.accounts.models import User
from bcp_portal.audit.verbs import audit, verb
from bcp_portal.shared.errors import DomainError
from incidents.models import StatusComponent
from incidents.selectors.status_page import StatusPage, public_status

STYLE = "css/status-page.css"
LANGUAGES = ("en", "id")


@verb
def save_component(
    *,
    name: str,
    asset: Asset | None,
    is_public: bool,
    position: int,
    actor: User | None,
    at: datetime,
    name_id: str = "",
    component: StatusComponent | None = None,
) -> StatusComponent:
    """Put a line on the status page, or change one."""
    if not name.strip():
        raise DomainError(_("Give it a name that customers know."))
    row = component or StatusComponent()
    row.name, row.asset, row.is_public, row.position = name.strip(), asset, is_public, position
    row.translations = {"id": {"name": name_id.strip()}} if name_id.strip() else {}
    row.save()
    audit(
        action="status_component.save",
        obj=row,
        actor=actor,
        at=at,
        after={"name": row.name, "asset": asset.code if asset else "", "is_public": is_public},
    )
    return row


@verb
def retire_component(*, component: StatusComponent, actor: User, at: datetime) -> StatusComponent:
    """Take a line off the status page."""
    component.retired_at = component.retired_at or at
    component.save(update_fields=["retired_at"])
    audit(action="status_component.retire", obj=component, actor=actor, at=at)
    return component


def status_html(page: StatusPage, *, language: str, as_file: bool) -> str:
    """The page in one language; as a file it carries its own style and refers to its siblings."""
    with translation.override(language):
        return render_to_string(
            "status/page.html",
            {
                "page": page,
                "language": language,
                "languages": LANGUAGES,
                "as_file": as_file,
                "style": _style() if as_file else "",
                "home": settings.BASE_URL,
            },
        )


def status_facts(page: StatusPage) -> dict[str, object]:
    """The same for programs."""
    return {
        "at": page.at.isoformat(),
        "overall": page.overall,
        "components": [{"name": one.name, "state": one.state} for one in page.components],
        "current": [
            {
                "reference": one.reference,
                "services": one.headline,
                "began_at": one.began_at.isoformat(),
                "next_at": one.next_at.isoformat() if one.next_at else None,
                "said": [{"at": said.at.isoformat(), "text": said.text} for said in one.said],
            }
            for one in page.current
        ],
    }


def write_status_page(*, at: datetime) -> str:
    """Write the public page into the data folder; any web server can show it without us."""
    return f"{len(write_status_files(folder=settings.DATA_DIR / 'status', at=at))} files"


def write_status_files(*, folder: Path, at: datetime) -> list[Path]:
    """Write every file of the public page; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    pages: dict[str, str] = {}
    for language in LANGUAGES:
        with translation.override(language), timezone.override(ZoneInfo(settings.STATUS_ZONE)):
            page = public_status(at=at)
            pages[f"{language}.html"] = status_html(page, language=language, as_file=True)
        pages.setdefault("status.json", json.dumps(status_facts(page), ensure_ascii=False))
    pages["index.html"] = pages[f"{settings.LANGUAGE_CODE.split('-')[0]}.html"]
    return [_put(folder / name, text) for name, text in pages.items()]


def _put(path: Path, text: str) -> Path:
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(path)
    return path


def _style() -> str:
    return (settings.BASE_DIR / "static" / STYLE).read_text(encoding="utf-8")
