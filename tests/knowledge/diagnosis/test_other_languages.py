"""Errors in other languages are recognized by what isn't translated, or by common words."""

from __future__ import annotations

import pytest

from knowledge.build_log.script_output import read_messages
from knowledge.text.lines import LogLine
from tests.build_logs import begun, powershell, script_failed, shell
from tests.shipped_knowledge import DIAGNOSER

SCRIPT = r"C:\Windows\Temp\script-1.ps1"
POSITIONS = {
    "en": f"At {SCRIPT}:3 char:1",
    "de": f"In {SCRIPT}:3 Zeichen:1",
    "fr": f"Au caractère {SCRIPT}:3 : 1",
    "es": f"En {SCRIPT}: 3 Carácter: 1",
    "it": f"In {SCRIPT}:3 car:1",
    "pt": f"No {SCRIPT}:3 caractere:1",
    "ja": f"発生場所 {SCRIPT}:3 文字:1",
    "zh": f"所在位置 {SCRIPT}:3 字符: 1",
}
INLINE_POSITIONS = {
    "en": "At line:3 char:1",
    "de": "In Zeile:3 Zeichen:1",
    "fr": "Au caractère Ligne:3 : 1",
    "es": "En línea: 3 Carácter: 1",
    "it": "In riga:3 car:1",
    "pt": "No linha:3 caractere:1",
    "ja": "発生場所 行:3 文字:1",
    "zh": "所在位置 行:3 字符: 1",
}


def record(language: str, message: str, category: str, error_id: str) -> list[str]:
    """What Windows PowerShell prints of an error, the message in a language."""
    below = [f"    + CategoryInfo          : {category}", f"    + FullyQualifiedErrorId : {error_id}"]
    return [*message.split("\n"), POSITIONS[language], "+ something", "+ ~~~~~~~~~", *below]


def parser_error(language: str, message: str, error_id: str) -> list[str]:
    below = ["    + CategoryInfo          : ParserError: (:) [], ParentContainsErrorRecordException"]
    return [
        POSITIONS[language],
        "+ something",
        "+         ~",
        message,
        *below,
        f"    + FullyQualifiedErrorId : {error_id}",
    ]


