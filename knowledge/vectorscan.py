"""Literal texts compiled by Vectorscan, where its package is installed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

Scan = Callable[[bytes, Callable[[int, int, int, int, object], None]], None]
"""Searches a text, and calls a function with each literal's index, 0, the offset at which it ends, and two more."""


def compile_literals(literals: Sequence[bytes], *, ignores_case: bool, finds_first: bool) -> Scan | None:
    """Compile a search for literals; return None if there are none, or if Vectorscan can't be used.

    It takes about 10 ms for 1,000 literals. Several threads can use it. `finds_first`: a place of each literal is
    enough.
    """
    if not literals:
        return None
    try:
        import hyperscan  # takes 3 ms, and most commands don't need it
    except ImportError:
        return None
    flags = (hyperscan.HS_FLAG_CASELESS if ignores_case else 0) | (hyperscan.HS_FLAG_SINGLEMATCH if finds_first else 0)
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    ids = list(range(len(literals)))
    try:
        database.compile(expressions=literals, ids=ids, flags=[flags] * len(ids), literal=True)
    except hyperscan.error:  # such as a processor that it doesn't know
        return None
    local = threading.local()  # the database's own scratch space is for one scan at a time

    def scan(text: bytes, add: Callable[[int, int, int, int, object], None]) -> None:
        try:
            scratch = local.scratch
        except AttributeError:
            scratch = local.scratch = hyperscan.Scratch(database)
        database.scan(text, match_event_handler=add, scratch=scratch)

    return scan
