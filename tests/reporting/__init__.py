"""Is the report right, safe and readable? A package, so that its conftest has a name of its own."""
