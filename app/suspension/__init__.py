"""Holds 停传指令, the deny feed, targets and the probe."""
