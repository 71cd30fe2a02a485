"""Tell lines that never show what went wrong: progress bars and Packer's own chatter."""

from __future__ import annotations

from knowledge.patterns import define_text_pattern

_MIN_BAR_CHARS = 8
_MAX_BAR_WORD_SHARE = 0.35
_PROGRESS = define_text_pattern(
    r"(?i)^[\s\[({|/\\-]*\d{1,3}(?:[.,]\d+)? ?%|\d{1,3}(?:[.,]\d+)? ?% *[\])|=# ]*$|"
    r"\d[\d.,]* ?(?:[kmgt]i?b)? ?/ ?\d[\d.,]* ?[kmgt]i?b|"
    r"\d ?(?:[kmgt]i?)?b(?:ytes)? of \d|\beta \d+:\d\d|\b\d+s left\b|"
    r"[=#.*-]{12,}[>\]|]|^[-\\|/]$|^[.=#*~_+-]{4,}$|"
    r"^ *\d{1,3} +\d[\d.]*[kmg]? +\d{1,3} +\d[\d.]*[kmg]? [\d .:kmg-]*$|"  # curl's meter
    r"^% total +% received|^dload +upload|"
    r"^(?:remote: )?(?:enumerating|counting|compressing|receiving|resolving|updating|unpacking) "
    r"(?:objects|deltas|files): |"
    r"^(?:reading|building) (?:package lists|dependency tree|state information)|^\(?reading database|"
    r"^progress:? +\d"
)
_FAILURE_WORD = define_text_pattern(
    r"(?i)\berr(?:or|eur)s?\b|fail|cannot|unable|not enough|no space|\bneed|denied|abort|\bloss\b|fehl|échou|"
    r"échec|errore|non riuscit|falh|失败|失敗|错误|エラー"
)
"""What no progress bar says, in the languages of Windows."""
_NPM_PREFIXES = ("npm error ", "npm ERR! ")
"""What npm puts before every line of a script that failed, its progress bars among them."""
_CHATTER = define_text_pattern(
    # what Packer says of a failure that somebody else has explained, and then what it says in every build
    r"^(?:(Provisioning step had errors|\[ERROR\] Remote command exited with '|"
    r"Retryable error: Script exited|Error deleting resource\. Will retry|"
    r"Some builds didn't complete|Builds finished but|"
    r"Build '[^']*' errored(?: after [^:]{1,60})?(?:: Script exited with .*)?$|"
    r"(?:\*\*)?Script exited with non-zero exit status|machine readable: [\w.-]+,error \[\]string\{\"Script exited)"
    r"|\[(?:INFO|DEBUG|TRACE)\] (?:command '|starting remote|RPC |\d+ bytes written|\(telemetry\)|Packer |"
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
_CHATTER_FIRST_CHARS = frozenset("[ABCDEGMPQRSTUVWm*= -")
"""What every line of the chatter starts with one of."""
_WRAPPER_ERROR = define_text_pattern(
    r"^ERROR: +-> (?:DeploymentFailed|ResourceDeploymentFailure|InvalidTemplateDeployment) "
)
_MISREAD_BLOCKS = ("â–", "Γû", "ÔûË")
"""What the blocks of a progress bar become when UTF-8 is read in another code page."""


def is_progress(body: str) -> bool:
    """Return whether a line is a progress bar or a counter, whatever the code page made of it."""
    stripped = body.strip()
    if not stripped:
        return False
    for prefix in _NPM_PREFIXES:
        while stripped.startswith(prefix):
            stripped = stripped.removeprefix(prefix).lstrip()
    if any(mark in stripped for mark in _MISREAD_BLOCKS) or _is_spinner(stripped[:1]):
        return True
    if not stripped.isascii() and len(stripped) >= _MIN_BAR_CHARS:
        words = sum(character.isalnum() or character == " " for character in stripped)
        if words < _MAX_BAR_WORD_SHARE * len(stripped):
            return True
    text = _make_encodable(stripped)
    return _PROGRESS.search(text) is not None and _FAILURE_WORD.search(text) is None


def _is_spinner(character: str) -> bool:
    return "\u2801" <= character <= "\u28ff"  # the patterns of Braille


def is_packer_chatter(body: str) -> bool:
    """Return whether Packer itself says this in every build, so that it shows nothing of the failure."""
    if body[:1] not in _CHATTER_FIRST_CHARS:
        return False
    text = _make_encodable(body)
    match = _CHATTER.match(text)
    if match is None:
        return is_wrapper_error(text)
    return match[1] is not None or _FAILURE_WORD.search(text) is None


def is_wrapper_error(body: str) -> bool:
    """Return whether Packer passes on an error of Azure that only says that an error follows."""
    return body.startswith("ERROR: ") and _WRAPPER_ERROR.match(_make_encodable(body)) is not None


def _make_encodable(text: str) -> str:
    """Return `text` without halves of surrogate pairs, which RE2 doesn't take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def is_noise(body: str) -> bool:
    """Return whether a line shows nothing of what a script did."""
    return is_packer_chatter(body) or is_progress(body)
