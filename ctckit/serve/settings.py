"""What a server allows, and what it keeps to itself."""

from dataclasses import dataclass

from ctckit.errors import InputError, nearest_name
from ctckit.serve.bearer import require_token

LOGS = ("failures", "requests", "texts")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Who may ask a server, and for how much."""

    token: str | None = None
    """What requests must bring, as Authorization: Bearer TOKEN. Other users of this machine see the
    command line: the variable CTCKIT_TOKEN of the environment says the same."""
    allow_host: tuple[str, ...] = ()
    """Names by which the server may be called, such as reader.example.org; localhost and addresses
    may always be used."""
    min_confidence: float | None = None
    """Mark texts of less confidence, 0 to 1, for a person to look at."""
    batch_size: int = 16
    """Images that the network reads at once."""
    max_body_mb: int = 16
    """Largest body of a request, in millions of bytes."""
    max_waiting_mb: int = 256
    """Largest bodies of all requests together that are not answered yet, in millions of bytes;
    further requests are told to come again (status 429)."""
    max_pixels: int = 20_000_000
    """Most pixels of an image."""
    max_images: int = 64
    """Most images of a request."""
    max_queue: int = 256
    """Most images of a model that wait; further requests are told to come again (status 429)."""
    max_wait_ms: float = 2.0
    """Longest time that an image waits for others, to be read together."""
    time_limit_s: float = 20.0
    """Seconds for a request to arrive, and for it to be answered."""
    log: str = "failures"
    """Which requests the log names: failures, requests for all, or texts for all with what was
    read."""

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        for name in ("max_body_mb", "max_waiting_mb", "max_pixels", "max_images"):
            if getattr(self, name) < 1:
                raise InputError(
                    f"expected 1 or more, received {getattr(self, name)}", argument=name
                )
        if self.max_queue < self.max_images:
            raise InputError(
                f"expected room for the images of a request, {self.max_images}, received "
                f"{self.max_queue}; allow more, or fewer images of a request",
                argument="max_queue",
            )
        for name, most in (("max_wait_ms", 1000), ("time_limit_s", 3600)):
            if not 0 <= getattr(self, name) <= most:
                raise InputError(
                    f"expected 0 to {most}, received {getattr(self, name)}", argument=name
                )
        if self.token is not None:
            require_token(self.token)
        if self.log not in LOGS:
            raise InputError(
                f"expected one of {', '.join(LOGS)}, received '{self.log}'."
                f"{nearest_name(self.log, LOGS)}",
                argument="log",
            )

    @property
    def max_waiting(self) -> int:
        """Largest bodies of all requests that are not answered, in bytes."""
        return self.max_waiting_mb * 1_000_000

    @property
    def max_body(self) -> int:
        """Largest body of a request, in bytes."""
        return self.max_body_mb * 1_000_000
