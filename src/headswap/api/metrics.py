"""What Prometheus reads: requests as they are counted here, work as the database has it."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from headswap.jobs import outbox, queue
from headswap.store.tables import Analysis, OutboxMessage, QueueEntry, SwapTask

_STATUSES = {1: "queued", 2: "processing", 3: "completed", 4: "failed"}
_SENDING = (outbox.WAITING, outbox.SENT, outbox.GIVEN_UP)
_DURATIONS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600)


class Metrics:
    """One server's figures, in a registry of their own: several servers may share a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "headswap_http_requests",
            "Requests answered, by HTTP status and by the envelope's code (0: no envelope).",
            ("method", "route", "status", "code"),
            registry=self._registry,
        )
        self._durations = Histogram(
            "headswap_http_request_duration_seconds",
            "How long requests took.",
            ("method", "route"),
            buckets=_DURATIONS_S,
            registry=self._registry,
        )
        self._series: dict[tuple[str, str, int, int], tuple[Counter, Histogram]] = {}
        self._queue = self._gauge(
            "headswap_queue_entries", "Work not ended, waiting or running.", "kind", "state"
        )
        self._queue_age = self._gauge(
            "headswap_queue_oldest_seconds", "Age of the oldest work not ended.", "kind"
        )
        self._analyses = self._gauge("headswap_analyses", "Analyses kept, by state.", "state")
        self._tasks = self._gauge("headswap_tasks", "Tasks kept, by state.", "state")
        self._webhooks = self._gauge("headswap_webhooks", "Webhooks kept, by state.", "state")
        ProcessCollector(registry=self._registry)

    def count_request(self, method: str, route: str, status: int, code: int, took_s: float) -> None:
        """One request more. route: its pattern, empty if none fitted."""
        kind = (method, route, status, code)
        # Finding a series by its labels takes longer than counting in it.
        series = self._series.get(kind)
        if series is None:
            # Any word may stand where a method does; each would become a series of its own.
            method = method if method in {"GET", "HEAD", "POST"} else "other"
            labels = (method, route or "none")
            series = (
                self._requests.labels(*labels, str(status), str(int(code))),
                self._durations.labels(*labels),
            )
            if method != "other":
                self._series[kind] = series
        series[0].inc()
        series[1].observe(took_s)

    def count_work(self, s: Session, now_ms: int) -> None:
        """What the database holds at this moment becomes the gauges' values."""
        ages = select(QueueEntry.kind, func.min(QueueEntry.create_time)).group_by(QueueEntry.kind)
        oldest = dict(s.execute(ages).all())
        for counts in queue.counts(s, now_ms):
            self._queue.labels(counts.kind, "waiting").set(counts.waiting)
            self._queue.labels(counts.kind, "running").set(counts.running)
            age_ms = max(0, now_ms - oldest.get(counts.kind, now_ms))
            self._queue_age.labels(counts.kind).set(age_ms / 1000)
        for gauge, table in ((self._analyses, Analysis), (self._tasks, SwapTask)):
            rows = s.execute(select(table.status, func.count()).group_by(table.status))
            _set(gauge, _STATUSES.values(), {_STATUSES[status]: count for status, count in rows})
        rows = s.execute(select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state))
        _set(self._webhooks, _SENDING, dict(rows.all()))

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, says: str, *labels: str) -> Gauge:
        return Gauge(name, says, labels, registry=self._registry)


def _set(gauge: Gauge, labels: Iterable[str], counts: dict[str, int]) -> None:
    for label in labels:
        gauge.labels(label).set(counts.get(label, 0))
