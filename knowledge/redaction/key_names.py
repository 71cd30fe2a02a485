"""Classify key names by the secret they hold: `DB_PASSWORD` and `sasToken` hold one, `SecretName` doesn't."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from knowledge.patterns import LazyPattern, define_text_pattern

SecretKind = Literal["password", "secret", "header", "signature", "weak", "key"]
"""What the value of a name is:

- `password`: any text;
- `secret`: any text but an ordinary word;
- `header`: the rest of the line of an HTTP header;
- `signature`: a signature in a URL;
- `weak`: a secret only when it looks like one;
- `key`: any other key, such as `LINKING_KEY`: a secret when it looks like one, or is hex or a GUID.
"""

_NAME_WORDS = define_text_pattern(r"[A-Z]+[a-z]*|[a-z]+|[0-9]+")
_PASSWORD = define_text_pattern(
    r"pass(?:w(?:or)?ds?|phrases?|codes?)|passw|pwd|kennwort|requirepass|sshpass|dbpass|userpass|smtppass|mysqlpass"
)
_SECRET = define_text_pattern(
    r"secrets?|tokens?|credentials?|creds|apikeys?|authkey|connectionstrings?|connstr(?:ing)?"
    r"|(?:api|access|account|storage|shared|private|master|encryption|decryption|signing|signature|licen[sc]e|product|activation"
    r"|subscription|primary|secondary|admin|function|functions|host|ssh|service|auth|consumer|client|application"
    r"|instrumentation|pid|deploy|workspace|registration|kms|mak|serial|pfx|batch|cosmos|search|redis|sas|hub|bus"
    r"|policy|blob|queue|mac|wep|wifi|psk|gpg|webhook|user|system|recovery|bitlocker|write|read|ingestion)keys?(?:base64|b64|pem)?"
    r"|privatelines|privatemac|serialnumber|licen[sc]ecode"
)
_PASSWORD_WORDS = frozenset({"pass", "pw", "psk", "passwd"})
_SECRET_WORDS = frozenset({"pat", "cred", "creds", "sas", "jwt", "bearer"})
_PATTERN_KINDS: tuple[tuple[LazyPattern[str], SecretKind], ...] = ((_PASSWORD, "password"), (_SECRET, "secret"))
_WHOLE_NAME_KINDS: Mapping[str, SecretKind] = {
    **dict.fromkeys(("authorization", "cookie", "setcookie", "proxyauthorization", "xauthorization"), "header"),
    **dict.fromkeys(("sig", "xamzsignature", "xgoogsignature", "signature"), "signature"),
    **dict.fromkeys(("auth", "serialnumber"), "weak"),
}
_NOT_SECRET = define_text_pattern(
    r"publickey|cancell?ationtoken|(?:next|page|skip|continuation|paging|sync|delta)token|tokeni[sz]|passwordless|secretary"
    r"|(?:com|by|sur|tres)pass|unexpectedtoken|csrftokenname|cacerthash|^permissions?to"
)
_NOT_A_KEY = define_text_pattern(
    r"(?:cache|registry|reg|partition|row|sort|foreign|sub|hot|short|object|lookup|index|group|map|parent|restore|resource"
    r"|shard|idempotency|dedup|hash|hk|monkey|hockey|turkey|donkey)keys?$"
)
_DESCRIPTIVE_TEXT = """
name names id ids identifier policy policies length len min minimum max maximum expiry expires expired
expiration expire type types uri uris url urls path paths file files filename dir directory folder count
permission permissions scope scopes endpoint endpoints version versions location provider providers vault vaults
store stores age date time timeout lifetime required require enabled disabled change changed changes reset
resets never last hint complexity history protection filter manager cache limit limits format field prompt
attempt attempts rotation status state size issuer audience algorithm alg usage parameter parameters reference
ref property properties stdin authentication login request requests response validation validator service
services server handler reader writer class exception error errors config configuration settings setting group
owner kind module modules plugin generator thumbprint column index label title description source client object
list mode level operation operations sku region env variable var not only days hours minutes seconds at on by
for missing invalid cleared verified updated created set rules rule safe agent csp broker bucket bindings
binding interval refresh encoding access
"""
_DESCRIPTIVE_WORDS = frozenset(_DESCRIPTIVE_TEXT.split())
"""Words that turn what comes before them into a description: `PasswordPolicy` and `TokenExpiresAt` hold no secret."""


@lru_cache(maxsize=4096)
def classify_key_name(name: str) -> SecretKind | None:
    """Return what kind of secret the value of a key called `name` is; `None` if it isn't one."""
    words = [word.lower() for word in _NAME_WORDS.findall(name)]
    joined = "".join(words)
    if not joined:
        return None
    if joined in _WHOLE_NAME_KINDS:
        return _WHOLE_NAME_KINDS[joined]
    if _NOT_SECRET.search(joined):
        return None
    for pattern, kind in _PATTERN_KINDS:
        matches = list(pattern.finditer(joined))
        if matches and not _is_described(words, joined, matches[-1].end()):
            return kind
    while words and words[-1].isdigit():
        words.pop()
    if words and (words[-1] in _PASSWORD_WORDS or words[-1].endswith("pass")):
        return "password"
    if words and words[-1] in _SECRET_WORDS:
        return "secret"
    if len(words) > 1 and words[-1] == "auth":
        return "weak"
    is_key = bool(words) and words[-1].removesuffix("s").endswith("key") and not _NOT_A_KEY.search("".join(words))
    return "key" if is_key else None


def _is_described(words: list[str], joined: str, end: int) -> bool:
    """Return whether a descriptive word follows the secret's own word, which ends at `end` of the joined words."""
    if joined[end - 1 : end] == "s" and _is_described(words, joined, end - 1):  # `password-stdin`: it isn't a plural
        return True
    position = 0
    for word in words:
        position += len(word)
        # Only the part of a word after `end` counts: camel case without capitals runs words together.
        if position > end and word[-(position - end) :] in _DESCRIPTIVE_WORDS:
            return True
    return joined[end:] in _DESCRIPTIVE_WORDS
