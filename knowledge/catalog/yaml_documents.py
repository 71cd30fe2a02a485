"""Reads YAML files as plain values, through a cache.

Parsing YAML would take most of the time of a start. Its values are therefore kept as JSON, under a hash of the files'
contents. Whatever checks them runs as if they had just been parsed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.catalog.private_cache import read_cached, write_cached

if TYPE_CHECKING:
    import yaml

_CODE_FOLDERS = (Path(__file__).parent, Path(__file__).parents[1] / "model")


class YamlSyntaxFault(NamedTuple):
    """Why a file is not valid YAML, and the line."""

    line: int
    message: str


class YamlDocument(NamedTuple):
    """A YAML file's content, and its plain value: `None` if it is not valid YAML.

    Dates are texts, as they are written.
    """

    content: bytes
    value: Any
    syntax_fault: YamlSyntaxFault | None = None

    def compose(self) -> yaml.Node | None:
        """Parse the file again, as a tree whose nodes know their lines."""
        import yaml

        return yaml.compose(self.content, Loader=_get_loader())


def load_yaml_documents(
    paths: Sequence[Path], check: Callable[[Sequence[YamlDocument]], None] | None = None
) -> Sequence[YamlDocument]:
    """Read YAML files. Those that are read together are cached together.

    `check` raises an error if something is wrong with them. It is not called for contents that the same code checked
    before.
    """
    contents = [path.read_bytes() for path in paths]
    name = f"{_compute_key(contents, is_checked=check is not None)}.cache"
    values = _read_cached_values(name)
    if len(values) == len(contents):
        return [YamlDocument(content, value) for content, value in zip(contents, values, strict=True)]
    documents = [_parse(content) for content in contents]
    if check is not None:
        check(documents)
    if not any(document.syntax_fault for document in documents):
        _cache_values(name, [document.value for document in documents])
    return documents


def _compute_key(contents: Sequence[bytes], is_checked: bool) -> str:
    digest = hashlib.sha256(f"{sys.version} {is_checked} {_read_code_version()}".encode())
    for content in contents:
        digest.update(f"\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def _read_code_version() -> str:
    """Return a digest of the code that reads and checks the files."""
    digest = hashlib.sha256()
    for folder in _CODE_FOLDERS:
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _read_cached_values(name: str) -> list[Any]:
    """Return the values that were cached, or none."""
    with contextlib.suppress(ValueError, RecursionError):
        values = json.loads(read_cached(name) or b"[]")
        if isinstance(values, list):
            return values
    return []


def _cache_values(name: str, values: list[Any]) -> None:
    """Cache `values`, if JSON gives the very same ones back. It does not for a key that is a number, for example."""
    with contextlib.suppress(TypeError, ValueError, RecursionError):
        content = json.dumps(values)
        if json.loads(content) == values:
            write_cached(name, content.encode("ascii"))


def _parse(content: bytes) -> YamlDocument:
    import yaml

    loader = _get_loader()(content)
    try:
        return YamlDocument(content, loader.get_single_data())
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return YamlDocument(content, None, YamlSyntaxFault(line, f"is not valid YAML: {error.problem or error}"))
    except yaml.YAMLError as error:
        return YamlDocument(content, None, YamlSyntaxFault(1, f"is not valid YAML in UTF-8: {error}"))


@cache
def _get_loader() -> type[yaml.SafeLoader]:
    """Return libyaml's loader, or the same in Python where PyYAML was built without it, but leave dates as texts."""
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader
