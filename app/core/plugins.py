"""Plug-ins are found by folder, never listed."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def find(package: str, attribute: str) -> dict[str, Any]:
    """The named attribute of every module in the package, by module name."""
    folder = import_module(package)
    found = {}
    for module in iter_modules(folder.__path__):
        plugin = getattr(import_module(f"{package}.{module.name}"), attribute, None)
        if plugin is not None:
            found[module.name] = plugin
    return found
