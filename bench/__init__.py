"""``make bench``: every promised figure as a ratio to a baseline of the same run."""
