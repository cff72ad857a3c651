"""How long a register of 2,000 rows takes to be tried and to be imported, from the file on."""

import sys
import time
from importlib import import_module
from typing import Any

ROWS = 2000
LIMIT_S = 10.0


def sheet() -> bytes:
    """An outside register: its own headings, words for the steps, days as people write them."""
    lines = [
        f"Kasir {n} mati;Ketersediaan;Listrik padam;maya;{n % 5 + 1};{n // 5 % 5 + 1};31/12/2027"
        for n in range(ROWS)
    ]
    head = "Peristiwa Risiko;Kategori;Penyebab;Pemilik Risiko;Kemungkinan;Dampak;Tanggal Tinjauan"
    return "\n".join([head, *lines]).encode()


def run(actor: Any, *, dry_run: bool) -> tuple[float, float, int]:
    """Read, start and finish one file: seconds, those of the processor, risks it made."""
    verbs = import_module("risks.services.import_batch")
    at = import_module("tests.make").NOON
    started, worked = time.perf_counter(), time.process_time()
    batch = verbs.read_file(file_name="luar.csv", content=sheet(), actor=actor, at=at)
    verbs.start_batch(batch=batch, dry_run=dry_run, actor=actor, at=at)
    verbs.run_batch(subject_id=batch.pk, at=at, again=False)
    took, cpu = time.perf_counter() - started, time.process_time() - worked
    batch.refresh_from_db()
    return took, cpu, len(batch.report["created"])


def main() -> int:
    """Measure, print, and say by the exit code whether the limit holds."""
    import django  # noqa: PLC0415  # not before somebody asks for this benchmark
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    make = import_module("tests.make")
    import_module("risks.services.category").add_first_categories(at=make.NOON)
    actor = make.make_user(import_module("bcp_portal.accounts.roles").Role.RISK_MANAGER)
    import_module("bcp_portal.accounts.models").User.objects.filter(pk=actor.pk).update(
        username="maya"
    )
    missed = 0
    for name, dry_run in (("dry run", True), ("import", False)):
        took, cpu, made = run(actor, dry_run=dry_run)
        assert made == ROWS, made
        missed += took > LIMIT_S
        print(f"{name:8} of {ROWS} rows: {took:.1f} s, {cpu:.1f} s of ours (limit {LIMIT_S:.0f} s)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
