"""Ground: database, clock, settings, keys, pages; knows no feature."""
