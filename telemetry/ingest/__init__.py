"""The only door devices know: decode, deduplicate, store."""