MISSING_COMMAND = "ObjectNotFound: (az:String) [], CommandNotFoundException"
RECORDS = [
    # language, finding, what it captures, output
    ("de", "command-not-found", "az", record("de", 'az : Die Benennung "az" wurde nicht als Name eines Cmdlet, einer Funktion, einer Skriptdatei oder\neines ausführbaren Programms erkannt.', MISSING_COMMAND, "CommandNotFoundException")),
    ("fr", "command-not-found", "az", record("fr", "az : Le terme «az» n'est pas reconnu comme nom d'applet de commande ou programme exécutable.", MISSING_COMMAND, "CommandNotFoundException")),
    ("zh", "command-not-found", "az", record("zh", "az : 无法将“az”项识别为 cmdlet、函数、脚本文件或可运行程序的名称。", MISSING_COMMAND.replace(", ", "，"), "CommandNotFoundException")),
    ("de", "missing-file", r"C:\Packages\a.msi", record("de", 'Get-Item : Der Pfad "C:\\Packages\\a.msi" kann nicht gefunden werden, da er nicht vorhanden ist.', r"ObjectNotFound: (C:\Packages\a.msi:String) [Get-Item], ItemNotFoundException", "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand")),
    ("es", "permission-denied", "", record("es", "New-Item : Acceso denegado a la ruta de acceso 'app.config'.", r"PermissionDenied: (C:\Windows\app.config:String) [New-Item], UnauthorizedAccessException", "NewItemUnauthorizedAccessError,Microsoft.PowerShell.Commands.NewItemCommand")),
    ("pt", "download-error", "", record("pt", "Invoke-WebRequest : Não foi possível resolver o nome remoto: 'files.contoso.example'", "InvalidOperation: (System.Net.HttpWebRequest:HttpWebRequest) [Invoke-WebRequest], WebException", "WebCmdletWebResponseException,Microsoft.PowerShell.Commands.InvokeWebRequestCommand")),
    ("zh", "execution-policy", "", record("zh", f"{SCRIPT} : 无法加载文件 C:\\x.ps1，因为在此系统上禁止运行脚本。", "SecurityError: (:) []，PSSecurityException", "UnauthorizedAccess")),
    ("fr", "psgallery", "", record("fr", "PackageManagement\\Install-Package : Aucune correspondance trouvée pour le nom de module «Contoso».", "ObjectNotFound: (Microsoft.Power....InstallPackage:InstallPackage) [Install-Package], Exception", "NoMatchFoundForCriteria,Microsoft.PowerShell.PackageManagement.Cmdlets.InstallPackage")),
    ("de", "unknown-parameter", "Remove-Item", record("de", 'Remove-Item : Es wurde kein Parameter gefunden, der dem Parameternamen "Recursive" entspricht.', "InvalidArgument: (:) [Remove-Item], ParameterBindingException", "NamedParameterNotFound,Microsoft.PowerShell.Commands.RemoveItemCommand")),
    ("es", "null-value", "", record("es", "No se puede llamar a un método en una expresión con valor NULL.", "InvalidOperation: (:) [], RuntimeException", "InvokeMethodOnNull")),
    ("fr", "service-start", "", record("fr", "Start-Service : Impossible de démarrer le service «Contoso Agent (contoso)».", "OpenError: (System.ServiceProcess.ServiceController:ServiceController) [Start-Service], ServiceCommandException", "StartServiceFailed,Microsoft.PowerShell.Commands.StartServiceCommand")),
    ("ja", "powershell-parse", "", parser_error("ja", "式またはステートメントのトークン '}' を使用できません。", "UnexpectedToken")),
    ("de", "powershell-unbalanced-quotes", "", parser_error("de", 'Die Zeichenfolge hat kein Abschlusszeichen: ".', "TerminatorExpectedAtEndOfString")),
    ("it", "powershell-unbalanced-quotes", "", parser_error("it", 'Carattere di terminazione mancante nella stringa: ".', "TerminatorExpectedAtEndOfString")),
]  # fmt: skip
LINES = [
    # language, code, finding, what it captures, line
    ("fr", 1, "msi", "1603", "L'installation de Contoso Agent a échoué avec le code de sortie 1603"),
    ("de", 1, "msi", "1603", "Die Installation von Contoso Agent ist fehlgeschlagen. Exitcode: 1603"),
    ("es", 1, "permission-denied", "", "Error: acceso denegado. (Excepción de HRESULT: 0x80070005 (E_ACCESSDENIED))"),
    ("ja", 1, "dism-source", "0x800f081f", "エラー: 0x800f081f"),
    ("zh", 1, "service-start", "", "[SC] StartService 失败 1053:"),
    ("de", 1, "mount", "", "Systemfehler 53 aufgetreten."),
    ("ja", 1, "mount", "", "システム エラー 67 が発生しました。"),
    ("it", 100, "package-not-found", "contoso-agent", "E: Impossibile trovare il pacchetto contoso-agent"),
    ("de", 100, "package-not-found", "contoso-agent", "E: Paket contoso-agent kann nicht gefunden werden."),
    ("fr", 100, "package-not-found", "contoso-agent", "E: Impossible de trouver le paquet contoso-agent"),
    ("es", 100, "package-not-found", "contoso-agent", "E: No se ha podido localizar el paquete contoso-agent"),
    ("pt", 100, "package-not-found", "contoso-agent", "E: Impossível encontrar o pacote contoso-agent"),
    ("ja", 100, "package-not-found", "contoso-agent", "E: パッケージ contoso-agent が見つかりません"),
    ("zh", 100, "package-not-found", "contoso-agent", "E: 无法定位软件包 contoso-agent"),
    ("it", 100, "dpkg", "contoso-agent", "dpkg: errore nell'elaborare il pacchetto contoso-agent (--configure):"),
    ("de", 100, "dpkg", "", "E: Unterprozess /usr/bin/dpkg hat Fehlercode zurückgegeben (1)"),
    ("de", 127, "command-not-found", "jq", "/tmp/script_9.sh: Zeile 3: jq: Kommando nicht gefunden."),
    ("fr", 127, "command-not-found", "jq", "/tmp/script_9.sh: ligne 3: jq : commande introuvable"),
    ("es", 127, "command-not-found", "jq", "/tmp/script_9.sh: línea 3: jq: orden no encontrada"),
    ("it", 127, "command-not-found", "jq", "/tmp/script_9.sh: riga 3: jq: comando non trovato"),
    ("pt", 127, "command-not-found", "jq", "/tmp/script_9.sh: linha 3: jq: comando não encontrado"),
    ("ja", 127, "command-not-found", "jq", "/tmp/script_9.sh: 行 3: jq: コマンドが見つかりません"),
    ("zh", 127, "command-not-found", "jq", "/tmp/script_9.sh: 行 3: jq: 未找到命令"),
    ("de", 1, "missing-file", "", "cp: der Aufruf von stat für '/opt/a.conf' ist nicht möglich: Datei oder Verzeichnis nicht gefunden"),
    ("fr", 1, "missing-file", "", "cp: impossible d'évaluer '/opt/a.conf': Aucun fichier ou dossier de ce type"),
    ("es", 1, "permission-denied", "", "mkdir: no se puede crear el directorio «/opt/agent»: Permiso denegado"),
    ("pt", 1, "permission-denied", "", "mkdir: não foi possível criar o diretório “/opt/agent”: Permissão negada"),
    ("it", 1, "disk-full", "", "cp: errore scrivendo '/opt/a': Spazio esaurito sul device"),
    ("zh", 1, "disk-full", "", "cp: 写入“/opt/a”时出错: 设备上没有空间"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "finding", "value", "output"), RECORDS, ids=[f"{c[0]} {c[1]}" for c in RECORDS])
