"""Which series can be tried without a file of one's own? Those of `gatecast.datasets`, as files."""

from __future__ import annotations

from gatecast import datasets
from gatecast.exceptions import GatecastError

__all__ = ["example", "example_names"]

SINE_POINTS = 500
# each with its texts, `studio.example_co2` and so on
REAL = ("co2", "sunspots", "nile")


def example_names() -> tuple[str, ...]:
    """Return which there are."""
    return (*REAL, "sine")


def example(name: str) -> bytes:
    r"""Return an example as a CSV.

    Examples:
        >>> example("sine").splitlines()[0]
        b'step,sine'
    """
    if name == "sine":
        table = datasets.sine(SINE_POINTS)[["ds", "y"]].set_axis(["step", "sine"], axis=1)
    elif name in example_names():
        table = getattr(datasets, name)()[["ds", "y"]].set_axis(["date", name], axis=1)
    else:
        raise GatecastError(f"There is no example {name!r}, and one of {', '.join(example_names())} was expected.")
    return table.round(4).to_csv(index=False).encode()
