"""How is a network trained? Schedules, the loop over epochs and its result."""
