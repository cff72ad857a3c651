"""The register as a file: what its columns are called, how it is read and written."""
