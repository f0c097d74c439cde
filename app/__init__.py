"""Chuku 出库: complaints in, resources stopped, duties done, proofs kept."""
