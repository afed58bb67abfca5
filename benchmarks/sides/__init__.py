"""Who is measured? Each side trains the same network in its own library's best way."""
