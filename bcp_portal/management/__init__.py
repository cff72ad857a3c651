"""Commands that people and scripts type at a prompt."""
