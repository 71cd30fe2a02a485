"""One holder at a time, who is named; the lock ends with its holder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.errors import StoreError
from bot.state.file_lock import StateFileLock

ROOT = Path(__file__).resolve().parents[3]
_HOLDER = """
import sys, time
from pathlib import Path
from bot.state.file_lock import StateFileLock
StateFileLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_is_told_who_the_first_is_and_what_to_do(tmp_path: Path) -> None:
    first, second = StateFileLock(tmp_path / "deep" / "s"), StateFileLock(tmp_path / "deep" / "s")
    first.acquire()
    with pytest.raises(StoreError) as told:
        second.acquire()
    assert f"another server: process {os.getpid()} on {socket.gethostname()} since " in str(told.value)
    assert "STATE_BLOB_URL" in str(told.value)
    StateFileLock(tmp_path / "deep" / "other").acquire()
    first.release()
    second.acquire()
    second.release()
    second.release()


@pytest.mark.real
def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, str(tmp_path / "s")], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(StoreError, match=f"process {holder.pid} on"):
        StateFileLock(tmp_path / "s").acquire()
    holder.kill()
    holder.communicate()
    StateFileLock(tmp_path / "s").acquire()


def test_a_name_that_somebody_wrote_there_shows_no_control_character(tmp_path: Path) -> None:
    lock = StateFileLock(tmp_path / "s")
    lock.acquire()
    (tmp_path / "s.lock").write_text("\x1b]0;owned\x07 me" + "x" * 5000)
    with pytest.raises(StoreError) as told:
        StateFileLock(tmp_path / "s").acquire()
    assert "\x1b" not in str(told.value)
    assert len(str(told.value)) < 1000
    lock.release()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "s.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(StoreError, match="cannot be locked"):
        StateFileLock(tmp_path / "s").acquire()
    assert (tmp_path / "precious").read_text() == "precious"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="State cannot be kept in"):
        StateFileLock(tmp_path / "file" / "s").acquire()
