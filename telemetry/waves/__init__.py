"""Waves without writing: who goes when, how long it takes, and whether the last one went well."""
