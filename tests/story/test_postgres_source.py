"""A real PostgreSQL replication pair loses its link: from the agent's sample to the report."""

import pytest

from tests.agent.engines import missing_engine, postgres_pair
from tests.browser.portal import running_portal, wait_until
from tests.servers import private_smtp
from tests.story import chain

pytestmark = [
    pytest.mark.engines,
    pytest.mark.story,
    pytest.mark.skipif(bool(missing_engine("postgres")), reason="needs Debian's postgresql"),
]
# Nobody has signed what this shop promises: its objectives may be set without signatures.
SITE, STREAM = "MLG-01", "sales"


def test_a_replication_that_loses_its_link_becomes_an_incident_and_a_report(tmp_path):
    data = tmp_path / "portal"
    data.mkdir()
    with (
        private_smtp() as mails,
        postgres_pair() as pair,
        running_portal(data, mail=mails.url, fleet=False) as portal,
    ):
        dewi, bagus = chain.Caller(portal, "dewi"), chain.Caller(portal, "bagus")
        maya = chain.Caller(portal, "maya")
        maya.send(
            "recovery-targets/", asset=f"TILL-{SITE}", rto=1800, rpo=30, reason="A strict shop"
        )
        adapter = pair.publisher_settings(stream=STREAM)
        with chain.running_agent(portal, tmp_path, site=SITE, adapter=adapter):
            chain.wait_for_pending(dewi, SITE, STREAM, 0)

            # The shop sells on, its sales no longer arrive; only the engine's slot tells.
            pair.cut()
            pair.publisher.sql("INSERT INTO sales SELECT n, n FROM generate_series(1, 25) n")
            code = wait_until(lambda: chain.incident_at(dewi, SITE), "no incident opened")
            chain.wait_for_pending(dewi, SITE, STREAM, 25)
            assert wait_until(lambda: mails.messages, "nobody was called")

            chain.take_and_run(dewi, bagus, code, mend=pair.restore)
            pair.wait_in_step()
            chain.wait_for_signals_to_clear(dewi, code)
            chain.wait_for_pending(dewi, SITE, STREAM, 0)
            chain.look_back(dewi, bagus, code)

        assert chain.report_of(portal, code, tmp_path).startswith(b"%PDF")
