"""A run while a batch is taken in: its log and its steps, read once and kept up to date."""

from incidents.models import Operation, PlaybookRun, RunStep
from incidents.offline.fold import State
from incidents.offline.ledger import Ledger


class RunBooks:
    """What a batch has to know of a run again and again; good while the lock of the run is held."""

    def __init__(self, run: PlaybookRun) -> None:
        self.run = run
        self._steps: dict[int, RunStep] = {}
        self._ledger = Ledger()
        self._cursor = 0

    def step(self, pk: int) -> RunStep | None:
        """A step of this run."""
        if not self._steps:
            found = RunStep.objects.select_related("phase__run__incident")
            self._steps = {step.pk: step for step in found.filter(phase__run=self.run)}
        return self._steps.get(pk)

    def state_of(self, step: RunStep) -> State:
        """What the log says of a step."""
        return self._read().of_step(str(step.pk))

    def state(self) -> State:
        """What the log says of the run."""
        return self._read().whole()

    def forget_steps(self) -> None:
        """A step has changed, and others may have followed it: read them again when asked."""
        self._steps = {}

    def forget(self) -> None:
        """What was written since was taken back: read everything again when asked."""
        self._steps, self._ledger, self._cursor = {}, Ledger(), 0

    def _read(self) -> Ledger:
        fresh = Operation.objects.standing().filter(run=self.run).after(self._cursor)
        for cursor, op in fresh.told():
            self._ledger.add([op])
            self._cursor = cursor
        return self._ledger
