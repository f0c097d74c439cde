"""处置单: states, duties, findings, the desk."""
