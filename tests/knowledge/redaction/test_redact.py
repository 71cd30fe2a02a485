"""Made-up secrets in the vendors' published formats, in the places where people leave them, are all hidden."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.redaction.redact import redact, redact_lines
from tests.reporting import failures_together

ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "-_"
PIECE = 12
SEEDS = range(4)

Maker = Callable[[random.Random], str]


def of(alphabet: str, length: int) -> Maker:
    return lambda r: "".join(r.choice(alphabet) for _ in range(length))


def base64_of(length: int) -> Maker:
    return lambda r: base64.b64encode(r.randbytes(length)).decode()


def after(prefix: str, make: Maker, suffix: str = "") -> Maker:
    return lambda r: prefix + make(r) + suffix


def jwt(r: random.Random) -> str:
    def part(value: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"aud": "https://management.azure.com/", "oid": of("0123456789abcdef", 32)(r), "jti": of(ALNUM, 43)(r)}
    return ".".join([part({"alg": "RS256", "typ": "JWT"}), part(claims), of(URLSAFE, 342)(r)])


def password(r: random.Random) -> str:
    """Return a generated password: every character class, with symbols that quoting trips over in the middle."""
    body = [r.choice(ALNUM) for _ in range(18)] + [r.choice("!#%+@^.") for _ in range(3)] + list("aB3")
    r.shuffle(body)
    return "P" + "".join(body) + "9z"


def guid(r: random.Random) -> str:
    return "-".join(of("0123456789abcdef", n)(r) for n in (8, 4, 4, 4, 12))


def azdo(r: random.Random) -> str:
    return of(ALNUM, 76)(r) + "AZDO" + of(ALNUM, 4)(r)


def twice(one: Maker, joint: str, two: Maker) -> Maker:
    return lambda r: one(r) + joint + two(r)


# Secrets that are known by their shape alone: a bare line is enough.
SHAPES: dict[str, Maker] = {
    "storage key": base64_of(64),
    "service bus key": base64_of(32),
    "jwt": jwt,
    "entra client secret": after("", twice(of(ALNUM, 3), "8Q~", of(ALNUM + "_.-~", 34))),
    "devops pat, old": lambda r: of("abcdefghijklmnopqrstuvwxyz234567", 50)(r) + "2a",
    "devops pat, new": azdo,
    "github classic": after("ghp_", of(ALNUM, 36)),
    "github oauth": after("gho_", of(ALNUM, 36)),
    "github app user": after("ghu_", of(ALNUM, 36)),
    "github app server": after("ghs_", of(ALNUM, 36)),
    "github refresh": after("ghr_", of(ALNUM, 36)),
    "github fine-grained": after("github_pat_", twice(of(ALNUM, 22), "_", of(ALNUM, 59))),
    "gitlab": after("glpat-", of(URLSAFE, 20)),
    "slack bot": after("xoxb-", twice(of(string.digits, 12), "-", of(ALNUM, 24))),
    "aws key id": after("AKIA", of(string.ascii_uppercase + "234567", 16)),
    "aws temporary key id": after("ASIA", of(string.ascii_uppercase + "234567", 16)),
    "google api key": after("AIza", of(URLSAFE, 35)),
    "npm": after("npm_", of(ALNUM, 36)),
    "pypi": after("pypi-AgEIcHlwaS5vcmc", of(URLSAFE, 150)),
    "nuget": after("oy2", of("abcdefghijklmnopqrstuvwxyz234567", 43)),
    "openai": after("sk-proj-", of(URLSAFE, 48)),
    "openai, old": after("sk-", of(ALNUM, 48)),
    "anthropic": after("sk-ant-api03-", of(URLSAFE, 93), "AA"),
    "vault": after("hvs.", of(URLSAFE, 90)),
    "stripe": after("sk_live_", of(ALNUM, 24)),
    "stripe restricted": after("rk_live_", of(ALNUM, 24)),
    "sendgrid": after("SG.", twice(of(URLSAFE, 22), ".", of(URLSAFE, 43))),
    "twilio": after("SK", of("0123456789abcdef", 32)),
    "docker": after("dckr_pat_", of(URLSAFE, 27)),
    "databricks": after("dapi", of("0123456789abcdef", 32)),
}

# Secrets that only their place gives away.
PLACED: dict[str, Maker] = {
    "password": password,
    "guid": guid,
    "aws secret key": of(ALNUM + "+/", 40),
    "hex": of("0123456789abcdef", 40),
}

CARRIERS: dict[str, list[str]] = {
    "assignments": [
        "export X_SECRET={s}",
        "DB_PASSWORD={s}",
        'PACKER_VAR_admin_password="{s}" packer build .',
        "PKR_VAR_client_secret='{s}'",
        "$password = '{s}'",
        '$env:STORAGE_ACCOUNT_KEY = "{s}"',
        "set AZDO_TOKEN={s}",
        'setx NAME_TOKEN "{s}" /M',
        "setx NUGET_API_KEY {s}",
        "[Environment]::SetEnvironmentVariable('DB_PASSWORD', '{s}', 'Machine')",
        "ENV REGISTRY_TOKEN {s}",
        "client_secret: {s}",
        "  adminPassword: '{s}'",
        "password : {s}",
        "azure-arm: temp admin password: '{s}'",
        "[5f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77] PACKER OUT     azure-arm: Using passphrase: {s}",
        "2026/02/22 17:13:12 winrm_password={s}",
        "api key: {s}",
        "License Key: {s}",
    ],
    "JSON, and JSON in JSON": [
        '{{"adminPassword":"{s}","osType":"Windows"}}',
        '{{"adminPassword": {{"value": "{s}"}}, "vmSize": {{"value": "Standard_D2s_v5"}}}}',
        '{{"name": "DB_PASSWORD", "value": "{s}"}}',
        '{{"name":"REGISTRY_TOKEN","secureValue":"{s}"}}',
        '{{"sasToken" : "{s}"}}',
        '{{\\"clientSecret\\":\\"{s}\\",\\"tenant\\":\\"contoso\\"}}',
        '{{\\\\\\"password\\\\\\": \\\\\\"{s}\\\\\\", \\\\\\"user\\\\\\": \\\\\\"bob\\\\\\"}}',
        '"message": "inline: $env:API_TOKEN=\\"{s}\\"; ./build.ps1"',
        "&quot;password&quot;:&quot;{s}&quot;",
        "{{\\u0022accessKey\\u0022:\\u0022{s}\\u0022}}",
        'args = ["--password", "{s}", "--verbose"]',
    ],
    "XML": [
        "<AdministratorPassword><Value>{s}</Value><PlainText>true</PlainText></AdministratorPassword>",
        "<Password><Value>{s}</Value></Password>",
        "<AdminPassword>{s}</AdminPassword>",
        '<add key="DbPassword" value="{s}" />',
        '<add name="NuGet" ClearTextPassword="{s}" />',
        "&lt;Password&gt;{s}&lt;/Password&gt;",
    ],
    "headers": [
        "Authorization: Bearer {s}",
        "curl -H 'Authorization: token {s}' https://api.example.org",
        'Invoke-RestMethod -Headers @{{ Authorization = "Bearer {s}" }}',
        "x-functions-key: {s}",
        "Ocp-Apim-Subscription-Key: {s}",
        "Set-Cookie: ARRAffinity={s}; Path=/",
    ],
    "command lines": [
        "net user builder {s} /add",
        'net.exe user "build agent" "{s}" /add /y',
        "net use Z: \\\\srv\\share {s} /user:contoso\\bob",
        "New-LocalUser -Name b -Password (ConvertTo-SecureString '{s}' -AsPlainText -Force)",
        'ConvertTo-SecureString -String "{s}" -AsPlainText -Force',
        "'{s}' | ConvertTo-SecureString -AsPlainText -Force",
        "[pscredential]::new('bob', '{s}')",
        "Connect-Thing -Token {s} -Verbose",
        "sqlcmd -S tcp:db.example.org -U sa -P {s} -Q 'select 1'",
        "mysql -h db -u root -p{s} -e 'select 1'",
        "mysqldump --password={s} app",
        "sshpass -p '{s}' ssh bob@10.0.0.4",
        "plink.exe -batch -pw {s} bob@10.0.0.4 ls",
        "7z x -p{s} bundle.7z",
        "cmdkey /add:share.example.org /user:bob /pass:{s}",
        "psexec.exe -u contoso\\bob -p {s} cmd",
        "curl -u bob:{s} https://files.example.org/a.zip",
        "curl --user 'bob:{s}' -O https://files.example.org/a.zip",
        "wget --user bob --password {s} https://files.example.org/a.zip",
        "docker login -u bob -p {s} registry.example.org",
        "echo {s} | docker login -u bob --password-stdin registry.example.org",
        "az login --service-principal -u app -p {s} --tenant contoso.example.org",
        "az login --service-principal --username app --client-secret {s}",
        "az storage blob list --account-name st --account-key {s} -c x",
        'az storage blob list --account-name st --sas-token "{s}" -c x',
        "msiexec /i agent.msi /qn SERVERPASSWORD={s} INSTALLDIR=C:\\Agent",
        "msiexec /i agent.msi /qn LICENSEKEY={s}",
        "echo 'bob:{s}' | chpasswd",
        "reg add HKLM\\SOFTWARE\\Winlogon /v DefaultPassword /t REG_SZ /d {s} /f",
        "Set-ItemProperty -Path $p -Name DefaultPassword -Value '{s}'",
        "schtasks /create /tn x /ru bob /rp {s}",
        "CREATE LOGIN bob WITH PASSWORD = '{s}';",
        "ALTER USER bob IDENTIFIED BY '{s}'",
        "redis-cli -h cache -a {s} ping",
        "openssl passwd -1 '{s}'",
        "certutil -p {s} -importPFX a.pfx",
        "az keyvault secret set --vault-name kv --name db --value {s}",
        "reg add HKLM\\SOFTWARE\\Winlogon /d {s} /v DefaultPassword /f",
        "keytool -import -storepass {s} -file a.cer",
        '"clientSecret": {{ "type": "secureString", "value": "{s}" }}',
        "kubectl create secret generic x --from-literal=password={s}",
        "openssl pkcs12 -in a.pfx -passin pass:{s} -nodes",
        "//registry.example.org/:_authToken={s}",
        "machine github.com login bob password {s}",
        "PGPASSWORD={s} psql -h db",
        "netdom join host /userd:bob /passwordd:{s}",
        "##vso[task.setvariable variable=dbPassword;issecret=true]{s}",
    ],
}


def carriers_of_keys() -> list[str]:
    account = "DefaultEndpointsProtocol=https;AccountName=st1;AccountKey={s};EndpointSuffix=core.windows.net"
    return [
        account,
        f'az storage blob list --connection-string "{account}"',
        f"AZURE_STORAGE_CONNECTION_STRING={account}",
        json.dumps({"connectionString": account}).replace("{s}", "{{s}}").replace("{{s}}", "{s}")[1:-1],
        "Endpoint=sb://bus.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={s}",
        "HostName=hub.azure-devices.net;DeviceId=d1;SharedAccessKey={s}",
        "AccountEndpoint=https://c.documents.azure.com:443/;AccountKey={s};",
        "cache.redis.cache.windows.net:6380,password={s},ssl=True,abortConnect=False",
        "Server=tcp:s.database.windows.net,1433;User ID=sa;Password={s};Encrypt=True",
        "Driver={{ODBC}};Server=s;Uid=sa;Pwd={{{s}}};",
    ]


SIGNATURES = [
    "https://st1.blob.core.windows.net/c/a.zip?sv=2023-11-03&sr=b&sig={q}&se=2026-01-01",
    "https://st1.blob.core.windows.net/c/a.zip?sv=2023-11-03&amp;sr=b&amp;sig={q}&amp;se=2026-01-01",
    '"url":"https://st1.blob.core.windows.net/c/a.zip?sv=2023\\u0026sig={q}\\u0026se=2026"',
    "redirect=https%3A%2F%2Fst1.blob.core.windows.net%2Fc%3Fsv%3D2023%26sig%3D{q}",
    "SharedAccessSignature sr=https%3A%2F%2Fbus.example&sig={q}&se=1767225600&skn=Root",
    "BlobEndpoint=https://st1.blob.core.windows.net/;SharedAccessSignature=sv=2023&sig={q}",
]
URLS = [
    "git clone https://bob:{s}@dev.azure.com/org/_git/repo",
    "git clone https://{s}@dev.azure.com/org/_git/repo",
    "postgres://app:{s}@db.example.org:5432/app?sslmode=require",
    "mongodb+srv://app:{s}@cluster0.example.net/test",
    "redis://:{s}@cache.example.org:6380/0",
]


def list_pieces(secret: str) -> list[str]:
    """Every run of characters of a secret that gives too much of it away."""
    return [secret[at : at + PIECE] for at in range(len(secret) - PIECE + 1)]


def assert_hidden(secret: str, shown: str, text: str) -> None:
    assert secret not in shown, f"shown whole in {shown!r} (from {text!r})"
    for piece in list_pieces(secret):
        assert piece not in shown, f"{piece!r} shown in {shown!r} (from {text!r})"
    assert "[REDACTED]" in shown
    assert shown.count("\n") == text.count("\n")
    assert redact(shown) == shown


def put(carrier: str, secret: str) -> str:
    return carrier.format(s=secret, q=secret)


def levels_of_json(text: str, levels: int) -> str:
    for _ in range(levels):
        text = json.dumps({"message": text, "code": "Failed"})
    return text


KEYED_CARRIERS = {**CARRIERS, "connection strings": carriers_of_keys()}
CARRIERS_BY_PLACE = {**KEYED_CARRIERS, "addresses": URLS}
PLACES = [carrier for carriers in CARRIERS_BY_PLACE.values() for carrier in carriers]


@pytest.mark.parametrize("place", CARRIERS_BY_PLACE)
def test_password_is_hidden_in_its_place(place: str) -> None:
    with failures_together() as failures:
        for carrier, seed in product(CARRIERS_BY_PLACE[place], SEEDS):
            secret = password(random.Random(f"{carrier}{seed}"))
            secret = secret.replace("@", "-").replace("#", "-") if carrier in URLS else secret
            with failures.check(f"{carrier}, {seed}"):
                assert_hidden(secret, redact(put(carrier, secret)), put(carrier, secret))


@pytest.mark.parametrize("levels", [1, 2])
def test_password_is_hidden_in_json_in_json(levels: int) -> None:
    carriers = [carrier for carrier in PLACES if "\\u0022" not in carrier and "&quot;" not in carrier]
    with failures_together(at_least=100) as failures:
        for carrier in carriers:
            secret = password(random.Random(f"{carrier}{levels}")).replace("@", "-")
            text = levels_of_json("Failed in building: " + put(carrier, secret), levels)
            with failures.check(carrier):
                assert_hidden(secret, redact(text), text)


@pytest.mark.property
@pytest.mark.parametrize("kind", [*SHAPES, *(kind for kind in PLACED if kind != "password")])
def test_secret_of_every_kind_is_hidden_in_every_place(kind: str) -> None:
    make = SHAPES.get(kind) or PLACED[kind]
    with failures_together(at_least=90) as failures:
        for number, carrier in enumerate(carrier for carriers in KEYED_CARRIERS.values() for carrier in carriers):
            secret = make(random.Random(f"{kind}{number}"))
            with failures.check(carrier):
                assert_hidden(secret, redact(put(carrier, secret)), put(carrier, secret))


def test_signature_is_hidden() -> None:
    with failures_together() as failures:
        for carrier, seed in product(SIGNATURES, range(12)):
            secret = base64_of(32)(random.Random(f"{carrier}{seed}"))
            for quoted in (secret.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"), secret):
                with failures.check(f"{carrier}, {seed}"):
                    assert_hidden(quoted, redact(put(carrier, quoted)), put(carrier, quoted))


def test_known_shape_is_hidden_anywhere() -> None:
    surroundings = ["{}", "  {}", "got {} back", "'{}'", "[{}]", "x={};y", "line\\n{}\\n"]
    with failures_together() as failures:
        for kind, seed, surrounding in product(SHAPES, range(6), surroundings):
            secret = SHAPES[kind](random.Random(f"{kind}{seed}"))
            text = surrounding.format(secret)
            with failures.check(f"{kind}, {seed}, {surrounding!r}"):
                assert_hidden(secret, redact(text), text)


PREFIX = "[5f0c19d2-70a4-4e11-9b1c-fd1d3b0a6a77] PACKER OUT     azure-arm: "


@pytest.mark.parametrize("prefix", ["", "    ", PREFIX])
def test_secret_wrapped_over_two_lines_is_hidden(prefix: str) -> None:
    carriers = [carrier for carrier in PLACES if "{s}" in carrier][::2] + carriers_of_keys()
    with failures_together(at_least=180) as failures:
        for carrier, cut in product(carriers, (10, 44, 70)):
            secret = base64_of(64)(random.Random(carrier + prefix))
            lines = put(carrier, secret[:cut] + "\n" + prefix + secret[cut:]).split("\n")
            with failures.check(f"{carrier}, cut at {cut}"):
                shown = redact_lines(lines)
                assert len(shown) == len(lines)
                for half in (secret[:cut], secret[cut:]):
                    if len(half) >= PIECE:
                        assert_hidden(half, "\n".join(shown), "\n".join(lines))


def test_wrapped_token_is_hidden() -> None:
    with failures_together() as failures:
        for kind, make in SHAPES.items():
            secret = make(random.Random(kind))
            # Without a name or a prefix, only a long first half tells a key from a word.
            cut = 40 if kind in ("storage key", "service bus key", "devops pat, old") else len(secret) * 2 // 3
            with failures.check(kind):
                shown = "\n".join(redact_lines(["Found " + secret[:cut], secret[cut:], "Done exporting Packer logs"]))
                for half in (secret[:cut], secret[cut:]):
                    assert [piece for piece in list_pieces(half) if piece in shown] == []
                assert shown.endswith("\nDone exporting Packer logs")


def test_secret_cut_at_the_end_is_hidden() -> None:
    with failures_together(at_least=100) as failures:
        for carrier in PLACES:
            secret = base64_of(64)(random.Random(carrier))
            shown = redact("first line\n" + put(carrier, secret + "\0").split("\0")[0][: -len(secret) // 2])
            with failures.check(carrier):
                assert [piece for piece in list_pieces(secret) if piece in shown] == []


def test_secret_cut_at_the_start_is_hidden() -> None:
    kinds = ["storage key", "service bus key", "jwt", "devops pat, new", "github classic", "npm"]
    tails = [";EndpointSuffix=core.windows.net", '", "x": 1}', "&se=2026-01-01", "\nnext", "' -Force"]
    with failures_together() as failures:
        for kind, tail in product(kinds, tails):
            secret = SHAPES[kind](random.Random(kind + tail))
            for cut in (len(secret) // 3, len(secret) // 2):
                shown = redact(secret[cut:] + tail + "\nsecond line")
                with failures.check(f"{kind}, cut at {cut}, before {tail!r}"):
                    assert [piece for piece in list_pieces(secret[cut:]) if piece in shown] == []


@pytest.mark.parametrize("levels", [0, 1, 2, 3])
def test_quoted_secret_is_hidden_to_its_closing_quote(levels: int) -> None:
    secrets = ['ab"cd$ef;gh@ij', "it's;a$secret@x", "a b c ; d e f", "{curly}&amp;more", "tail\\\\slash"]
    with failures_together() as failures:
        for secret in secrets:
            shown = redact(levels_of_json(json.dumps({"adminPassword": secret, "next": "stays"}), levels))
            with failures.check(secret):
                for piece in ("cd$ef", ";gh@ij", "a$secret", "b c", "d e f", "more", "slash", "curly"):
                    assert piece not in shown
                assert "stays" in shown


def pem(r: random.Random, kind: str) -> list[str]:
    body = base64_of(1190)(r)
    return [f"-----BEGIN {kind}-----", *(body[i : i + 64] for i in range(0, len(body), 64)), f"-----END {kind}-----"]


BLOCKS = ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "CERTIFICATE", "ENCRYPTED PRIVATE KEY"]


@pytest.mark.parametrize("cut", ["whole", "no begin", "no end", "middle"])
def test_block_is_hidden(cut: str) -> None:
    with failures_together() as failures:
        for kind, prefix in product(BLOCKS, ("", "      ", PREFIX)):
            lines = pem(random.Random(kind + prefix + cut), kind)
            lines = {"whole": lines, "no begin": lines[3:], "no end": lines[:-4], "middle": lines[4:-5]}[cut]
            given_lines = ["before the key", *(prefix + line for line in lines), "after the key"]
            with failures.check(f"{kind}, {prefix!r}"):
                shown = redact_lines(given_lines)
                assert (shown[0], shown[-1], len(shown)) == ("before the key", "after the key", len(given_lines))
                for line in lines:
                    if not line.startswith("-----"):
                        assert all(line not in shown_line for shown_line in shown)


def test_block_on_one_line_is_hidden() -> None:
    with failures_together() as failures:
        for kind, joint in product(BLOCKS, ("\\n", "\\\\n", "\\r\\n", " ", "")):
            lines = pem(random.Random(kind + joint), kind)
            with failures.check(f"{kind}, {joint!r}"):
                shown = redact('"key": "' + joint.join(lines) + joint + '", "next": "stays"')
                for line in lines[1:-1]:
                    assert line[:PIECE] not in shown
                assert '"next": "stays"' in shown


def test_putty_key_is_hidden() -> None:
    body = [base64_of(48)(random.Random(number)) for number in range(6)]
    lines = [
        "PuTTY-User-Key-File-2: ssh-rsa",
        "Encryption: none",
        "Private-Lines: 6",
        *body,
        "Private-MAC: " + "ab12" * 10,
    ]
    shown = "\n".join(redact_lines(lines))
    for line in [*body, "ab12ab12ab12"]:
        assert line not in shown


ENCODED_FLAGS = ["-EncodedCommand", "-enc", "-e", "-ec", "/EncodedCommand", "-EncodedCommand:"]


def encode_script(script: str) -> str:
    return base64.b64encode(script.encode("utf-16-le")).decode()


@pytest.mark.parametrize("flag", ENCODED_FLAGS)
def test_an_encoded_script_with_a_secret_is_hidden_as_a_whole(flag: str) -> None:
    command = f"powershell.exe -NoProfile {flag}{'' if flag.endswith(':') else ' '}"
    nested = f"powershell -enc {encode_script('net user svc Winter2026!x /add')}"
    for script in ("net user svc Winter2026!x /add", "$p = 'x'; $password = 'Sommer#12345'", nested):
        assert redact(command + encode_script(script)) == f"{command}[REDACTED]"


@pytest.mark.parametrize("flag", ENCODED_FLAGS)
def test_an_encoded_script_without_a_secret_stays(flag: str) -> None:
    for script in (
        "Write-Host 'hello'; $p = 'x'",
        "if (Test-Path variable:global:ProgressPreference) { echo connected }",
    ):
        line = f"command 'powershell.exe -NoProfile {flag} {encode_script(script)}' exited with code: 0"
        assert redact(line) == line


def test_an_encoded_script_that_cannot_be_read_is_hidden() -> None:
    cut = encode_script("net user svc Winter2026!x /add")[:-3]
    for run in (cut, "wQ7hB2kZ9pL0xV3nR8sT", base64.b64encode(b"net user svc Winter2026!x").decode()):
        assert redact(f"powershell -enc {run}") == "powershell -enc [REDACTED]"


def test_an_encoded_script_in_two_lines_is_hidden() -> None:
    script = encode_script("Write-Host 'a script that is long enough'; net user svc Winter2026!x /add")
    assert script[:40] not in redact(f"powershell -enc {script[:120]}\n{script[120:]}")


def test_name_of_the_key_stays() -> None:
    assert redact("password=hunter2hunter2") == "password=[REDACTED]"
    assert redact("AccountName=st;AccountKey=abcDEF123==;x=y") == "AccountName=st;AccountKey=[REDACTED];x=y"
    assert redact("?sv=1&sig=abcDEF123%3D&se=2") == "?sv=1&sig=[REDACTED]&se=2"
    assert redact('{"token": "abc def"}') == '{"token": "[REDACTED]"}'


def test_lines_with_breaks_keep_their_places() -> None:
    assert redact_lines(["a\nb", "password=x1y2z3", ""]) == ["a\nb", "password=[REDACTED]", ""]
    assert redact_lines([]) == []


HOSTILE_WORDS = """password = : ; & sig= -----END [REDACTED] eyJhbGciOiJ9 :// @ a 7 { } <Password> </ mysql Bearer $ AccountKey token
    AbC9 xY8zW7vU6tS5rQ4pO3nM2lK1jI0hG9fE8dC7bA6 connectionString= | echo chpasswd , -p net user cookie: {"value": -enc SG."""
HOSTILE_MARKS = """ \n\r"'\\\u201c\u00a0\ud800\U0001f511"""
HOSTILE_PART = st.sampled_from(
    [*HOSTILE_WORDS.split(), *HOSTILE_MARKS, "-----BEGIN KEY-----", "-----END KEY-----", " -p "]
)
HOSTILE = st.lists(HOSTILE_PART, max_size=40).map("".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), HOSTILE))
def test_any_text_keeps_its_lines_and_is_done_after_once(text: str) -> None:
    shown = redact(text)
    assert shown.count("\n") == text.count("\n")
    assert redact(shown) == shown


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=30), HOSTILE), max_size=12))
def test_any_lines_give_as_many(lines: list[str]) -> None:
    shown = redact_lines(lines)
    assert [line.count("\n") for line in shown] == [line.count("\n") for line in lines]
