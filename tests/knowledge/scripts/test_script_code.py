"""Which commands a script has, which of them run, and what makes it invalid."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from knowledge.scripts.powershell_code import read_powershell
from knowledge.scripts.script_code import ScriptCode
from knowledge.scripts.shell_code import read_shell


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("sudo -E apt-get update && A=b /usr/bin/apt-get install x", ["apt-get", "apt-get"]),
        ("# apt-get install x\nls", ["ls"]),
        ("echo 'a; reboot' \"b; reboot\"", ["echo"]),
        ("cat > f <<'EOF'\nreboot\nEOF\nls", ["cat", "ls"]),
        ("if ! which yum; then yum install x; fi", ["which", "yum"]),
        ("x=$(date)", ["date"]),
        ("apt-get \\\n  install x", ["apt-get"]),
        ("sudo -u root reboot", ["reboot"]),
        ("echo it\\'s; reboot", ["echo", "reboot"]),
    ],
)
def test_commands_of_a_shell_script(script: str, names: list[str]) -> None:
    assert [command.name for command in read_shell(script).commands] == names


def test_sudo_is_noticed() -> None:
    first, second = read_shell("sudo DEBIAN_FRONTEND=noninteractive apt-get update; apt-get update").commands
    assert (first.has_sudo, second.has_sudo) == (True, False)


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("$p = Start-Process -FilePath \"C:\\a\\msiexec.exe\" -ArgumentList '/i', 'x' -Wait", ["msiexec"]),
        ("Start-Process -Wait msiexec.exe -ArgumentList '/i'", ["msiexec"]),
        ("cmd /c msiexec /i a", ["msiexec"]),
        ("if ($x) { Restart-Computer }", ["restart-computer"]),
        ("& 'C:\\Program Files\\a\\setup.exe' /s; ls | sort", ["setup", "ls", "sort"]),
        ("<# Restart-Computer\n#> ls # Restart-Computer", ["ls"]),
        ("@'\nRestart-Computer\n'@ | Out-File a", ["out-file"]),
        ("msiexec `\n  /i a", ["msiexec"]),
        ("Start-Process a -ArgumentList @(\n'/i',\n'b'\n)", ["a"]),
    ],
)
def test_commands_of_a_powershell_script(script: str, names: list[str]) -> None:
    assert [command.name for command in read_powershell(script).commands if command.name.strip()] == names


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ('$tools = @("git", "vscode, "azure-cli")\nforeach ($tool in $tools) { choco install $tool }', 1),
        ("Write-Host 'a'\nWrite-Host 'b\nWrite-Host 'c'\nWrite-Host 'd'", 2),
        ("Write-Host don't", 1),
        ('Write-Host "a $(Get-Item "b) c"', 1),
        ("ls\n@'\ntext\n  '@", 2),
        ("ls\n<# comment", 2),
        ("Write-Host “typographic", 1),
    ],
)
def test_an_open_quote_is_found_on_the_line_that_lacks_it(script: str, line: int) -> None:
    fault = read_powershell(script).fault
    assert fault is not None
    assert script.count("\n", 0, fault.start) + 1 == line


@pytest.mark.parametrize(
    "script",
    [
        "Write-Host 'it''s'",
        'Write-Host "a ""quoted"" word"',
        'Write-Host "a `" b"',
        'Write-Host "a $(Get-Item "b c" | ForEach-Object { "d" }) e"',
        "# don't\nls",
        "ls <# don't #>",
        "@'\nit's \"here\"\n'@",
        '@"\nit\'s $(Get-Date)\n"@',
        'cmd --% /c "abc\nls',
        "ls `'a",
        "Write-Host a#b'c'",
        "${it's} = 1",
        "'several\nlines'",
        "Write-Host “typographic”",
        "(Get-Content a) -replace '\"', '' #'",
        "$x = @{ a = 'b'; c = \"d\" }",
    ],
)
def test_closed_quotes_are_left_alone(script: str) -> None:
    assert read_powershell(script).fault is None


@pytest.mark.parametrize("scan", [read_shell, read_powershell])
@pytest.mark.parametrize(
    "text",
    [
        '"$(' * 10_000,
        "'" * 9999,
        "(" * 10_000,
        "{ " * 10_000,
        "if a; then " * 10_000,
        "if(1){" * 10_000,
        "<<A\n" * 3000,
        "`" * 9999,
        "\\" * 9999,
        "@'\n",
        "f(){ a;}\n" * 9999,
        "\0\ud800",
    ],
)
def test_a_hostile_script_does_no_harm(scan: object, text: str) -> None:
    assert callable(scan)
    code = scan(text).code
    assert len(code) == len(text)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a; b && c || d", {"a": "always", "b": "always", "c": "maybe", "d": "maybe"}),
        ("if a; then b; elif c; then d; else e; fi", {"a": "always", "b": "maybe", "c": "maybe", "e": "maybe"}),
        ("for x in $(a); do b; done; while c; do d; done", {"a": "always", "b": "maybe", "c": "always", "d": "maybe"}),
        ("case $(a) in x) b;; esac; a | c; (d); { e; }", {"b": "maybe", "c": "always", "d": "always", "e": "always"}),
        ("a\nexit 0\nb", {"a": "always", "b": "never"}),
        ("a || exit 1\nb", {"b": "always"}),
        ("f() { a; }\ng() { b; }\nf", {"a": "always", "b": "never"}),
        ("f() { a; }\ng() { f; }", {"a": "never"}),
        ("f() { if x; then a; fi; b; }\nf", {"a": "maybe", "b": "always"}),
        ("f() { a; }\nif x; then f; fi", {"a": "maybe"}),
        ("f() { a; }\ntrap f EXIT", {"a": "maybe"}),
        ('f() { a; }\n"$1"', {"a": "maybe"}),
        ("a\nif", {"a": "maybe"}),
    ],
)
def test_what_runs_in_a_shell_script(script: str, expected: dict[str, str]) -> None:
    found = {command.name: command.execution for command in read_shell(script).commands}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a\nif (b) { c } elseif (d) { e } else { f }", {"a": "always", "b": "always", "c": "maybe", "e": "maybe"}),
        ("try { a } catch { b } finally { c }", {"a": "always", "b": "maybe", "c": "always"}),
        ("foreach ($x in (a)) { b }\nwhile (c) { d }\ndo { e } while (1)", {"a": "always", "b": "maybe", "d": "maybe"}),
        ("a | % { b }\n& { c }\nInvoke-Command { d }", {"b": "maybe", "c": "always", "d": "maybe"}),
        ("a && b", {"a": "always", "b": "maybe"}),
        ("a\nexit 0\nb", {"a": "always", "b": "never"}),
        ("if ($x) { exit 1 }\nb", {"b": "always"}),
        ("function F { a }\nfunction G { b }\nf", {"a": "always", "b": "never"}),
        ("function F { a }\nInvoke-Command ${function:F}", {"a": "maybe"}),
        ("function F { a }\n& $name", {"a": "maybe"}),
    ],
)
def test_what_runs_in_a_powershell_script(script: str, expected: dict[str, str]) -> None:
    found = {command.name: command.execution for command in read_powershell(script).commands}
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("bash -c 'apt-get update; reboot'", [("bash", 0, False), ("apt-get", 9, False), ("reboot", 25, False)]),
        ('sudo bash -ec "apt update"', [("bash", 5, True), ("apt", 15, True)]),
        ("su - me -c 'a'", [("su", 0, False), ("a", 12, False)]),
        ("eval 'a b'", [("a", 6, False)]),
        ("timeout 60 apt update", [("apt", 11, False)]),
        ("command -v apt", [("command", 0, False)]),
        ("echo -c 'apt'", [("echo", 0, False)]),
        ("ls é; apt update", [("ls", 0, False), ("apt", 6, False)]),
    ],
)
def test_scripts_in_arguments_are_read_where_they_stand(script: str, found: list[tuple[str, int, bool]]) -> None:
    commands = read_shell(script).commands
    assert [(command.name, command.start, command.has_sudo) for command in commands if command.name != "eval"] == found


BROKEN_SHELL = [
    ("echo 'a\nls", 1, "quote"),
    ('echo "a\necho "b"\nls', 1, "quote"),
    ("if a; then\n  b\nls", 1, "keyword"),
    ("if a; then\n  if b; then\n    c\nfi\nls", 2, "keyword"),
    ("for a in b; do\n  c", 1, "keyword"),
    ("while a; do\n  b\ndone\ndone", 4, "stray"),
    ("case $a in\n  b) c;;\nls", 1, "keyword"),
    ("f() {\n  a\nls", 1, "bracket"),
    ("f() {\n  a\n}\n}", 4, "stray"),
    ("x=$(date\nls", 1, "bracket"),
    ("(a\nls", 1, "bracket"),
    ("a)\nls", 1, "stray"),
    ("a\nfi", 2, "stray"),
    ("ls `date\nls", 1, "quote"),
]
BROKEN_POWERSHELL = [
    ("if ($x) {\n  a\n", 1, "bracket"),
    ("function f {\n  if ($x) {\n    a\n}\nf", 2, "bracket"),
    ("if ($x)\n  a\n}", 3, "stray"),
    ("if (Test-Path a {\n  b\n}", 1, "bracket"),
    ("a (b\nc", 1, "bracket"),
    ("$x = @{\n  a = 1\n", 1, "bracket"),
    ("$x = @(1, 2\n", 1, "bracket"),
    ("a b)\nc", 1, "stray"),
    ("try {\n  a\n} catch {\n  b\n", 3, "bracket"),
    ('a "b $(c"', 1, "quote"),
    ('@"\n  text\n  "@\n', 1, "here-string"),
    ("a ‘b\nc", 1, "quote"),
]


@pytest.mark.parametrize(("script", "line", "kind"), BROKEN_SHELL)
def test_a_broken_shell_script_is_refused_where_it_breaks(script: str, line: int, kind: str) -> None:
    fault = read_shell(script).fault
    assert fault is not None
    assert (script.count("\n", 0, fault.start) + 1, fault.kind) == (line, kind)


@pytest.mark.parametrize(("script", "line", "kind"), BROKEN_POWERSHELL)
def test_a_broken_powershell_script_is_refused_where_it_breaks(script: str, line: int, kind: str) -> None:
    fault = read_powershell(script).fault
    assert fault is not None
    assert (script.count("\n", 0, fault.start) + 1, fault.kind) == (line, kind)


@pytest.mark.parametrize(
    "script",
    [
        "case $a in\n  x|'y') b;;\n  \"z\") c;;\n  *_@(d|e)_*.log) f;;\nesac",
        "find . ! -name a \\\n  -exec rm {} +",
        "function f {\n  cp /tmp/{a,b} /c\n}\nf",
        "a=(b c) ; echo ${a[@]} ${#a} \"${a:-it's}\" ${b//\\'/}",
        "cat <<EOF > a\n$(b) ' \" if (\nEOF\nls",
        "echo $((1 << 2)) $((16#ff)); ((a++)); [[ a =~ ^(b|c)$ ]]",
        "a | b `# a comment` | c",
        "{ a; } | tee b || { c; exit 1; }",
        "echo if then fi done { } \\)\\(",
        "if a; then { (b) }; fi",
        "for a do b; done\nfor a\ndo b; done\nfor do in do; do b; done; for ((;;)) do b; done",
        "echo a\r\nif b; then\r\n  c\r\nfi\r\n",
    ],
)
def test_a_valid_shell_script_is_accepted(script: str) -> None:
    assert read_shell(script).fault is None


@pytest.mark.parametrize(
    ("read", "script"),
    [
        (read_shell, "a|" * 20_000),
        (read_shell, "<<A\n" * 60_000),
        (read_shell, "a\n" * 200_000),
        (read_powershell, "a\n" * 200_000),
    ],
)
def test_a_script_beyond_the_limits_is_not_parsed(read: Callable[[str], ScriptCode], script: str) -> None:
    code = read(script)
    assert (code.is_parsed, code.commands, code.fault, code.code.strip()) == (False, (), None, "")


def test_the_grammars_are_loaded_for_scripts_only() -> None:
    """`diagnose` starts without them, and so does a check of a template without scripts."""
    script = "import sys, knowledge.preflight.checking; assert 'tree_sitter' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
