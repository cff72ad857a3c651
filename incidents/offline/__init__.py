"""What a run becomes from its operations: arithmetic that knows neither rows nor clocks."""
