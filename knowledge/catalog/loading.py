"""Loads every `knowledge/entries/<phase>/<id>.yaml` as an `Entry`, or reports all faults together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from knowledge.catalog.entry_parsing import parse_entry
from knowledge.catalog.signature_index import SignatureIndex, index_signatures
from knowledge.model.entry import Entry
from knowledge.model.errors import InvalidFilesError
from knowledge.patterns import InvalidPatternError, compile_pattern
from knowledge.yaml_files.yaml_documents import YamlDocument, load_indexed_documents, load_yaml_documents
from knowledge.yaml_files.yaml_section import YamlFile

ENTRIES_DIR = Path(__file__).parents[1] / "entries"


class EntryFile(NamedTuple):
    """An entry, and the file in which its faults are recorded."""

    entry: Entry
    file: YamlFile


class EntryCatalog(Mapping[str, Entry]):
    """Entries by id, from documents without faults. Each is built on first use: a log needs very few."""

    def __init__(self, paths: Sequence[Path], documents: Sequence[YamlDocument], index: SignatureIndex) -> None:
        self.signature_index = index
        self._sources = {path.stem: (path, document) for path, document in zip(paths, documents, strict=True)}
        self._entries: dict[str, Entry] = {}

    def __getitem__(self, entry_id: str) -> Entry:
        entry = self._entries.get(entry_id)
        if entry is None:
            path, document = self._sources[entry_id]
            entry = self._entries[entry_id] = parse_entry(_open_file(path, document), path)
        return entry

    def get(self, entry_id: str, default: Any = None) -> Any:
        """Return an entry, or `default`; what `Mapping` offers goes through an exception handler, and costs more."""
        return self[entry_id] if entry_id in self._sources else default

    def __contains__(self, entry_id: object) -> bool:
        """Return whether there is such an entry, without building it."""
        return entry_id in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def get_signature_index(entries: Mapping[str, Entry]) -> SignatureIndex:
    """Return where the entries' signatures are, without building the entries."""
    return entries.signature_index if isinstance(entries, EntryCatalog) else index_signatures(entries)


def load_entries(root: Path = ENTRIES_DIR) -> Mapping[str, Entry]:
    """Load the entries below `root` by id, ordered by path.

    Raises `InvalidFilesError` with every fault of their structure. `knowledge.checks` also verifies their content.
    """
    paths = _list_paths(root)
    documents, index = load_indexed_documents(paths, "signatures", partial(_build_index, paths))
    return EntryCatalog(paths, documents, SignatureIndex(**index))


def read_entries(root: Path = ENTRIES_DIR) -> list[EntryFile]:
    """Read every entry file below `root` and record faults of its structure in the file."""
    paths = _list_paths(root)
    return _parse_entries(paths, load_yaml_documents(paths))


def _list_paths(root: Path) -> list[Path]:
    return sorted(root.glob("*/*.yaml"))  # the order in which a folder lists its files is arbitrary


def _build_index(paths: Sequence[Path], documents: Sequence[YamlDocument]) -> dict[str, Any]:
    entry_files = _parse_entries(paths, documents)
    faults = [fault for _, file in entry_files for fault in file.list_faults()]
    if faults:
        raise InvalidFilesError(faults)
    return index_signatures({entry.id: entry for entry, _ in entry_files})._asdict()


def _parse_entries(paths: Sequence[Path], documents: Sequence[YamlDocument]) -> list[EntryFile]:
    entry_files: list[EntryFile] = []
    files_by_id: dict[str, str] = {}
    for path, document in zip(paths, documents, strict=True):
        file = _open_file(path, document)
        entry = parse_entry(file, path)
        _check_regexes(file, entry)
        if entry.id in files_by_id:
            file.add_fault(("id",), f"the id {entry.id!r} is taken by {files_by_id[entry.id]}")
        files_by_id.setdefault(entry.id, file.display_name)
        entry_files.append(EntryFile(entry, file))
    return entry_files


def _open_file(path: Path, document: YamlDocument) -> YamlFile:
    return YamlFile(document, f"{path.parent.parent.name}/{path.parent.name}/{path.name}")


def _check_regexes(file: YamlFile, entry: Entry) -> None:
    for index, signature in enumerate(entry.signatures):
        if signature.regex:
            try:
                compile_pattern(signature.regex)
            except InvalidPatternError as error:
                file.add_fault(("signatures", index, "regex"), str(error))
