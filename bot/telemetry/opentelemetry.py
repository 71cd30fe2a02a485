"""Traces, metrics and logs by OpenTelemetry, where an operator asks for them; no contents are in any of them.

| variable                                | meaning                                                                    |
| --------------------------------------- | -------------------------------------------------------------------------- |
| `OTEL_EXPORTER_OTLP_ENDPOINT`           | a collector's address, such as http://localhost:4318; OTLP over HTTP       |
| `APPLICATIONINSIGHTS_CONNECTION_STRING` | the connection string of an Application Insights resource; both may be set |

Both are the names that OpenTelemetry and Azure Monitor have for them, as are `OTEL_SERVICE_NAME` and the like. The
libraries are installed from requirements-telemetry.txt.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.errors import StartError
from bot.telemetry.observer import NullObserver, Observer
from knowledge.model.diagnosis import Diagnosis

if TYPE_CHECKING:
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace.export import SpanExporter

SETTING_NAMES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "APPLICATIONINSIGHTS_CONNECTION_STRING")
SERVICE_NAME = "image-medic"

_OWN_LOGGERS = ("bot", "dialogs", "knowledge")


@dataclass
class TelemetryExporters:
    """Where to: each of the three signals to each of the places that were asked for."""

    spans: list[SpanExporter] = field(default_factory=list)
    metrics: list[MetricReader] = field(default_factory=list)
    logs: list[LogRecordExporter] = field(default_factory=list)


def open_telemetry(environ: Mapping[str, str]) -> Observer:
    """The observer that `environ` asks for; nobody where it asks for none.

    Raises:
        StartError: it is asked for, and its libraries are not installed or refuse the settings.
    """
    wanted = {name: environ.get(name, "").strip() for name in SETTING_NAMES}
    if not any(wanted.values()):
        return NullObserver()
    try:
        return OpenTelemetryObserver(
            _build_exporters(*wanted.values()), environ.get("OTEL_SERVICE_NAME", "").strip() or SERVICE_NAME
        )
    except ImportError as error:
        raise StartError(
            f"Telemetry is asked for ({', '.join(name for name in SETTING_NAMES if wanted[name])}), but {error.name} is not "
            "installed: pip install -r requirements-telemetry.txt, or unset the variable."
        ) from error
    except ValueError as error:
        # the message could quote the connection string
        raise StartError(
            f"Telemetry cannot be set up ({type(error).__name__}): check "
            f"{' and '.join(name for name in SETTING_NAMES if wanted[name])}."
        ) from error


def _build_exporters(endpoint: str, connection_string: str) -> TelemetryExporters:
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    exporters = TelemetryExporters()
    if endpoint:
        from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporters.spans.append(OTLPSpanExporter())
        exporters.metrics.append(PeriodicExportingMetricReader(OTLPMetricExporter()))
        exporters.logs.append(OTLPLogExporter())
    if connection_string:
        from azure.monitor.opentelemetry.exporter import (
            AzureMonitorLogExporter,
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

        told: Any = {"connection_string": connection_string}
        exporters.spans.append(AzureMonitorTraceExporter(**told))
        exporters.metrics.append(PeriodicExportingMetricReader(AzureMonitorMetricExporter(**told)))
        exporters.logs.append(AzureMonitorLogExporter(**told))
    return exporters


class OpenTelemetryObserver:
    """An `Observer` that sends to `exporters`, under the name `service`; each process has an instance id of its own."""

    def __init__(self, exporters: TelemetryExporters, service_name: str = SERVICE_NAME) -> None:
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # without it the counts of several instances would pass for one that jumps to and fro
        resource = Resource.create({"service.name": service_name, "service.instance.id": secrets.token_hex(6)})
        self._tracer_provider = TracerProvider(resource=resource)
        for exporter in exporters.spans:
            self._tracer_provider.add_span_processor(BatchSpanProcessor(exporter))
        self._meter_provider = MeterProvider(metric_readers=exporters.metrics, resource=resource)
        self._logger_provider = LoggerProvider(resource=resource)
        for log_exporter in exporters.logs:
            self._logger_provider.add_log_record_processor(BatchLogRecordProcessor(log_exporter))
        self._tracer = self._tracer_provider.get_tracer(SERVICE_NAME)
        meter = self._meter_provider.get_meter(SERVICE_NAME)
        self._meter = meter
        self._turn_durations = meter.create_histogram("image_medic.turn.duration", "s", "How long turns took.")
        self._diagnosis_durations = meter.create_histogram(
            "image_medic.diagnosis.duration", "s", "How long diagnoses took."
        )
        self._lookup_durations = meter.create_histogram(
            "image_medic.look.duration", "s", "How long looks at Azure took."
        )
        self._handler = _OpenTelemetryLogHandler(self._logger_provider.get_logger(SERVICE_NAME))
        for name in _OWN_LOGGERS:
            logging.getLogger(name).addHandler(self._handler)

    def observe_turn(self, kind: str, scope: str) -> AbstractContextManager[object]:
        """A span around the turn, and its duration."""
        return self._trace_turn(kind, scope)

    @contextmanager
    def _trace_turn(self, kind: str, scope: str) -> Iterator[None]:
        told = {"turn.kind": kind, "turn.scope": scope}
        begun, failed = time.perf_counter(), ""
        # an exception's message could quote what somebody sent: only its kind is told
        with self._tracer.start_as_current_span(
            "turn", attributes=told, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException as error:
                failed = type(error).__name__
                span.set_attribute("error.type", failed)
                raise
            finally:
                self._turn_durations.record(
                    time.perf_counter() - begun, told | ({"error.type": failed} if failed else {})
                )

    def record_diagnosis(self, diagnosis: Diagnosis, seconds: float) -> None:
        """The kind of the text, the entry that it came to and how sure that is."""
        first = diagnosis.matches[0] if diagnosis.matches else None
        told = {
            "diagnosis.kind": diagnosis.kind,
            "diagnosis.entry": first.entry if first else "none",
            "diagnosis.confidence": first.confidence if first else "none",
        }
        self._diagnosis_durations.record(seconds, told)

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        """Which look, and what came of it."""
        self._lookup_durations.record(seconds, {"look.operation": operation, "look.result": result})

    def register_outcome_counts(self, read_counts: Callable[[], Mapping[str, int]]) -> None:
        """Replies by what became of them."""
        from opentelemetry.metrics import CallbackOptions, Observation

        def read(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(number, {"reply.outcome": outcome}) for outcome, number in read_counts().items()]

        self._meter.create_observable_counter("image_medic.replies", [read], "1", "Replies by what became of them.")

    def close(self) -> None:
        """Send what was not sent yet, as far as that succeeds soon."""
        for name in _OWN_LOGGERS:
            logging.getLogger(name).removeHandler(self._handler)
        self._tracer_provider.shutdown()
        self._meter_provider.shutdown(timeout_millis=5_000)
        self._logger_provider.shutdown()


class _OpenTelemetryLogHandler(logging.Handler):
    """Our own log lines, as they stand in the log: of an exception kind and place only."""

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        from opentelemetry._logs import LogRecord, SeverityNumber

        from bot.errors import describe_error_location

        raised = describe_error_location(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
        numbers = {
            logging.DEBUG: SeverityNumber.DEBUG,
            logging.INFO: SeverityNumber.INFO,
            logging.WARNING: SeverityNumber.WARN,
            logging.ERROR: SeverityNumber.ERROR,
        }
        self._logger.emit(
            LogRecord(
                timestamp=int(record.created * 1e9),
                severity_text=record.levelname,
                severity_number=numbers.get(record.levelno, SeverityNumber.FATAL),
                body=record.getMessage(),
                attributes={"logger": record.name, **({"error": raised} if raised else {})},
            )
        )
