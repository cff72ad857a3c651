"""`python -m siaga_agent`: the same door as the console script."""

import sys

from siaga_agent.cli import main

if __name__ == "__main__":
    sys.exit(main())
