"""What is measured? One file for each question, and the registry of them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from harness.goals import Row

__all__ = ["REGISTRY", "Measurement"]


@dataclass(frozen=True)
class Measurement:
    """A question and the module that answers it."""

    name: str
    question: str

    def run(self) -> list[Row]:
        """Measure; takes from seconds to minutes."""
        measure: Callable[[], list[Row]] = import_module(f"measurements.{self.name}").run
        return measure()


REGISTRY = {
    measurement.name: measurement
    for measurement in (
        Measurement("training_step", "How long does one training step take, beside PyTorch's?"),
        Measurement("batch_one", "How long does a step of one window take, beside JAX, PyTorch and Keras?"),
        Measurement("tutorial", "How long does the tutorial's job take, beside Keras, and is it as good?"),
        Measurement("memory", "How much memory does a series of 10 million points take?"),
        Measurement("import_time", "How long does `import gatecast` take?"),
        Measurement("stream", "How long does one `update()` of a stream take?"),
        Measurement("gates", "How long does it take to look into a network?"),
        Measurement("install_size", "How large is it on disk?"),
    )
}
