"""Read models: one frozen object per screen or report."""
