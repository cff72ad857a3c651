"""The fault proxy of the demo's links, under the name by which tests know it."""

import sys

from bcp_portal.demo.proxy import MODES, Address, FaultProxy, main

__all__ = ["MODES", "Address", "FaultProxy", "main"]

if __name__ == "__main__":
    sys.exit(main())
