"""Find secrets that only the command around them identifies: `net user NAME x`, `mysql -px`, `curl -u user:x`."""

from __future__ import annotations

from collections.abc import Iterator

from knowledge.redaction.patterns import BytePattern, RedactionRule, Span, compute_max_findings
from knowledge.redaction.values import find_line_end, read_argument, read_value

_ENCODED_SCRIPT = BytePattern(
    r"(?i)[\s\"',][-/]e(?:n|nc|c|nco\w*)?(?:[\"'\\]*,\s*|\s+)[\"'\\]*(?P<v>[A-Za-z0-9+/]{12,}={0,2})(?:[^\w.:\\/-]|\z)"
)
_PIPED_PASSWORD = BytePattern(
    r"(?i)(?:\b(?:echo|printf|write-output)\s+(?:-\w+\s+)*(?P<printed>[^|\n]+?)|(?P<text>\"[^\"\n]+\"|'[^'\n]+'))\s*\|"
    r"[^|\n]*(?:-stdin|\bsudo\s+(?:-\w+\s+)*-S|chpasswd|smbpasswd|--with-token|devops\s+login|convertto-securestring)"
)
_DIRECT_ARGUMENT = BytePattern(
    r"(?i)convertto-securestring\s+(?:-asplaintext\s+|-force\s+)*(?:-string\s+)?(?P<plain>[^\s|)-])"
    r"|\bopenssl\s+passwd\s+(?:-\w+\s+)*(?P<hashed>[^\s-])"
    r"|\bkeyvault\s+secret\s+set\s[^\n|]*?--value[\s=]+(?P<stored>\S)"
    r"|::add-mask::(?P<masked>\S)|\bvault\s+login\s+(?P<vault>[^\s-])"
    r"|(?:-value|/d)\s+(?P<early>[^\s-])[^\n|;]{0,200}(?:-name|/v)\s+[\"']?\w*password"
    r"|chpasswd\s*<<<\s*(?P<here>\S)"
    r"|\b(?:network|ps)credential\]?(?:::new)?\s*[(,]\s*[^,\n]{1,128},\s*(?P<pair>\\*[\"'])"
    r"|\bnet1?(?:\.exe)?\s+user\s+(?:/\w+\s+)*(?:\\*\"[^\"\n]*\"|[^\s/\"\\]\S*)\s+(?:/\w+\s+)*(?P<user>[^\s/|>&)])"
    r"|\bnet1?(?:\.exe)?\s+use\s+(?:(?:[a-z]:|\*)\s+)?\"?\\\\[^\s\"]+\"?\s+(?:/user:\S+\s+)?(?P<share>[^\s/|>&])"
)
_DIRECT_GROUPS = ("plain", "here", "pair", "user", "share", "hashed", "stored", "masked", "vault", "early")
_TOOL = BytePattern(
    r"(?i)\b(?:(?P<upper>sqlcmd|osql|bcp|unzip|zip)"
    r"|(?P<lower>mysql\w*|mariadb\w*|sshpass|7z[ar]?|7zip|rar|unrar|psexec(?:64)?|(?:docker|podman|helm\s+registry|oc)\s+login"
    r"|az\s+(?:acr\s+)?login|mongo\w*|schtasks|nuget|certutil|signtool|arj|xfreerdp|winrs)"
    r"|(?P<putty>plink|pscp|psftp|puttygen)|(?P<redis>redis-cli)|(?P<pair>curl|smbclient)|(?P<ldap>ldap\w+))(?:\.exe|64)?[\"'\\]*[\s,]"
)
_FLAGS = {
    "upper": BytePattern(r"[\s\"']-P(?:[\"']\s*,\s*|\s*)(?P<v>[^\s,])"),
    "lower": BytePattern(r"[\s\"'](?:-{1,2}p(?:[\"'\\]+,\s*|\s*)|/(?i:p|rp)(?::|\s+))(?P<v>[^\s=,])"),
    "putty": BytePattern(r"[\s\"']-(?:pw|passphrase)[\"']?,?\s+(?P<v>\S)"),
    "redis": BytePattern(r"[\s\"'](?:-a|--pass)[\"']?,?\s+(?P<v>\S)"),
    "pair": BytePattern(r"[\s\"'](?:-[uU]|--user|--proxy-user)[\"'\\]*,?[\s=]*(?P<v>[^\s,])"),
    "ldap": BytePattern(r"[\s\"']-w\s*(?P<v>\S)"),
}
# `curl -u user:password`, and Samba's `user%password`.
_USER_PART = BytePattern(r"[^\s:%\"']*[:%]")


