"""Resources, their versions and their addresses."""
