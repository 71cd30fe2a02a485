"""The prefilter must never leave out a redaction rule that would find something in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.redaction import (
    command_secrets,
    format_secrets,
    input_secrets,
    named_secrets,
    place_secrets,
    split_secrets,
    token_secrets,
)
from knowledge.redaction.encoded_scripts import EncodedScripts
from knowledge.redaction.patterns import RedactionRule, RulePrefilter, build_byte_view
from knowledge.redaction.redact import redact

SCRIPTS = EncodedScripts(redact)
SIGNS: list[tuple[str, RedactionRule]] = [
    *named_secrets.build_prefiltered_rules(),
    *split_secrets.PREFILTERED_RULES,
    *token_secrets.build_prefiltered_rules(SCRIPTS),
    *SCRIPTS.build_prefiltered_rules(),
    *command_secrets.PREFILTERED_RULES,
    *input_secrets.build_prefiltered_rules(),
    *place_secrets.build_prefiltered_rules(),
    *format_secrets.build_prefiltered_rules(),
]
WORDS = (
    "password pwd pass= PAT: sas psk-eq jwt= auth\\u003d Bearer basic sig= key keys: connection_string= -Name -Value /d "
    "licence_code: serial-number= identified\tby requirepass masterauth <AdminPassword> &lt;Token> setx ENV Add('key', "
    "eyJabcdef0 ghp_abcdef1 github_pat_abcdef glpat-abcdefgh xoxb-12345678 xapp-12345678 hooks.slack.com/services/T0 "
    "AKIAABCDEFGH ASIA12345678 AIzaSyA-1234567890123 ya29.abcdefghijklmnop npm_abcdefghijkl pypi-abcdefghijklmnop "
    "oy2abcdefghijklmnopqrst sk-ant-abcdefgh rk_live_abcdefgh whsec_abcdefgh SG.abcdefgh SK0123456789abcdef "
    "dckr_pat_abcdef dapi0123456789abcdef hvs.abcdefghijkl abc1Q~abcdefgh A1B2C-D3E4F-G5H6I-J7K8L-M9N0P "
    "AGE-SECRET-KEY-1 dop_v1_abcdefghijklmnop shpat_abcdefghijklmnop https:// user: %3a @host / ?code= &code= "
    "-----BEGIN PRIVATE-KEY----- private-lines: 2 net user net1.exe use \\\\srv\\a openssl passwd vault login echo x | "
    "sudo -S chpasswd <<< --password-stdin az devops login ConvertTo-SecureString keyvault secret set --value "
    "::add-mask:: PSCredential( a, ' mysql -p curl -u 7z unrar bcp osql docker login plink.exe -pw redis-cli -a "
    "ldapsearch -w -enc -e , \" ' \\ ` = : ; & < > [ ] { } ( ) $x %PW% x9Z abcdefghijklmnopqrstuvwxyzABCDEF0123"
)
PARTS = WORDS.split(" ")
LATER = RulePrefilter(SIGNS)
LATER.select_rules(b"x" * (1 << 20))  # after the first texts, the signs are searched for in other ways
TEXT = st.lists(st.sampled_from([*PARTS, " ", "\n", "\t", "\r\n", "è", "\u201c"]) | st.text(max_size=3), max_size=25)


@given(TEXT, st.sampled_from(["", " "]))
def test_the_sign_of_a_rule_stands_wherever_the_rule_finds_anything(parts: list[str], between: str) -> None:
    view = build_byte_view(between.join(parts))
    for prefilter in (RulePrefilter(SIGNS), LATER):
        rules = prefilter.select_rules(view)
        for sign, rule in SIGNS:
            assert rule in rules or not list(rule(view)), sign


@pytest.mark.parametrize(("sign", "rule"), SIGNS)
def test_a_rule_is_left_out_where_its_sign_is_missing(sign: str, rule: RedactionRule) -> None:
    view = b"Nothing is here, but words.\n"
    assert RulePrefilter([(sign, rule)]).select_rules(view) == []
    assert LATER.select_rules(view) == []
