"""How does what people have become a panel? Files, tables, columns, dates, numbers."""
