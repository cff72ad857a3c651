"""Real sync engines for tests: a PostgreSQL publisher and subscriber, and two Syncthings.

    with postgres_pair() as pair:
        pair.publisher.sql("INSERT INTO sales VALUES (1, 100)")
        pair.cut()                       # the subscriber loses its publisher
        pair.restore()
        settings = pair.publisher_settings()     # one entry for `adapters` in agent.json
        settings = pair.subscriber_settings()

`pair.publisher` and `pair.subscriber` are `Cluster`s: `.sql(text)` runs SQL in the database
`shop` and returns what psql prints, `.conninfo` is a connection string, `.stop()`, `.start()`.
Table `sales (id integer primary key, amount integer)` is published as `siaga_pub` and subscribed
to as `siaga_sub`, through `pair.link`, a `tests.faults.proxy.FaultProxy` (pass, drop, hang,
reset). WAL segments are 1 MiB, so a slot can be lost within seconds.

    with syncthing_pair() as pair:       # or syncthing_pair(max_conflicts=0)
        (pair.branch.folder / "stock.csv").write_text("...")
        pair.wait_in_step()
        pair.cut(); pair.restore()
        settings = pair.branch_settings()        # for `adapters`, seen from the branch
        settings = pair.centre_settings()

`pair.branch` and `pair.centre` are `Syncthing`s: `.folder` (a Path), `.device_id`, `.url`,
`.api_key`, `.get(path)`, `.post(path)`, `.rescan()`. Only the branch dials, through `pair.link`.
Discovery, relays, NAT traversal, upgrades and reports are off: nothing leaves the machine.

Both need the Debian packages (`postgresql`, `syncthing`) and work for any user; PostgreSQL, which
refuses root, is then run as the user postgres. `missing_engine(name)` says what is not installed.
Tests that use them carry `@pytest.mark.engines`.
"""

import shutil

from bcp_portal.shared.ports import free_port
from tests.agent.engine_postgres import Cluster, PostgresPair, postgres_bin, postgres_pair
from tests.agent.engine_syncthing import Syncthing, SyncthingPair, syncthing_pair
from tests.agent.patience import wait_until

__all__ = [
    "Cluster",
    "PostgresPair",
    "Syncthing",
    "SyncthingPair",
    "free_port",
    "missing_engine",
    "postgres_pair",
    "syncthing_pair",
    "wait_until",
]


def missing_engine(name: str) -> str | None:
    """What has to be installed for an engine (`postgres`, `syncthing`); None if it is there."""
    if name == "postgres":
        return None if postgres_bin() else "Debian package postgresql"
    return None if shutil.which("syncthing") else "Debian package syncthing"
