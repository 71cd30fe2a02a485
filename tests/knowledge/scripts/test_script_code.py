"""Which commands a script has, and which quotes are never closed."""

from __future__ import annotations

import pytest

from knowledge.scripts.powershell_code import read_powershell
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
    "text", ['"$(' * 2000, "'" * 9999, "(" * 9999, "<<A\n" * 3000, "`" * 9999, "\\" * 9999, "@'\n"]
)
def test_a_hostile_script_does_no_harm(scan: object, text: str) -> None:
    assert callable(scan)
    code = scan(text).code
    assert len(code) == len(text)
