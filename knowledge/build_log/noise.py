"""Tell lines that never show what went wrong: progress bars and Packer's own chatter."""

from __future__ import annotations

from collections.abc import Collection

from knowledge.patterns import PatternSet

_MIN_BAR_CHARS = 8
_MAX_BAR_WORD_SHARE = 0.35
_PROGRESS = (
    r"(?i:^[\s\[({|/\\-]*\d{1,3}(?:[.,]\d+)? ?%|\d{1,3}(?:[.,]\d+)? ?% *[\])|=# ]*$|"
    r"\d[\d.,]* ?(?:[kmgt]i?b)? ?/ ?\d[\d.,]* ?[kmgt]i?b|"
    r"\d ?(?:[kmgt]i?)?b(?:ytes)? of \d|\beta \d+:\d\d|\b\d+s left\b|"
    r"[=#.*-]{12,}[>\]|]|^[-\\|/]$|^[.=#*~_+-]{4,}$|"
    r"^ *\d{1,3} +\d[\d.]*[kmg]? +\d{1,3} +\d[\d.]*[kmg]? [\d .:kmg-]*$|"  # curl's meter
    r"^% total +% received|^dload +upload|"
    r"^(?:remote: )?(?:enumerating|counting|compressing|receiving|resolving|updating|unpacking) "
    r"(?:objects|deltas|files): |"
    r"^(?:reading|building) (?:package lists|dependency tree|state information)|^\(?reading database|"
    r"^progress:? +\d)"
)
_FAILURE_WORD = (
    r"(?i:\berr(?:or|eur)s?\b|fail|cannot|unable|not enough|no space|\bneed|denied|abort|\bloss\b|fehl|"
    r"(?:é|É)ch(?:ou|ec)|errore|non riuscit|falh|失败|失敗|错误|エラー)"
)
"""What no progress bar says, in the languages of Windows."""
_NPM_PREFIXES = ("npm error ", "npm ERR! ")
"""What npm puts before every line of a script that failed, including its progress bars."""
_FAILURE_CHATTER = (
    r"^(?:Provisioning step had errors|\[ERROR\] Remote command exited with '|"
    r"Retryable error: Script exited|Error deleting resource\. +(?:Will retry|Please delete)|"
    r"Some builds didn't complete|Builds finished but|"
    r"Build '[^']*' errored(?: after [^:]{1,60})?(?:: Script exited with .*)?$|"
    r"(?:\*\*)?Script exited with non-zero exit status|"
    r"machine readable: (?:error-count|[\w.-]+,error \[\]string\{\"Script exited))"
)
"""What Packer says about a failure that other lines explain."""
_CHATTER = (
    r"^(?:\[(?:INFO|DEBUG|TRACE)\] (?:command '|starting remote|RPC |\d+ bytes written|\(telemetry\)|Packer |"
    r"Waiting for |Attempting |Opening |reconnecting|handshake|handshaking|SSH |no local agent|"
    r"not running plugin|skipping)|"
    r"Provisioning with |Uploading |Running Windows update|Restarting Machine|"
    r"Cancelling |Cleanly cancelled|Waiting for (?:WinRM|SSH|machine)|"
    r"Received interrupt|RPC endpoint|Pausing |Machine successfully restarted|"
    r"Stopping (?:due to|after)|"
    r"Step \"\w+\" |Deleting |Deleted -> |Removing the created |The resource group was not created|"
    r"Running builder \.\.\.|Creating Azure Resource Manager|ARM Client successfully|Getting source image id|"
    r"(?:Using existing|Creating) resource group|(?:Validating|Deploying) deployment template|"
    r"[GS]etting the (?:VM's IP|certificate's URL)| ?-> [A-Z][\w ]{3,30}: |Connected to (?:WinRM|SSH)!|WinRM connected|"
    r"Done exporting Packer logs|Querying the machine's|Powering off machine|Snapshotting OS disk|Wait completed after|"
    r"Build '[^']*' finished after|==> ?$)"
)
"""What Packer says in every build."""
_CHATTER_FIRST_CHARS = frozenset("[ABCDEGMPQRSTUVWm*= -")
"""The beginnings of chatter lines."""
_WRAPPER_ERROR = r"^ERROR: +-> (?:DeploymentFailed|ResourceDeploymentFailure|InvalidTemplateDeployment) "
# One search for all of them is faster than searching for any one alone.
_LINE_KINDS = PatternSet([_PROGRESS, _FAILURE_WORD, _FAILURE_CHATTER, _CHATTER, _WRAPPER_ERROR], ignores_case=False)
_IS_PROGRESS, _HAS_FAILURE_WORD, _IS_FAILURE_CHATTER, _IS_CHATTER, _IS_WRAPPER_ERROR = range(5)
_MISREAD_BLOCKS = ("â–", "Γû", "ÔûË")
"""What a progress bar's block characters turn into when UTF-8 is read in another code page."""


def is_noise(body: str) -> bool:
    """Return whether a line says nothing about what a script did."""
    if body[:1] not in _CHATTER_FIRST_CHARS:
        return is_progress(body)
    kinds, shown = _find_kinds(body), _strip(body)
    return _is_chatter(kinds) or _is_drawn(shown) or _is_bar(kinds if shown == body else _find_kinds(shown))


def is_progress(body: str) -> bool:
    """Return whether a line is a progress bar or a counter, even if the code page garbled it."""
    shown = _strip(body)
    return _is_drawn(shown) or _is_bar(_find_kinds(shown))


def is_packer_chatter(body: str) -> bool:
    """Return whether Packer itself says this in every build, so it says nothing about the failure."""
    return body[:1] in _CHATTER_FIRST_CHARS and _is_chatter(_find_kinds(body))


def is_wrapper_error(body: str) -> bool:
    """Return whether Packer passes on an Azure error that only says that an error follows."""
    return body.startswith("ERROR: ") and _IS_WRAPPER_ERROR in _find_kinds(body)


def _strip(body: str) -> str:
    """Return a line without what npm puts before it."""
    shown = body.strip()
    for prefix in _NPM_PREFIXES:
        while shown.startswith(prefix):
            shown = shown.removeprefix(prefix).lstrip()
    return shown


def _is_drawn(text: str) -> bool:
    """Return whether a line is a bar of blocks, or a spinner of Braille patterns."""
    if text.isascii():
        return False
    if "\u2801" <= text[:1] <= "\u28ff" or any(mark in text for mark in _MISREAD_BLOCKS):
        return True
    words = sum(character.isalnum() or character == " " for character in text)
    return len(text) >= _MIN_BAR_CHARS and words < _MAX_BAR_WORD_SHARE * len(text)


def _find_kinds(text: str) -> Collection[int]:
    return _LINE_KINDS.find_in(text.encode("utf-8", "replace"))


def _is_chatter(kinds: Collection[int]) -> bool:
    if _IS_CHATTER in kinds:
        return _HAS_FAILURE_WORD not in kinds
    return _IS_FAILURE_CHATTER in kinds or _IS_WRAPPER_ERROR in kinds


def _is_bar(kinds: Collection[int]) -> bool:
    return _IS_PROGRESS in kinds and _HAS_FAILURE_WORD not in kinds