def test_an_error_record_is_known_by_its_structure(language: str, finding: str, value: str, output: list[str]) -> None:
    log = script_failed(powershell(begun(), ["Start", *output], code=1), 1)
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert diagnosis.finding is not None
    assert diagnosis.finding.id == finding
    assert value in diagnosis.finding.title
    assert diagnosis.finding.place is not None
    assert diagnosis.finding.place.script_line == 3
    assert POSITIONS[language] not in log.lines[diagnosis.finding.line - 1]
    assert POSITIONS[language] not in diagnosis.finding.title


@pytest.mark.parametrize(
    ("language", "code", "finding", "value", "line"), LINES, ids=[f"{case[0]} {case[2]}" for case in LINES]
)
def test_a_line_is_known_by_its_codes_and_set_words(
    language: str, code: int, finding: str, value: str, line: str
) -> None:
    run = shell if code in (100, 127) or line.startswith(("cp:", "mkdir:")) else powershell
    log = script_failed(run(begun(windows=run is powershell), ["Start", line], code=code), code)
    diagnosis = DIAGNOSER.diagnose(log.text())
    assert language
    assert diagnosis.finding is not None
    assert diagnosis.finding.id == finding
    assert value in diagnosis.finding.title
    assert diagnosis.finding.line == log.number_of(line)


LOCKS = [
    "E: Impossibile ottenere il blocco /var/lib/dpkg/lock-frontend - open (11: Risorsa temporaneamente non disponibile)",
    "E: Sperre /var/lib/dpkg/lock-frontend konnte nicht erlangt werden. Sie wird von Prozess 2101 (unattended-upgr) gehalten",
    "E: Impossible d'obtenir le verrou /var/lib/dpkg/lock-frontend. Il est tenu par le processus 2101 (unattended-upgr)",
    "E: ロック /var/lib/dpkg/lock-frontend が取得できませんでした - open (11: リソースが一時的に利用できません)",
    "E: 无法获得锁 /var/lib/dpkg/lock-frontend。锁正由进程 2101 (unattended-upgr) 持有",
]  # fmt: skip


