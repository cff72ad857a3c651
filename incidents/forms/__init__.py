"""Forms that help a person not to be refused."""
