"""Reads YAML files as plain values, through a cache.

Parsing YAML would take most of the startup time. So the values are cached as JSON, under a checksum of the files'
contents. Checks run on them as if they had just been parsed.
"""

from __future__ import annotations

import contextlib
import json
import sys
import zlib
from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.yaml_files.private_cache import has_cache, read_cached, write_cached

if TYPE_CHECKING:
    import yaml

_KNOWLEDGE_FOLDER = Path(__file__).parents[1]


class YamlSyntaxFault(NamedTuple):
    """Why a file is not valid YAML, and the line."""

    line: int
    message: str


class YamlDocument:
    """A YAML file's content, and its plain value, which is decoded on first use.

    Dates are strings, as written.
    """

    def __init__(
        self, content: bytes, decode_value: Callable[[], Any], syntax_fault: YamlSyntaxFault | None = None
    ) -> None:
        self.content = content
        self.syntax_fault = syntax_fault
        self._decode_value = decode_value

    @cached_property
    def value(self) -> Any:
        """The plain value; `None` if the file is not valid YAML."""
        return self._decode_value()

    def compose(self) -> yaml.Node | None:
        """Parse the file again, as a tree whose nodes know their lines."""
        import yaml

        return yaml.compose(self.content, Loader=_get_loader())


def load_yaml_documents(paths: Sequence[Path]) -> Sequence[YamlDocument]:
    """Read YAML files. Files that are read together are cached together."""
    return load_indexed_documents(paths, "", lambda documents: None)[0]


def load_indexed_documents(
    paths: Sequence[Path], index_name: str, build_index: Callable[[Sequence[YamlDocument]], Any]
) -> tuple[Sequence[YamlDocument], Any]:
    """Read YAML files, and return them with an index, which is cached too.

    `build_index` raises an error if something is wrong with the documents. It isn't called if the same code has already
    built this index from the same contents. An index holds only what JSON can represent exactly.
    """
    contents = [path.read_bytes() for path in paths]
    name = f"{_compute_key(contents, index_name)}.cache"
    cached = _read_cached_values(name)
    if cached is not None and len(cached.decoders) == len(contents):
        return [YamlDocument(*pair) for pair in zip(contents, cached.decoders, strict=True)], cached.index
    documents = [_parse(content) for content in contents]
    index = build_index(documents)
    if not any(document.syntax_fault for document in documents):
        _cache_values(name, index, [document.value for document in documents])
    return documents, index


def _compute_key(contents: Sequence[bytes], index_name: str) -> str:
    """Return a name for what these contents say: the checksums of all of them, and their length.

    That is enough to notice a change. Loading `hashlib` would take as long as ten modules of ours.
    """
    checksums = [zlib.crc32(content) for content in contents]
    lengths = [len(content) for content in contents]
    described = f"{sys.version} {_read_code_version()} {index_name} {checksums} {lengths}"
    return f"{zlib.crc32(described.encode()):08x}-{sum(lengths)}"


@cache
def _read_code_version() -> int:
    """Return a checksum of the code that reads, checks, and indexes the files."""
    checksum = 0
    for pattern in ("catalog/*.py", "redaction/*.py", "yaml_files/*.py", "model/*.py", "pattern*.py"):
        for path in sorted(_KNOWLEDGE_FOLDER.glob(pattern)):
            checksum = zlib.crc32(path.read_bytes(), checksum)
    return checksum


class _CachedValues(NamedTuple):
    """What's cached for the documents: their index, and a decoder for each value."""

    index: Any
    decoders: Sequence[Callable[[], Any]]


def _read_cached_values(name: str) -> _CachedValues | None:
    """Read what `_cache_values` stored: a line with the index and the lengths of the values, and then the values."""
    content = read_cached(name) or b""
    start = content.find(b"\n") + 1
    with contextlib.suppress(ValueError, TypeError, RecursionError):
        index, lengths = json.loads(content[:start])
        ends = list(accumulate(lengths, initial=start))
        if ends[-1] == len(content):
            return _CachedValues(index, [partial(_decode, content, *span) for span in pairwise(ends)])
    return None


def _decode(content: bytes, start: int, end: int) -> Any:
    return json.loads(content[start:end])


def _cache_values(name: str, index: Any, values: list[Any]) -> None:
    """Cache them if they survive a round trip through JSON. A key that is a number, for example, doesn't."""
    if not has_cache():
        return
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        texts = [json.dumps(value) for value in values]
        header = json.dumps([index, [len(text) for text in texts]])
        if [json.loads(text) for text in texts] == values and json.loads(header)[0] == index:
            write_cached(name, "".join([header, "\n", *texts]).encode("ascii"))


def _parse(content: bytes) -> YamlDocument:
    import yaml

    value, fault = None, None
    try:
        value = _get_loader()(content).get_single_data()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        fault = YamlSyntaxFault(line, f"is not valid YAML: {error.problem or error}")
    except yaml.YAMLError as error:
        fault = YamlSyntaxFault(1, f"is not valid YAML in UTF-8: {error}")
    return YamlDocument(content, lambda: value, fault)


@cache
def _get_loader() -> type[yaml.SafeLoader]:
    """Return libyaml's loader, or the Python one if PyYAML was built without it, changed to leave dates as strings."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader
