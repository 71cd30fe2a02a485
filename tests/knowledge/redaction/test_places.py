"""Every line of `places/*.yaml` and `formats.yaml` hides the secret of its examples, and nothing of the others."""

from __future__ import annotations

import base64
import random
import re
import string
from pathlib import Path

import pytest

from knowledge.model.errors import InvalidFilesError
from knowledge.redaction import (
    format_secrets,
    input_secrets,
    named_secrets,
    place_files,
    place_secrets,
    token_secrets,
)
from knowledge.redaction.encoded_scripts import EncodedScripts
from knowledge.redaction.key_names import classify_key_name
from knowledge.redaction.name_files import load_names
from knowledge.redaction.patterns import RulePrefilter, build_byte_view
from knowledge.redaction.place_files import load_formats, load_places
from knowledge.redaction.redact import redact
from tests.reporting import failures_together

_MARK = re.compile(r"\{(secret|guid|recovery|(?:alnum|lower|upper|hex|HEX|digits|base32|base64|url) \d+)\}")
_ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase + string.digits,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "digits": string.digits,
    "base32": string.ascii_uppercase + "234567",
    "url": string.ascii_letters + string.digits + "-_",
}
_PASSWORDS = ("Winter2026!x", "sommer-regen-99!", "Tb7?kq9*Zw4_mn2P", "granduca2026x")


def make_part(kind: str, rng: random.Random) -> str:
    """Return made-up characters for a mark such as `alnum 36`."""
    name, _, length = kind.partition(" ")
    if name == "secret":
        return rng.choice(_PASSWORDS)
    if name == "recovery":
        return "-".join(f"{rng.randrange(10**6):06}" for _ in range(8))
    if name == "guid":
        return "-".join(make_part(f"hex {size}", rng) for size in (8, 4, 4, 4, 12))
    if name == "base64":
        return base64.b64encode(rng.randbytes(3 * int(length) // 4)).decode()[: int(length)]
    return "".join(rng.choice(_ALPHABETS[name]) for _ in range(int(length)))


def fill(example: str, seed: int = 0) -> tuple[str, list[str]]:
    """Return an example with made-up secrets, and the secrets. The same mark stands for the same secret."""
    parts: list[str] = []
    rng = random.Random(f"{example} {seed}")
    made: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        part = made.setdefault(match[1], "") or make_part(match[1], rng)
        if match[1] in ("secret", "recovery"):
            made[match[1]] = part
        parts.append(part)
        return part

    return _MARK.sub(replace, example), parts


def is_shown(parts: list[str], text: str) -> bool:
    return any(part[at : at + 8] in text for part in parts if len(part) >= 8 for at in range(len(part) - 7))


def list_examples() -> list[str]:
    return [example for place in load_places() for example in place.examples] + [k.example for k in load_formats()]


def test_every_example_is_hidden() -> None:
    with failures_together(at_least=250) as failures:
        for example in list_examples():
            for seed in range(4):
                text, parts = fill(example, seed)
                with failures.check(text):
                    redacted = redact(text)
                    assert parts, "an example needs a mark such as {secret}"
                    assert not is_shown(parts, redacted), redacted
                    assert redact(redacted) == redacted


@pytest.mark.parametrize("count", [1, 100, 1_000])
@pytest.mark.parametrize("end", ["", " ", "\nthe end", "&b=1"])
@pytest.mark.parametrize("words", ["pin=", "passwort=", "login|"])
def test_a_password_after_a_long_run_of_words_is_hidden(words: str, end: str, count: int) -> None:
    assert "Xk29fJ3mQ7" not in redact(f"{words * count}password=Xk29fJ3mQ7{end}")


def test_what_is_no_secret_stays() -> None:
    with failures_together(at_least=30) as failures:
        for place in load_places():
            for text in place.not_examples:
                with failures.check(text):
                    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("places: [{words: [x y], before: '(', examples: a}]", "places.yaml:1: RE2 doesn't accept"),
        ("places: [{words: [Net], before: ' ', examples: a}]", "places.yaml:1: 'words' must be in lowercase"),
        ("places: [{words: [net], options: [-p]}]", "places.yaml:1: 'examples' needs a line with {secret}"),
        ("places: [{words: [net], examples: a}]", "places.yaml:1: needs either 'before' or 'options'"),
        ("places: [{words: [net], before: ' ', value: any, examples: a}]", "places.yaml:1: 'value' is 'any'"),
        ("places: []", "places.yaml:1: 'places' must be a list"),
    ],
)
def test_a_wrong_line_is_named(text: str, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "places.yaml").write_text(text, "utf-8")
    monkeypatch.setattr(place_files, "PLACES_FOLDER", tmp_path)
    with pytest.raises(InvalidFilesError, match=re.escape(fault)):
        load_places.__wrapped__()


def test_every_name_is_classified_as_its_line_says() -> None:
    with failures_together(at_least=50) as failures:
        for name, kind in load_names().examples:
            with failures.check(name):
                assert classify_key_name(name) == kind
                hidden = "[REDACTED]" if kind in ("password", "secret", "header", "signature") else "Tb7kq9Zw4mn2PxR8"
                assert redact(f"x; {name}=Tb7kq9Zw4mn2PxR8") == f"x; {name}={hidden}" or kind == "weak"


def test_the_first_texts_select_the_same_rules_as_all_later_ones() -> None:
    scripts = EncodedScripts(redact)
    rules = [
        *named_secrets.build_prefiltered_rules(),
        *token_secrets.build_prefiltered_rules(scripts),
        *input_secrets.build_prefiltered_rules(),
        *place_secrets.build_prefiltered_rules(),
        *format_secrets.build_prefiltered_rules(),
    ]
    warm = RulePrefilter(rules)
    warm.select_rules(b"x" * (1 << 20))
    examples = [example for place in load_places() for example in (*place.examples, *place.not_examples)]
    examples += [known.example for known in load_formats()]
    selected = 0
    for example in examples:
        for view in map(build_byte_view, (example, example.upper(), f"PACKER {example}"[:40])):
            first, later = RulePrefilter(rules).select_rules(view), warm.select_rules(view)
            assert {id(rule) for rule in first} == {id(rule) for rule in later}, view
            selected += len(later)
    assert selected > len(examples)
