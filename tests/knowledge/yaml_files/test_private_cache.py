"""The private cache returns what was stored, ignores what someone else could have written, and never raises."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from knowledge.yaml_files import private_cache
from knowledge.yaml_files.private_cache import find_cache_folder, read_cached, write_cached

NAME = "entries.json"
CONTENT = b'["what was parsed", "l\xc3\xadnea"]\n' * 40
STRANGER = 12_345

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no owners and modes of this kind")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "home" / "cache"
    monkeypatch.setenv("KNOWLEDGE_CACHE", str(path))
    return path


@pytest.fixture
def stored(folder: Path) -> Path:
    """The file of a content that was stored."""
    write_cached(NAME, CONTENT)
    assert read_cached(NAME) == CONTENT
    return folder / NAME


PLACES = [
    # platform, environment, folder
    ("linux", {"HOME": "/people/ada"}, "/people/ada/.cache/image-medic"),
    ("linux", {"HOME": "/people/ada", "XDG_CACHE_HOME": "/var/tmp/ada"}, "/var/tmp/ada/image-medic"),
    ("linux", {"HOME": "/people/ada", "XDG_CACHE_HOME": "relative"}, "/people/ada/.cache/image-medic"),
    ("darwin", {"HOME": "/people/mac/ada"}, "/people/mac/ada/Library/Caches/image-medic"),
    ("win32", {"LOCALAPPDATA": "/c/people/mac/ada/AppData/Local"}, "/c/people/mac/ada/AppData/Local/image-medic/Cache"),
    ("linux", {"HOME": "/people/ada", "KNOWLEDGE_CACHE": "/srv/cache"}, "/srv/cache"),
    ("darwin", {"HOME": "/people/mac/ada", "KNOWLEDGE_CACHE": " /srv/cache "}, "/srv/cache"),
    ("linux", {"HOME": "/people/ada", "KNOWLEDGE_CACHE": "off"}, None),
    ("win32", {"LOCALAPPDATA": "/c/x", "KNOWLEDGE_CACHE": "off"}, None),
    ("linux", {"HOME": "/people/ada", "KNOWLEDGE_CACHE": "somewhere/here"}, None),
    ("linux", {}, None),
    ("linux", {"HOME": ""}, None),
    ("darwin", {}, None),
    ("win32", {}, None),
]


@pytest.mark.parametrize(("platform", "environ", "place"), PLACES)
def test_it_belongs_into_the_users_cache_folder(platform: str, environ: dict[str, str], place: str | None) -> None:
    assert find_cache_folder(environ, platform) == (Path(place) if place else None)


def test_it_is_for_its_owner_alone(stored: Path) -> None:
    assert stored.stat().st_mode & 0o777 == 0o600
    assert stored.parent.stat().st_mode & 0o777 == 0o700
    assert stored.parent.parent.stat().st_mode & 0o777 == 0o700, "and so are the folders above that were missing"
    assert [file.name for file in stored.parent.iterdir()] == [NAME], "nothing unfinished is left"


def test_what_was_never_stored_is_not_there(folder: Path, stored: Path) -> None:
    assert read_cached("other.json") is None


def test_a_new_content_replaces_the_old_one(stored: Path) -> None:
    write_cached(NAME, b"new")
    assert read_cached(NAME) == b"new"


def _replace_by_link(path: Path) -> None:
    elsewhere = path.parent.parent / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _change_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DOUBTS: dict[str, Callable[[Path], object]] = {
    "the file can be written by its group": lambda path: path.chmod(0o660),
    "the file can be written by everyone": lambda path: path.chmod(0o602),
    "the folder can be written by its group": lambda path: path.parent.chmod(0o770),
    "the folder can be written by everyone": lambda path: path.parent.chmod(0o707),
    "the file is a link": _replace_by_link,
    "the folder is a link": lambda path: _replace_by_link(path.parent),
    "the file is a pipe": _replace_by_pipe,
    "the file is a folder": _replace_by_folder,
    "the file is empty": lambda path: path.write_bytes(b""),
    "the file ends early": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "the file ends after its checksum": lambda path: path.write_bytes(path.read_bytes()[:4]),
    "the file was never written to the disk": lambda path: path.write_bytes(bytes(len(path.read_bytes()))),
    "the file goes on": lambda path: path.write_bytes(path.read_bytes() + b" "),
    "the file has another byte": _change_byte,
    "the file is not ours": lambda path: path.write_bytes(b'["no checksum"]'),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_when_in_doubt_nothing_is_read(stored: Path, doubt: str) -> None:
    DOUBTS[doubt](stored)
    assert read_cached(NAME) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("part", ["file", "folder"])
def test_files_of_someone_else_are_not_read(stored: Path, part: str) -> None:
    os.chown(stored if part == "file" else stored.parent, STRANGER, -1)
    assert read_cached(NAME) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_nothing_is_created_in_the_home_of_somebody_else(folder: Path) -> None:
    home = folder.parent
    home.mkdir()
    os.chown(home, STRANGER, -1)
    write_cached(NAME, CONTENT)
    assert not folder.exists()


def test_a_file_that_is_too_large_is_not_read_to_its_end(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_cache, "_MAX_BYTES", 100)
    assert read_cached(NAME) is None


def test_on_windows_files_are_opened_by_their_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_cache, "sys", SimpleNamespace(platform="win32"))
    assert read_cached(NAME) is None
    write_cached(NAME, CONTENT)
    assert read_cached(NAME) == CONTENT
    _change_byte(folder / NAME)
    assert read_cached(NAME) is None
    assert [file.name for file in folder.iterdir()] == [NAME]


def test_without_a_place_nothing_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_CACHE", "off")
    monkeypatch.chdir(tmp_path)
    write_cached(NAME, CONTENT)
    assert read_cached(NAME) is None
    assert [file.name for file in tmp_path.iterdir()] == []


def _make_a_file(folder: Path) -> None:
    folder.write_bytes(b"")


def _open_to_everyone(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def _leave_an_unfinished_file(folder: Path) -> None:
    folder.mkdir(0o700)
    (folder / f"{NAME}.{os.getpid()}.unfinished").write_bytes(b"half")


@pytest.mark.parametrize("obstruct", [_make_a_file, _open_to_everyone, _leave_an_unfinished_file])
def test_where_nothing_can_be_stored_nothing_is_said(folder: Path, obstruct: Callable[[Path], None]) -> None:
    folder.parent.mkdir()
    obstruct(folder)
    write_cached(NAME, CONTENT)
    assert read_cached(NAME) is None


_ON_A_FULL_DISK = """
import resource, sys
from knowledge.yaml_files.private_cache import read_cached, write_cached
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_cached("full.json", b"x" * 5000)
assert read_cached("full.json") is None
write_cached("small.json", b"x")
assert read_cached("small.json") == b"x"
"""


@pytest.mark.real
def test_a_write_that_fails_midway_leaves_nothing(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", _ON_A_FULL_DISK], check=True)
    assert [file.name for file in folder.iterdir()] == ["small.json"]


def test_the_oldest_files_go(folder: Path) -> None:
    for number in range(60):
        write_cached(f"{number}.json", CONTENT)
        if (folder / f"{number}.json").exists():
            os.utime(folder / f"{number}.json", (1_000_000 + number, 1_000_000 + number))
    write_cached("last.json", CONTENT)
    left = {file.name for file in folder.iterdir()}
    assert len(left) == private_cache._MAX_FILES
    assert {"last.json", "59.json"} <= left


def test_nobody_reads_half_a_file(folder: Path) -> None:
    contents = [bytes([65 + number]) * 200_000 for number in range(4)]
    seen: set[bytes | None] = set()
    is_done = threading.Event()

    def read() -> None:
        while not is_done.is_set():
            seen.add(read_cached(NAME))

    def write(content: bytes) -> None:
        for _ in range(20):
            write_cached(NAME, content)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    is_done.set()
    reader.join()
    assert seen <= {None, *contents}
    assert read_cached(NAME) in contents
    assert [file.name for file in folder.iterdir()] == [NAME]
