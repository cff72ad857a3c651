"""Tools that know no model."""
