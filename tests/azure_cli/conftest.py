"""Azure CLI, and every `az` call in the commands that we show."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.azure_cli.bash_calls import BashError, record_calls
from tests.azure_cli.installation import AzureCli, find_installation
from tests.shown_commands import ShownCommand, list_distinct_commands, name_places

Calls = dict[tuple[str, ...], list[ShownCommand]]
"""The arguments of each call, with the commands that make it."""


@pytest.fixture(scope="session")
def azure_cli() -> AzureCli:
    return find_installation()


@pytest.fixture(scope="session")
def calls(real: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """Every distinct call, as a real bash makes it."""
    bash, folder = real("bash"), tmp_path_factory.mktemp("bash")
    found: Calls = {}
    for commands in list_distinct_commands("Azure CLI").values():
        try:
            recorded = record_calls(bash, commands[0].fill(), folder)
        except BashError as error:
            pytest.fail(f"{name_places(commands)}: {error}", pytrace=False)
        for call in recorded:
            found.setdefault(tuple(call), []).extend(commands)
    return found
