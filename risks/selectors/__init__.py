"""What the pages of the register show: frozen, with a fixed number of queries."""
