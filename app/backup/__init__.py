"""One file that holds database and vault, and the way back from it."""
