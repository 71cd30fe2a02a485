"""YAML files through the cache: the same values, faults, and entries as without it, whatever the cache holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from knowledge.catalog.loading import ENTRIES_DIR, load_entries, read_entries
from knowledge.model.errors import InvalidFilesError
from knowledge.yaml_files import yaml_documents
from knowledge.yaml_files.private_cache import write_cached
from knowledge.yaml_files.yaml_documents import YamlDocument, load_indexed_documents, load_yaml_documents
from knowledge.yaml_files.yaml_section import read_yaml_file

KNOWLEDGE = ENTRIES_DIR.parent
TEXT = "name: first\ncount: 3\nday: 2026-01-02\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "cache"
    monkeypatch.setenv("KNOWLEDGE_CACHE", str(path))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "some.yaml"
    path.write_text(TEXT, "utf-8")
    return path


def load(*paths: Path) -> list[object]:
    return [document.value for document in load_yaml_documents(paths)]


class Parser:
    """Counts how often YAML is parsed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs = 0
        self._parse = yaml_documents._parse
        monkeypatch.setattr(yaml_documents, "_parse", self)

    def __call__(self, content: bytes) -> YamlDocument:
        self.runs += 1
        return self._parse(content)


@pytest.fixture
def parser(monkeypatch: pytest.MonkeyPatch) -> Parser:
    return Parser(monkeypatch)


def test_what_was_parsed_once_is_not_parsed_again(folder: Path, file: Path, parser: Parser) -> None:
    first = load(file)
    assert load(file) == first == [{"name": "first", "count": 3, "day": "2026-01-02"}]
    assert parser.runs == 1


def test_all_shipped_files_are_the_same_from_the_cache(folder: Path, parser: Parser) -> None:
    paths = sorted(KNOWLEDGE.rglob("*.yaml"))
    parsed = load(*paths)
    assert parser.runs == len(paths) > 90
    # as text, because 1 == True
    assert json.dumps(load(*paths)) == json.dumps(parsed)
    assert parser.runs == len(paths)


