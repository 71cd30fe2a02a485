"""Set what a test can't pass in as an argument."""

from __future__ import annotations


def set_existing(owner: object, name: str, value: object) -> None:
    """Set an existing attribute of an object or module; fail after a rename instead of setting an unused one."""
    if not hasattr(owner, name):
        raise AttributeError(f"{owner!r} has no attribute {name!r} to set")
    setattr(owner, name, value)