@pytest.mark.parametrize("line", LOCKS)
def test_a_locked_package_manager_is_known_by_the_locks_path(line: str) -> None:
    log = script_failed(shell(begun(windows=False), ["Start", line], code=100), 100)
    first = DIAGNOSER.diagnose(log.text()).matches[0]
    assert (first.entry, first.confidence) == ("dpkg-lock", "certain")


def test_a_lock_file_that_may_not_be_opened_is_another_failure() -> None:
    line = "E: Sperrdatei /var/lib/dpkg/lock-frontend konnte nicht geöffnet werden - open (13: Keine Berechtigung)"
    log = script_failed(shell(begun(windows=False), ["Start", line], code=100), 100)
    assert DIAGNOSER.diagnose(log.text()).matches[0].entry != "dpkg-lock"


AZURE = [
    ("compute-quota-or-sku", "==> azure-arm: ERROR: -> SkuNotAvailable : La taille demandée n'est pas disponible actuellement."),
    ("compute-quota-or-sku", '{"error":{"code":"QuotaExceeded","message":"La operación supera la cuota de núcleos aprobada."}} imageTemplates'),
    ("policy-violation", '(RequestDisallowedByPolicy) Die Ressource "vm1" wurde durch eine Richtlinie nicht zugelassen. Image Builder'),
    ("template-action-denied", "(AuthorizationFailed) Il client 'x' non dispone dell'autorizzazione per eseguire l'azione 'Microsoft.VirtualMachineImages/imageTemplates/run/action'"),
    ("provider-not-registered", "(MissingSubscriptionRegistration) L'abonnement n'est pas inscrit pour l'espace de noms 'Microsoft.VirtualMachineImages'."),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "text"), AZURE)
def test_an_answer_of_azure_is_known_by_its_code(entry: str, text: str) -> None:
    first = DIAGNOSER.diagnose(text).matches[0]
    assert first.entry == entry
    assert first.confidence in ("certain", "likely")


@pytest.mark.parametrize(
    "text",
    [
        "==> azure-arm: ERROR: -> ZorgleNotFrobbed : サブネット 'default' に空きがありません。",
        "image builder: (ZorgleNotFrobbed) 找不到资源组“rg-images”。",
        'imageTemplates: {"error": {"code": "ZorgleNotFrobbed", "message": "Das Unternetz ist ungültig."}}',
    ],
)
def test_an_unknown_answer_is_repeated_with_its_code(text: str) -> None:
    finding = DIAGNOSER.diagnose(text).finding
    assert finding is not None
    assert finding.title.startswith("ZorgleNotFrobbed: ")
    assert finding.owner == "azure"


@pytest.mark.parametrize("positions", [POSITIONS, INLINE_POSITIONS], ids=["in a file", "inline"])
@pytest.mark.parametrize("language", POSITIONS)
def test_a_position_is_no_message_in_any_language(language: str, positions: dict[str, str]) -> None:
    bodies = [
        "Something went wrong",
        positions[language],
        "+ something",
        "+ ~~~~~~~~~",
        "    + CategoryInfo : X: (:) [], Y",
    ]
    lines = [LogLine(number, "output", body) for number, body in enumerate(bodies, 1)]
    (message,) = read_messages(lines)
    assert message.kind == "record"
    assert message.text.startswith("Something went wrong + CategoryInfo")


@pytest.mark.parametrize(
    "line",
    [
        "In Summe: 3",
        "No errors: 0",
        "En total: 12",
        "At 10:15",
        "In C:\\Temp wurden 3 Dateien gefunden",
        "所在地: 東京",
    ],
)
def test_what_only_begins_like_a_position_is_a_message(line: str) -> None:
    lines = [LogLine(1, "output", line), LogLine(2, "output", "    + CategoryInfo : X: (:) [], Y")]
    assert any(line in message.text for message in read_messages(lines))
