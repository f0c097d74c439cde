"""Which body fills which role of the norm on which platform, and how to reach it."""
