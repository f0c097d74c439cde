"""The append-only audit log 台账, its Merkle tree, and the statutory access log."""
