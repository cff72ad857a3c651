"""Watch the engine from a process that needs neither Django nor the database."""

import os
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from bcp_portal.engine import watch_alone


class Command(BaseCommand):
    """Becomes the stand-alone watchdog, with the settings of the portal."""

    help = "Asks /healthz/engine every few seconds and tells people when the engine is silent."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take how often to look and how often to repeat, in seconds."""
        parser.add_argument("--every", type=float, default=5.0)
        parser.add_argument("--repeat", type=float, default=900.0)

    def handle(self, *, every: float, repeat: float, **_options: Any) -> None:
        """Replace this process: from now on nothing of Django is left in it."""
        environment = os.environ | {
            "SIAGA_BASE_URL": settings.BASE_URL,
            "SIAGA_EMAIL_FROM": settings.DEFAULT_FROM_EMAIL,
        }
        command = [
            sys.executable, "-I", watch_alone.__file__,
            "--every", str(every), "--repeat", str(repeat),
            "--mail-folder", str(settings.EMAIL_FILE_PATH),
        ]  # fmt: skip
        os.execve(sys.executable, command, environment)  # no shell is wanted
