"""What the pages and the API of this room show: frozen, with a fixed number of queries."""
