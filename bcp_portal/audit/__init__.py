"""The append-only, hash-chained trail of every change and of every look at what is sensitive."""
