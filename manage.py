#!/usr/bin/env python
"""Commands at a prompt."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # The demo runs the branch side's own package, which is installed alone elsewhere.
    sys.path.append(str(Path(__file__).resolve().parent / "agent"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bcp_portal.settings")
    execute_from_command_line(sys.argv)
