"""The demo world: fictional platforms, bodies, providers and two hundred real, generated files."""
