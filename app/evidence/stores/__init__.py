"""One file per kind of vault store."""
