"""The trained classifier of complaints: a leaf that imports nothing of app."""
