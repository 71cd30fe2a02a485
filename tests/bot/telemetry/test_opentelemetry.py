"""OpenTelemetry: all three signals reach a collector over real HTTP, without any content."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bot.errors import StartError
from bot.telemetry.observer import NullObserver, classify_turn
from bot.telemetry.opentelemetry import open_telemetry
from dialogs.model.files import AttachedFile
from dialogs.model.job import Job, JobDone
from dialogs.model.turn import ActionPressed, MemberJoined, MessageSent, Person, SignedIn, Turn
from tests.bot.scripted import build_conversation

ROOT = Path(__file__).resolve().parents[3]
SECRET = "hunter2-Kx9vQ4wz7"
ANNA = Person("tenant-1", "29:anna", "Anna Rossi")


class Collector:
    """Receives what is exported over HTTP, as a collector does."""

    def __init__(self) -> None:
        taken: dict[str, list[bytes]] = {"/v1/traces": [], "/v1/metrics": [], "/v1/logs": []}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                taken[self.path].append(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.taken = taken
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def everything(self) -> bytes:
        return b"".join(body for bodies in self.taken.values() for body in bodies)

    def spans(self) -> list[dict[str, str]]:
        read = [ExportTraceServiceRequest.FromString(body) for body in self.taken["/v1/traces"]]
        return [
            {"name": span.name, **{pair.key: pair.value.string_value for pair in span.attributes}}
            for request in read for resource in request.resource_spans
            for scope in resource.scope_spans for span in scope.spans
        ]  # fmt: skip

    def metrics(self) -> dict[str, list[dict[str, str]]]:
        read = [ExportMetricsServiceRequest.FromString(body) for body in self.taken["/v1/metrics"]]
        found: dict[str, list[dict[str, str]]] = {}
        for request in read:
            for resource in request.resource_metrics:
                for scope in resource.scope_metrics:
                    for metric in scope.metrics:
                        points = [*metric.histogram.data_points, *metric.sum.data_points]
                        told = [{pair.key: pair.value.string_value for pair in point.attributes} for point in points]
                        found.setdefault(metric.name, []).extend(told)
        return found

    def processes(self) -> list[dict[str, str]]:
        """What each batch of spans says of the process that sent it."""
        read = [ExportTraceServiceRequest.FromString(body) for body in self.taken["/v1/traces"]]
        return [
            {pair.key: pair.value.string_value for pair in resource.resource.attributes}
            for request in read for resource in request.resource_spans
        ]  # fmt: skip

    def logs(self) -> list[tuple[str, str]]:
        read = [ExportLogsServiceRequest.FromString(body) for body in self.taken["/v1/logs"]]
        return [
            (record.severity_text, record.body.string_value)
            for request in read for resource in request.resource_logs
            for scope in resource.scope_logs for record in scope.log_records
        ]  # fmt: skip


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    collector = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    yield collector
    collector.close()


def test_nothing_is_sent_unless_it_is_asked_for() -> None:
    assert isinstance(open_telemetry({}), NullObserver)
    assert isinstance(open_telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}), NullObserver)


async def test_processes_are_told_apart_and_bear_the_name_that_was_given(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "medic-of-the-north"):
        monkeypatch.setenv("OTEL_SERVICE_NAME", name)
        observer = open_telemetry(os.environ)
        with observer.observe_turn("text", "personal"):
            pass
        await asyncio.to_thread(observer.close)
    processes = collector.processes()
    assert [process["service.name"] for process in processes] == ["image-medic", "medic-of-the-north"]
    assert len({process["service.instance.id"] for process in processes}) == 2


async def test_telemetry_arrives_without_contents(collector: Collector) -> None:
    observer = open_telemetry(os.environ)
    conversation = build_conversation(observer)
    counts = Counter({"sent": 2})
    observer.register_outcome_counts(lambda: counts)
    text = f"password={SECRET} Failed while waiting for packerizer: Timeout waiting for microservice to complete: 'context deadline exceeded'"
    turn = Turn(ANNA, "c", event=MessageSent(text))
    with observer.observe_turn(classify_turn(turn), turn.scope):
        await conversation.answer_turn(turn, None)
    with observer.observe_turn("joined", "group") as span:
        span.fail(KeyError(text))  # the person got an answer, but the turn still failed
    try:
        with observer.observe_turn("press", "channel"):
            raise RuntimeError(text)
    except RuntimeError:
        logging.getLogger("bot.turns.turn_runner").exception("A turn failed.")
    observer.record_lookup("status", "denied", 0.25)
    await asyncio.to_thread(observer.close)

    assert collector.spans() == [
        {"name": "turn", "turn.kind": "text", "turn.scope": "personal"},
        {"name": "turn", "turn.kind": "joined", "turn.scope": "group", "error.type": "KeyError"},
        {"name": "turn", "turn.kind": "press", "turn.scope": "channel", "error.type": "RuntimeError"},
    ]
    metrics = collector.metrics()
    assert {"turn.kind": "text", "turn.scope": "personal"} in metrics["image_medic.turn.duration"]
    assert metrics["image_medic.diagnosis.duration"][0]["diagnosis.entry"] == "build-timeout"
    assert metrics["image_medic.diagnosis.duration"][0]["diagnosis.confidence"] == "certain"
    assert {"look.operation": "status", "look.result": "denied"} in metrics["image_medic.look.duration"]
    assert {"reply.outcome": "sent"} in metrics["image_medic.replies"]
    assert ("ERROR", "A turn failed.") in collector.logs()
    for hidden in (SECRET, "packerizer", "Anna", "tenant-1"):
        assert hidden.encode() not in collector.everything, f"{hidden} left the program"


async def test_a_collector_that_is_gone_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = "http://127.0.0.1:9"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", nowhere)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    observer = open_telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": nowhere})
    with observer.observe_turn("text", "personal") as span:
        span.fail(RuntimeError("nobody hears it"))
    await asyncio.to_thread(observer.close)


def test_settings_that_cannot_be_used_are_named_without_their_value() -> None:
    with pytest.raises(StartError) as failed:
        open_telemetry({"APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={SECRET}"})
    assert "APPLICATIONINSIGHTS_CONNECTION_STRING" in str(failed.value)
    assert SECRET not in str(failed.value)


def test_a_missing_library_is_named_with_what_to_do() -> None:
    program = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from bot.telemetry.opentelemetry import open_telemetry\n"
        "try: open_telemetry({'OTEL_EXPORTER_OTLP_ENDPOINT': 'http://127.0.0.1:9'})\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True, env=os.environ
    )
    assert ended.stdout.startswith("StartError")
    assert "pip install -r requirements-telemetry.txt" in ended.stdout


@pytest.mark.parametrize(
    ("turn", "kind"),
    [
        (Turn(ANNA, "c", event=MessageSent("x")), "text"),
        (Turn(ANNA, "c", event=MemberJoined()), "joined"),
        (Turn(ANNA, "c", event=MessageSent("x", (AttachedFile("a", "b"),))), "file"),
        (Turn(ANNA, "c", event=ActionPressed("next", {}, {}, 1)), "press"),
        (Turn(ANNA, "c", event=SignedIn(False)), "sign-in"),
        (Turn(ANNA, "c", event=JobDone(Job("whole-log", {}), {})), "work"),
    ],
)
def test_what_a_turn_is_holds_nothing_of_it(turn: Turn, kind: str) -> None:
    assert classify_turn(turn) == kind
