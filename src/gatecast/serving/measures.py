"""How does the server do? Counts, times and states for Prometheus; names of streams and models, and no other data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gatecast.serving.jobs import Jobs
from gatecast.serving.models import Registry
from gatecast.serving.streams import Streams

__all__ = ["TEXT", "Measured", "Measures"]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
# streams with gauges of their own
MOST_STREAMS = 1000
STATES = ("waiting", "running", "done", "failed", "cancelled")


class Measured(Protocol):
    """What a server is made of, as far as it is measured."""

    n_under_way: int
    models: Registry
    jobs: Jobs | None
    streams: Streams | None


class Measures:
    """What is measured of one server.

    Examples:
        >>> from gatecast.serving.service import Service
        >>> service = Service()
        >>> service.measures.request("GET", "/healthz", 200, 0.001)
        >>> 'gatecast_requests_total{method="GET",route="/healthz",status="200"} 1.0' in service.measures.text()
        True
    """

    def __init__(self, service: Measured) -> None:
        self._registry = CollectorRegistry()
        self._of_kind: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        labels = ("method", "route")
        self._requests = Counter(
            "gatecast_requests", "Requests that were answered.", (*labels, "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "gatecast_request_seconds", "Seconds until the answer.", labels, buckets=SECONDS, registry=self._registry
        )
        self._forecasts = Counter(
            "gatecast_forecasts", "Forecasts, one for each series.", ("model",), registry=self._registry
        )
        self._observations = Counter("gatecast_observations", "Observations of streams.", registry=self._registry)
        ProcessCollector(registry=self._registry)
        self._registry.register(_States(service))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        kind = (method, route, status)
        if kind not in self._of_kind:
            # looking children up by their labels takes longer than counting
            self._of_kind[kind] = self._requests.labels(*kind), self._seconds.labels(method, route)
        count, times = self._of_kind[kind]
        count.inc()
        times.observe(seconds)

    def forecasts(self, model: str, n_series: int) -> None:
        """Count forecasts of a model."""
        self._forecasts.labels(model).inc(n_series)

    def observations(self, n: int) -> None:
        """Count observations of streams."""
        self._observations.inc(n)

    def text(self) -> str:
        """Return all of it as Prometheus reads it."""
        return generate_latest(self._registry).decode()


class _States(Collector):
    """What is asked for at the moment when somebody looks."""

    def __init__(self, service: Measured) -> None:
        self._service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        service = self._service
        yield _gauge("gatecast_requests_under_way", "Forecasts at work or waiting.", service.n_under_way)
        yield _gauge("gatecast_models", "Models that can be asked.", len(service.models.names()))
        if service.jobs is not None:
            jobs = GaugeMetricFamily("gatecast_jobs", "Trainings by state.", labels=["state"])
            for state in STATES:
                jobs.add_metric([state], service.jobs.n_of(state))
            yield jobs
        yield from self._streams()

    def _streams(self) -> Iterator[GaugeMetricFamily]:
        streams = self._service.streams
        if streams is None:
            return
        yield _gauge("gatecast_streams", "Streams that are kept.", streams.count())
        told = [(live.id, live.rolling.facts()) for live in streams.newest(MOST_STREAMS)]
        for name, meaning in (
            ("mae", "Mean absolute error of the newest forecasts one step ahead."),
            ("naive_mae", "The same of the value before."),
            ("coverage", "Share of the newest intervals one step ahead that held."),
        ):
            family = GaugeMetricFamily(f"gatecast_stream_{name}", meaning, labels=["stream"])
            for stream, errors in told:
                value = None if errors is None else getattr(errors, name)
                if value is not None:
                    family.add_metric([stream], value)
            yield family


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning)
    family.add_metric([], value)
    return family
