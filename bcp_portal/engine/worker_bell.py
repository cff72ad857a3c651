"""How a Celery worker hears of a job: one short message with the number of a row."""

from typing import Any

from celery import current_app
from django.conf import settings
from kombu import Connection

# Where a message would otherwise wait for ever, nobody needs it a minute later: by then the
# engine has done the job itself.
EXPIRES_S = 60
PATIENCE_S = 0.2


class WorkerBell:
    """A connection to the broker that is kept while it works; only its own thread uses it."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def tell(self, job_id: int) -> None:
        """Send one message, once; whatever goes wrong, the next one starts afresh."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            current_app.send_task(
                "engine.work",
                args=[job_id],
                connection=self._connection,
                expires=EXPIRES_S,
                ignore_result=True,
                retry=False,
            )
        except BaseException:
            self._connection = None
            raise

    def _connect(self) -> Connection:
        options: dict[str, Any] = dict(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        if settings.REDIS_URL:
            options |= {"socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S}
        return Connection(settings.CELERY_BROKER_URL, transport_options=options)
