"""Typed readers of the environment; each fails at start with the name of the variable."""

import os
from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from bcp_portal.shared.durations import parse_duration

_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    """Read a text; an unset variable is the default."""
    return os.environ.get(name, default)


def env_bool(name: str, *, default: bool = False) -> bool:
    """Read a yes or a no."""
    text = os.environ.get(name)
    if text is None:
        return default
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {text!r}.")


def env_int(name: str, default: int) -> int:
    """Read a whole number."""
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from error


def env_duration(name: str, default: timedelta) -> timedelta:
    """Read a span such as 30s, 15m or 8h."""
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def env_list(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Read texts separated by commas."""
    text = os.environ.get(name)
    if text is None:
        return list(default)
    return [part.strip() for part in text.split(",") if part.strip()]


def env_secret(name: str, *, file: Path | None = None) -> str:
    """Read a secret from NAME, from the file that NAME_FILE names, or from a given file."""
    if value := os.environ.get(name):
        return value
    named = os.environ.get(f"{name}_FILE")
    path = Path(named) if named else file
    if path is not None and path.is_file() and (text := path.read_text().strip()):
        return text
    raise ImproperlyConfigured(
        f"{name} is not set. Set it, or {name}_FILE, or start with bin/up, which makes one."
    )
