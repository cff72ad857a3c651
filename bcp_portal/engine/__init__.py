"""The clock: deadlines, leased jobs, sweeps, the loop that works through them, its watchdog."""
