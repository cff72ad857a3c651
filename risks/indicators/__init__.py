"""What can be measured without asking anybody: a table of named readings."""
