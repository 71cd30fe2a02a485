"""The sandbox starts completely or not at all, stops without leftovers, and survives any request."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from aiohttp import ClientSession
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.errors import StartError
from bot.sandbox.builds.scenario import read_scenario
from bot.sandbox.server import Sandbox
from tests.bot.sandbox.test_guarding import bearer, session_of
from tests.bot.sandbox.test_resource_manager import IMAGES, template_of

GOLDEN = template_of("win11-golden")
LOG = f"/{GOLDEN.storage_account}/packerlogs/{GOLDEN.derive_guid('folder')}/customization.log"

SUBSCRIPTIONS = "images: {id: 8e1f6a02-5c7d-4b39-9d14-f0a2c6e83b75, name: Images}\n"
TEMPLATE = "about: x\ngroup: rg\nlocation: westeurope\nproperties: {source: {type: ManagedImage, imageId: x}}\n"


def folder_of(tmp_path: Path, template: str) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "subscriptions.yaml").write_text(SUBSCRIPTIONS)
    (tmp_path / "images" / "mine.yaml").write_text(template)
    return tmp_path


def made_folders() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("image-medic-sandbox-*"))


@pytest.mark.parametrize(
    "template", [TEMPLATE + "colour: red\n", "group: rg\n", "- a list\n", "about: [\n", "just words\n"]
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, template: str) -> None:
    with pytest.raises(StartError, match=r"mine\.yaml cannot be"):
        read_scenario(folder_of(tmp_path, template))


async def test_a_start_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))  # other tests make folders in the shared one
    run = "run: {state: Failed, message: x, logs: {customization.log: [explode]}}\n"
    sandbox = Sandbox(scenario=read_scenario(folder_of(tmp_path, TEMPLATE + run)))
    with pytest.raises(StartError, match="explode"):
        await sandbox.start()
    assert not made_folders()
    await sandbox.close()


async def test_a_scenario_of_ones_own_can_be_shown(tmp_path: Path) -> None:
    async with (
        Sandbox(scenario=read_scenario(folder_of(tmp_path, TEMPLATE))) as sandbox,
        session_of(sandbox) as session,
    ):
        headers = await bearer(sandbox, sandbox.cloud.resource_scope)
        path = f"/subscriptions/{IMAGES}/providers/Microsoft.VirtualMachineImages/imageTemplates?api-version=2024-02-01"
        found = await (await session.get(path, headers=headers)).json()
    assert [template["name"] for template in found["value"]] == ["mine"]


async def test_a_long_log_comes_at_the_rate_that_was_asked_for() -> None:
    waited: list[float] = []
    asleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await asleep(0)

    async with Sandbox(bytes_per_second=1000) as sandbox, session_of(sandbox) as session:
        headers = await bearer(sandbox, sandbox.cloud.storage_scope)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("bot.sandbox.blob_storage.asyncio.sleep", sleep)
            await session.get(LOG, headers=headers | {"Range": "bytes=0-1999"})
    assert 2.0 in waited


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("bytes=0-0", 206),
        ("bytes=5-", 206),
        ("bytes=0-999999999999999", 206),
        ("bytes=9999999-", 416),
        ("bytes=9-5", 416),
        ("bytes=-5", 400),
        ("bytes=0-1,5-6", 400),
        ("bytes=\u0661-\u0662", 400),
        ("lines=0-5", 400),
        ("bytes=" + "9" * 60 + "-", 400),
    ],
)
@pytest.mark.parametrize("header", ["Range", "x-ms-range"])
async def test_ranges(sandbox: Sandbox, header: str, asked: str, status: int) -> None:
    async with session_of(sandbox) as session:
        headers = await bearer(sandbox, sandbox.cloud.storage_scope) | {header: asked}
        response = await session.get(LOG, headers=headers)
        assert response.status == status
        assert len(await response.read()) == int(response.headers["Content-Length"])


ODD = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    base=st.sampled_from(
        ["/subscriptions", f"/subscriptions/{IMAGES}", GOLDEN.id, f"/{GOLDEN.storage_account}", LOG, ""]
    ),
    path=ODD,
    query=st.dictionaries(
        st.sampled_from(["api-version", "$skipToken", "$filter", "restype", "comp", "prefix", "marker", "maxresults"]),
        ODD | st.sampled_from(["2024-02-01", "container", "list", "1"]),
    ),
)
async def test_nothing_that_is_asked_breaks_it(sandbox: Sandbox, base: str, path: str, query: dict[str, str]) -> None:
    async with session_of(sandbox) as session:
        for scope in (sandbox.cloud.resource_scope, sandbox.cloud.storage_scope):
            url = URL(sandbox.cloud.resource_manager).with_path(f"{base}/{path}").with_query(query)
            response = await session.get(url, headers=await bearer(sandbox, scope))
            assert response.status < 500
            body = await response.read()
            if response.content_type == "application/xml":
                ElementTree.fromstring(body)


async def test_a_crowd_is_served(sandbox: Sandbox) -> None:
    async def read(session: ClientSession, headers: dict[str, str]) -> int:
        return len(await (await session.get(LOG, headers=headers)).read())

    async with session_of(sandbox) as session:
        headers = await bearer(sandbox, sandbox.cloud.storage_scope)
        assert len(set(await asyncio.gather(*(read(session, headers) for _ in range(40))))) == 1