def _find_encoded_scripts(view: bytes) -> Iterator[Span]:
    """Yield scripts passed to PowerShell in base64, which can contain secrets that no other rule sees."""
    for match in _ENCODED_SCRIPT.finditer(view):
        yield match.span("v")


def _find_piped_passwords(view: bytes) -> Iterator[Span]:
    """Yield what is piped into a tool that reads a password, except variables and placeholders."""
    for match in _PIPED_PASSWORD.finditer(view):
        start, end = match.span("printed" if match.start("printed") >= 0 else "text")
        text = view[start:end]
        if text[:1] in (b'"', b"'") and text[-1:] == text[:1] and len(text) > 1:
            start, end = start + 1, end - 1
        # A variable, a placeholder, or a template's expression: the text doesn't have the secret itself.
        if not view[start:end].startswith((b"$", b"*", b"%", b"[REDACTED]", b"${{", b"{{")):
            yield start, end


def _find_direct_arguments(view: bytes) -> Iterator[Span]:
    """Yield arguments that are secrets because of their position; in a crowded text, the rest of each line with one."""
    line_end = 0
    for number, match in enumerate(_DIRECT_ARGUMENT.finditer(view)):
        if number > compute_max_findings(view):
            if match.start() >= line_end:
                line_end = find_line_end(view, match.end() - 1)
                yield match.start(), line_end
            continue
        group = next(group for group in _DIRECT_GROUPS if match.start(group) >= 0)
        span = read_argument(view, match.start(group))
        # `net user NAME *` asks for the password.
        if span is not None and view[span[0] : span[1]] not in (b"*", b"user"):
            yield span


def _find_flag_values(view: bytes) -> Iterator[Span]:
    """Yield the values of a tool's secret flags, up to the next tool's name or the line's end.

    The flags of all tools named so far on the line count: a name can be part of another tool's arguments.
    """
    tools = list(_TOOL.finditer(view))
    line_groups: set[str] = set()
    line_end = -1
    is_line_hidden = False
    for index, tool in enumerate(tools):
        if tool.start() >= line_end:
            line_groups = set()
            line_end = find_line_end(view, tool.start())
            is_line_hidden = False
        if is_line_hidden:
            continue
        if index > compute_max_findings(view):
            # A line that names this many tools isn't a command; hiding the rest of it keeps the time linear.
            is_line_hidden = True
            yield tool.end(), line_end
            continue
        line_groups.add(next(group for group in _FLAGS if tool.start(group) >= 0))
        limit = min(line_end, tools[index + 1].start()) if index + 1 < len(tools) else line_end
        for group in sorted(line_groups):
            for flag in _FLAGS[group].finditer(view, max(tool.start(), tool.end() - 1), limit):
                span = _read_flag_value(view, flag.start("v"), is_user_pair=group == "pair")
                if span is not None:
                    yield span


def _read_flag_value(view: bytes, pos: int, *, is_user_pair: bool) -> Span | None:
    """Return the argument at `pos`, or only the password of `user:password`; `None` if it has no secret."""
    if not is_user_pair:
        return read_argument(view, pos)
    span = read_value(view, pos, is_password=True, can_be_prose=False)
    user = _USER_PART.match(view, span[0], span[1]) if span is not None else None
    if span is None or user is None or view[user.end() : user.end() + 1] in (b"$", b"", b"*"):
        return None
    return user.end(), span[1]


PREFILTERED_RULES: tuple[tuple[str, RedactionRule], ...] = (
    (r"[-/]e[a-z]*[\"'\\]*[,\s]", _find_encoded_scripts),
    (r"-stdin|sudo\s|chpasswd|smbpasswd|--with-token|devops\s|securestring", _find_piped_passwords),
    (
        r"securestring|openssl|keyvault\s+secret|add-mask|vault\s|password|chpasswd|credential|net1?(?:\.exe)?\s",
        _find_direct_arguments,
    ),
    (
        r"sqlcmd|osql|bcp|zip|mysql|mariadb|sshpass|7z|rar|psexec|login|mongo|schtasks|nuget|certutil|signtool|arj"
        r"|xfreerdp|winrs|plink|pscp|psftp|puttygen|redis-cli|curl|smbclient|ldap",
        _find_flag_values,
    ),
)
