"""The fault proxy of the demo's links, under the name by which tests know it.

It is run as `python -m tests.faults.proxy --to HOST:PORT --mode-file FILE`; see
`bcp_portal.demo.proxy` for the modes.
"""

import sys

from bcp_portal.demo.proxy import MODES, Address, FaultProxy, main

__all__ = ["MODES", "Address", "FaultProxy", "main"]

if __name__ == "__main__":
    sys.exit(main())
