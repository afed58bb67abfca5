"""How much may a request ask for? Every limit is checked before memory or time is spent, and its error names it."""

from __future__ import annotations

from dataclasses import dataclass, fields

from gatecast.serving.problems import RequestError
from gatecast.texts.message import Message

__all__ = ["MEGABYTE", "Limits"]

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """The most that a request may ask for.

    Examples:
        >>> Limits(horizon=10).check_horizon(11)
        Traceback (most recent call last):
        ...
        gatecast.serving.problems.RequestError: The request asks for 11 steps ahead, and this server allows 10. ...
    """

    body: int = 32 * MEGABYTE  # bytes of a request
    rows: int = 1_000_000  # of a table, and of a forecast
    series: int = 20_000
    horizon: int = 5_000
    seconds: float = 60.0  # until a forecast is given up
    requests: int = 64  # forecasts under way, at work or waiting
    jobs: int = 100  # trainings that wait
    streams: int = 100_000

    def check_body(self, n_bytes: int) -> None:
        """Refuse a body that is too long, as far as it has come."""
        if n_bytes > self.body:
            raise RequestError(Message("serving.body", {"most": self.body / MEGABYTE}), status=413)

    def check_rows(self, n_rows: int, field: str = "data") -> None:
        """Refuse a table with too many rows."""
        if n_rows > self.rows:
            raise RequestError(Message("serving.rows", {"n": n_rows, "most": self.rows}), status=413, field=field)

    def check_series(self, n_series: int, horizon: int) -> None:
        """Refuse too many series, or a forecast of too many rows."""
        if n_series > self.series:
            raise RequestError(
                Message("serving.series", {"n": n_series, "most": self.series}), status=413, field="data"
            )
        if n_series * horizon > self.rows:
            facts = {"n": n_series * horizon, "n_series": n_series, "horizon": horizon, "most": self.rows}
            raise RequestError(Message("serving.forecast_rows", facts), status=413, field="horizon")

    def check_horizon(self, horizon: int) -> None:
        """Refuse too many steps ahead."""
        if horizon > self.horizon:
            raise RequestError(Message("serving.horizon", {"n": horizon, "most": self.horizon}), field="horizon")

    def to_dict(self) -> dict[str, float]:
        """Return the limits by name."""
        return {own.name: getattr(self, own.name) for own in fields(self)}
