"""Traces, metrics, and logs through OpenTelemetry, if an operator asks for them. None of them have contents.

The settings are named as in OpenTelemetry and Azure Monitor, whose other variables, such as `OTEL_SERVICE_NAME`, work
too. The libraries are installed from requirements-telemetry.txt.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.errors import StartError, describe_error_location
from bot.settings.setting import SettingReader
from bot.settings.table import APPLICATION_INSIGHTS, OTLP_ENDPOINT, TELEMETRY
from bot.telemetry.observer import NullObserver, Observer, TurnSpan
from knowledge.model.diagnosis import Diagnosis

if TYPE_CHECKING:
    from opentelemetry.sdk._logs.export import LogRecordExporter
    from opentelemetry.sdk.metrics.export import MetricReader
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span

SERVICE_NAME = "image-medic"

_OWN_LOGGERS = ("bot", "dialogs", "knowledge")


@dataclass
class TelemetryExporters:
    """The exporters of each of the three signals, one for each destination."""

    spans: list[SpanExporter] = field(default_factory=list)
    metrics: list[MetricReader] = field(default_factory=list)
    logs: list[LogRecordExporter] = field(default_factory=list)


def open_telemetry(environ: Mapping[str, str]) -> Observer:
    """Open the observer that `environ` asks for; a `NullObserver` if it asks for none.

    Raises:
        StartError: The libraries aren't installed, or they reject the settings.
    """
    reader = SettingReader(environ)
    names = [setting.name for setting in TELEMETRY if reader.is_set(setting)]
    if not names:
        return NullObserver()
    try:
        return OpenTelemetryObserver(
            _build_exporters(reader.read(OTLP_ENDPOINT), reader.read(APPLICATION_INSIGHTS)),
            environ.get("OTEL_SERVICE_NAME", "").strip() or SERVICE_NAME,
        )
    except ImportError as error:
        raise StartError(
            f"{' and '.join(names)} turns telemetry on, but {error.name} is not installed: pip install -r "
            "requirements-telemetry.txt, or unset the variable."
        ) from error
    except ValueError as error:
        # only its type: the message could quote the connection string
        raise StartError(f"Telemetry can't be set up ({type(error).__name__}): check {' and '.join(names)}.") from error


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

        exporters.spans.append(AzureMonitorTraceExporter(connection_string=connection_string))
        exporters.metrics.append(
            PeriodicExportingMetricReader(AzureMonitorMetricExporter(connection_string=connection_string))
        )
        exporters.logs.append(AzureMonitorLogExporter(connection_string=connection_string))
    return exporters


class _OpenTelemetryTurnSpan:
    """Marks a turn's span as failed."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self.error_type = ""

    def fail(self, error: BaseException) -> None:
        from opentelemetry.trace import StatusCode

        self.error_type = type(error).__name__
        self._span.set_attribute("error.type", self.error_type)
        self._span.set_status(StatusCode.ERROR)


class OpenTelemetryObserver:
    """An `Observer` that sends to `exporters`, under `service_name` and an instance id for each process."""

    def __init__(self, exporters: TelemetryExporters, service_name: str) -> None:
        from opentelemetry.sdk._logs import LoggerProvider
        from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        # without an instance id, the counters of several processes would look like one that jumps back and forth
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
            "image_medic.look.duration", "s", "How long Azure lookups took."
        )
        self._handler = _OpenTelemetryLogHandler(self._logger_provider.get_logger(SERVICE_NAME))
        for name in _OWN_LOGGERS:
            logging.getLogger(name).addHandler(self._handler)

    def observe_turn(self, kind: str, scope: str) -> AbstractContextManager[TurnSpan]:
        """Trace the turn as a span, and record its duration."""
        return self._trace_turn(kind, scope)

    @contextmanager
    def _trace_turn(self, kind: str, scope: str) -> Iterator[TurnSpan]:
        attributes = {"turn.kind": kind, "turn.scope": scope}
        started_at = time.perf_counter()
        # only an exception's type is recorded: its message could quote what a person sent
        with self._tracer.start_as_current_span(
            "turn", attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            turn = _OpenTelemetryTurnSpan(span)
            try:
                yield turn
            except BaseException as error:
                turn.fail(error)
                raise
            finally:
                attributes |= {"error.type": turn.error_type} if turn.error_type else {}
                self._turn_durations.record(time.perf_counter() - started_at, attributes)

    def record_diagnosis(self, diagnosis: Diagnosis, seconds: float) -> None:
        """Record the kind of the text, the best entry, its confidence, and the duration."""
        best = diagnosis.matches[0] if diagnosis.matches else None
        attributes = {
            "diagnosis.kind": diagnosis.kind,
            "diagnosis.entry": best.entry if best else "none",
            "diagnosis.confidence": best.confidence if best else "none",
        }
        self._diagnosis_durations.record(seconds, attributes)

    def record_lookup(self, operation: str, result: str, seconds: float) -> None:
        """Record the operation, its result, and the duration."""
        self._lookup_durations.record(seconds, {"look.operation": operation, "look.result": result})

    def register_outcome_counts(self, read_counts: Callable[[], Mapping[str, int]]) -> None:
        """Export the counts of replies by delivery outcome."""
        from opentelemetry.metrics import CallbackOptions, Observation

        def read(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(number, {"reply.outcome": outcome}) for outcome, number in read_counts().items()]

        self._meter.create_observable_counter("image_medic.replies", [read], "1", "Replies by what became of them.")

    def close(self) -> None:
        """Send what has not been sent yet, within a time limit, and stop."""
        for name in _OWN_LOGGERS:
            logging.getLogger(name).removeHandler(self._handler)
        self._tracer_provider.shutdown()
        self._meter_provider.shutdown(timeout_millis=5_000)
        self._logger_provider.shutdown()


class _OpenTelemetryLogHandler(logging.Handler):
    """Sends our own log records; for an exception, only the type and location, as in the log."""

    def __init__(self, logger: Any) -> None:
        super().__init__()
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        from opentelemetry._logs import LogRecord, SeverityNumber

        error = describe_error_location(record.exc_info[1]) if record.exc_info and record.exc_info[1] else ""
        severities = {
            logging.DEBUG: SeverityNumber.DEBUG,
            logging.INFO: SeverityNumber.INFO,
            logging.WARNING: SeverityNumber.WARN,
            logging.ERROR: SeverityNumber.ERROR,
        }
        self._logger.emit(
            LogRecord(
                timestamp=int(record.created * 1e9),
                severity_text=record.levelname,
                severity_number=severities.get(record.levelno, SeverityNumber.FATAL),
                body=record.getMessage(),
                attributes={"logger": record.name, **({"error": error} if error else {})},
            )
        )
