"""How is anything measured here? The environment, goals, sides, the machine's facts and the report."""
