"""Set what a test can't pass in as an argument."""

from __future__ import annotations


def set_existing(owner: object, name: str, value: object) -> None:
    """Set an attribute of an object or a module that has it; after a rename, fail instead of setting what nobody reads."""
    if not hasattr(owner, name):
        raise AttributeError(f"{owner!r} has no attribute {name!r} to set")
    setattr(owner, name, value)
