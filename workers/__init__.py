"""Processes that ring and dispatch; the work itself is app/<feature>/jobs.py."""
