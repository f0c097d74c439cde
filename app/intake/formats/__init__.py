"""What hides in files of each kind, and how a copy without it is made.

Each module answers ``look(file, …)`` (what was found, or a refusal) and ``clean(file, out, …)``.
They read untrusted bytes: only the limited child of ``inspect_file.py`` runs them.
"""
