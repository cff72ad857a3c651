"""The demo company Rodajaya, a dealer in car parts: its places, people, past, and its fleet."""
