"""What every test of the work without a link may use."""

import pytest

from tests.offline.servers import stoppable_server


@pytest.fixture
def server(transactional_db):
    with stoppable_server() as running:
        yield running