def test_the_content_counts_not_its_time_or_size(folder: Path, file: Path) -> None:
    before = file.stat()
    assert load(file)[0]["name"] == "first"  # type: ignore[index]
    file.write_text(TEXT.replace("first", "other"), "utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    assert load(file)[0]["name"] == "other"  # type: ignore[index]


def test_the_border_between_two_files_counts(folder: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "1.yaml", tmp_path / "2.yaml"
    one.write_text("- a\n- b\n")
    two.write_text("- c\n")
    assert load(one, two) == [["a", "b"], ["c"]]
    one.write_text("- a\n")
    two.write_text("- b\n- c\n")
    assert load(one, two) == [["a"], ["b", "c"]]


def test_other_code_or_another_python_parses_again(
    folder: Path, file: Path, parser: Parser, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(file)
    monkeypatch.setattr(yaml_documents, "_read_code_version", lambda: "later")
    load(file)
    assert parser.runs == 2
    monkeypatch.setattr(sys, "version", "3.99")
    load(file)
    assert parser.runs == 3


@pytest.mark.parametrize(
    "text",
    ["1: a\n", "yes: a\n", "a: .nan\n", "a: !!set {b}\n", "a: !!binary aGk=\n", "a: &x [*x]\n", "a: [\n", "a: \x07\n"],
)
def test_what_json_cannot_tell_exactly_is_not_cached(folder: Path, file: Path, parser: Parser, text: str) -> None:
    file.write_text(text, "utf-8")
    load(file)
    load(file)
    assert parser.runs == 2
    assert not folder.exists()


@pytest.mark.parametrize(
    "cached",
    [
        b"",
        b"nothing",
        b"\n",
        b"[\n",
        b"[]\n",
        b"[1, 2]\n",
        b"[1, []]\n",
        b"[1, [2]]\n7",
        b"[1, [1, 1]]\n78",
        b"{}\n",
        b"7\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b"9" * 9_999 + b"\n",
    ],
)
def test_a_strange_cache_changes_nothing(folder: Path, file: Path, parser: Parser, cached: bytes) -> None:
    expected = load(file)
    (name,) = [file.name for file in folder.iterdir()]
    write_cached(name, cached)  # with a checksum that is right
    assert load(file) == expected
    assert parser.runs == 2
    assert load(file) == expected
    assert parser.runs == 2, "it was replaced"


class Indexer:
    """Counts how often documents are indexed, and refuses those that say so."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, documents: Sequence[YamlDocument]) -> dict[str, list[str]]:
        self.runs += 1
        names = [document.value["name"] for document in documents]
        if "wrong" in names:
            raise ValueError("wrong")
        return {"names": names}


def test_what_was_indexed_is_not_indexed_again(folder: Path, file: Path) -> None:
    build_index = Indexer()
    load(file)  # without an index: this tells nothing
    for _ in range(2):
        documents, index = load_indexed_documents([file], "names", build_index)
        assert index == {"names": ["first"]}
        assert documents[0].value["count"] == 3
    assert build_index.runs == 1
    load_indexed_documents([file], "others", build_index)
    assert build_index.runs == 2, "every index has a name"
    file.write_text("name: wrong\n")
    load(file)
    for _ in range(2):
        with pytest.raises(ValueError, match="wrong"):
            load_indexed_documents([file], "names", build_index)
    assert build_index.runs == 4


def test_an_index_that_json_cannot_tell_exactly_is_built_each_time(folder: Path, file: Path) -> None:
    indexes = [load_indexed_documents([file], "pairs", lambda documents: {"pair": (1, 2)})[1] for _ in range(2)]
    assert indexes == [{"pair": (1, 2)}] * 2


def test_without_a_cache_every_index_is_built(file: Path) -> None:
    build_index = Indexer()
    load_indexed_documents([file], "names", build_index)
    load_indexed_documents([file], "names", build_index)
    assert build_index.runs == 2


def test_faults_have_their_lines_from_the_cache_too(folder: Path, file: Path, parser: Parser) -> None:
    file.write_text("- name: a\n- name: b\n  parts:\n    - 1\n    - 2\n", "utf-8")
    for _ in range(2):
        read = read_yaml_file(file)
        read.add_fault((1, "parts", 1), "too many")
        read.add_fault((1, "size"), "is missing")
        assert [str(fault) for fault in read.list_faults()] == ["some.yaml:5: too many", "some.yaml:2: is missing"]
    assert parser.runs == 1


def test_a_file_that_is_no_utf8_is_a_fault(file: Path) -> None:
    file.write_bytes(b"a: \xff\xfe\xfa\n")
    (fault,) = read_yaml_file(file).list_faults()
    assert str(fault).startswith("some.yaml:1: is not valid YAML in UTF-8")


def test_entries_are_the_same_from_the_cache(folder: Path) -> None:
    read = {entry.id: entry for entry, _ in read_entries()}
    for entries in (load_entries(), load_entries()):
        assert list(entries) == list(read)
        assert dict(entries) == read


def test_invalid_entries_are_never_cached(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "entries" / "build" / "script-nonzero-exit.yaml"
    path.parent.mkdir(parents=True)
    text = (ENTRIES_DIR / "build" / path.name).read_text("utf-8")
    path.write_text(text.replace("severity: error", "severity: grave"), "utf-8")
    for _ in range(2):
        with pytest.raises(InvalidFilesError, match=r"script-nonzero-exit\.yaml:\d+: 'severity' is 'grave'"):
            load_entries(tmp_path / "entries")
    path.write_text(text, "utf-8")
    assert list(load_entries(tmp_path / "entries")) == [path.stem]


_START = """
import sys
from knowledge.yaml_files.private_cache import write_cached
from knowledge.catalog.findings import load_findings
from knowledge.catalog.loading import load_entries
entries = load_entries()
entries["build-timeout"]
load_findings().rules["apt-lock"]
sys.exit("yaml" in sys.modules)
"""


@pytest.mark.real
def test_yaml_is_only_imported_where_the_cache_does_not_help(folder: Path) -> None:
    statuses = [subprocess.run([sys.executable, "-c", _START], check=False).returncode for _ in range(3)]
    assert statuses == [1, 0, 0]
