"""What runs on a serving host: standard library only, one file to run beside nginx."""
