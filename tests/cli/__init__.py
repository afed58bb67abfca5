"""Is the command line right? A package, so that its conftest has a name of its own."""
