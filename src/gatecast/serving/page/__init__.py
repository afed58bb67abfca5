"""What does a person without Python see? A page in the browser: drop a table, and forecast it."""
