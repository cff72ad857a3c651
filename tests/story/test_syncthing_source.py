"""A shop with a real Syncthing goes dark, sync and telemetry together: to the report and back."""

import pytest

from tests.agent.engines import missing_engine, syncthing_pair
from tests.browser.portal import running_portal, wait_until
from tests.servers import private_smtp
from tests.story import chain

pytestmark = [
    pytest.mark.engines,
    pytest.mark.story,
    pytest.mark.skipif(bool(missing_engine("syncthing")), reason="needs Debian's syncthing"),
]
SITE, STREAM = "SBY-02", "stock"


def test_a_shop_that_goes_dark_with_its_sync_becomes_an_incident_and_a_report(tmp_path):
    data = tmp_path / "portal"
    data.mkdir()
    with (
        private_smtp() as mails,
        syncthing_pair() as pair,
        running_portal(data, mail=mails.url, fleet=False) as portal,
    ):
        dewi, bagus = chain.Caller(portal, "dewi"), chain.Caller(portal, "bagus")
        adapter = pair.branch_settings(stream=STREAM)
        with chain.running_agent(portal, tmp_path, site=SITE, adapter=adapter) as link:
            wait_until(lambda: chain.stream_of(dewi, SITE, STREAM), "the stream was never heard")

            pair.cut()
            link.cut()
            (pair.branch.folder / "stock.csv").write_text("BAN-185-65R15;12\n")
            pair.branch.rescan()
            code = wait_until(lambda: chain.incident_at(dewi, SITE), "no incident opened")
            assert wait_until(lambda: mails.messages, "nobody was called")

            def mend() -> None:
                pair.restore()
                link.restore()

            chain.take_and_run(dewi, bagus, code, mend=mend)
            pair.wait_in_step()
            chain.wait_for_signals_to_clear(dewi, code)
            # What the agent noted in the dark has arrived: the file that waited, and the cut.
            chain.wait_for_pending(dewi, SITE, STREAM, 0)
            chain.look_back(dewi, bagus, code)

        assert (pair.centre.folder / "stock.csv").read_text().startswith("BAN-185")
        assert chain.report_of(portal, code, tmp_path).startswith(b"%PDF")
