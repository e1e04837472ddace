"""What a server counts, as Prometheus takes it."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ctckit.errors import InputError
from ctckit.serve.reading import Found

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_CONFIDENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1)
_IMAGES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ctckit_requests", "Requests answered.", ["path", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "ctckit_request_seconds", "From a request's headers to the end of its answer.",
            ["path"], buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._images = Counter(
            "ctckit_images", "Images: read, or unreadable.", ["model", "result"],
            registry=self.registry,
        )  # fmt: skip
        self._queue = Gauge(
            "ctckit_queue_images", "Images that wait.", ["model"], registry=self.registry
        )
        self._waited = Histogram(
            "ctckit_queue_seconds", "How long an image waited.", ["model"],
            buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self._batches = Histogram(
            "ctckit_batch_images", "Images that were read together.", ["model"],
            buckets=_IMAGES, registry=self.registry,
        )  # fmt: skip
        self._confidence = Histogram(
            "ctckit_confidence", "Confidence of what was read.", ["model"],
            buckets=_CONFIDENCES, registry=self.registry,
        )  # fmt: skip

    def tell_request(self, path: str, status: int, seconds: float) -> None:
        """Count a request; `path` is one of the server's own."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def tell_batch(self, model: str, waited_s: Sequence[float]) -> None:
        """Count a batch, by how long each of its images has waited."""
        self._batches.labels(model).observe(len(waited_s))
        waited = self._waited.labels(model)
        for seconds in waited_s:
            waited.observe(seconds)

    def tell_answers(self, model: str, answers: Iterable[Found | InputError]) -> None:
        """Count images, and what was read in them."""
        confidence = self._confidence.labels(model)
        for answer in answers:
            if isinstance(answer, InputError):
                self._images.labels(model, "unreadable").inc()
            else:
                self._images.labels(model, "read").inc()
                confidence.observe(answer.reading.confidence)

    def watch_queue(self, model: str, length: Callable[[], int]) -> None:
        """Ask for the length of a queue whenever the metrics are asked for."""
        self._queue.labels(model).set_function(length)

    def text(self) -> bytes:
        """Return all of them, in Prometheus' text format."""
        return generate_latest(self.registry)
