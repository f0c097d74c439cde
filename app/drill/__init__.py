"""One marked exercise through the whole chain, timed."""
