"""Runs the benchmarks one after another against private servers."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.servers import private_postgres, private_redis

ROOT = Path(__file__).resolve().parents[1]


def names() -> list[str]:
    """List the benchmarks there are."""
    return sorted(path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py"))


def stop(*_: object) -> None:
    """End through the with blocks, so that servers and folders go too."""
    raise SystemExit(130)


def main(wanted: list[str]) -> int:
    signal.signal(signal.SIGTERM, stop)
    if unknown := set(wanted) - set(names()):
        print(f"No benchmark called {', '.join(sorted(unknown))}. There are: {', '.join(names())}")
        return 2
    failed = []
    for name in wanted or names():
        print(f"\n--- {name}", flush=True)
        with (
            tempfile.TemporaryDirectory(prefix="siaga-bench-") as folder,
            private_postgres(durable=True) as postgres,
            private_redis() as redis,
        ):
            environment = os.environ | {
                "DATABASE_URL": postgres.create_database("siaga"),
                "REDIS_URL": redis.url(),
                "SIAGA_DATA_DIR": folder,
                "SIAGA_SECRET_KEY": secrets.token_urlsafe(48),
                # The load comes from few devices; a quota would measure itself.
                "SIAGA_DEVICE_RATE": "0",
                "DJANGO_SETTINGS_MODULE": "bcp_portal.settings",
            }
            command = [
                sys.executable, "-c",
                f"import sys; from benchmarks.{name} import main; sys.exit(main())",
            ]  # fmt: skip
            if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
                failed.append(name)
    if failed:
        print(f"bin/bench: FAILED: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
