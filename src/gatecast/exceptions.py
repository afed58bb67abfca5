"""Which errors does gatecast raise on purpose?

    GatecastError
    ├── DataError        the table, array or file that was passed (also a ValueError)
    ├── ConfigError      an argument that was passed (also a ValueError)
    ├── NotFittedError   a model that has not learned yet (also an AttributeError and a ValueError)
    ├── ModelFileError   a model file that cannot be read or written
    ├── TrainingError    a fit that cannot go on
    └── TimeLimitError   a model that took longer than it was allowed to

Each message says what was passed, what was expected and how to fix it.
"""

__all__ = [
    "ConfigError",
    "DataError",
    "GatecastError",
    "ModelFileError",
    "NotFittedError",
    "TimeLimitError",
    "TrainingError",
]


class GatecastError(Exception):
    """Base of every error that gatecast raises on purpose."""


class DataError(GatecastError, ValueError):
    """The data that were passed cannot be used as they are."""


class ConfigError(GatecastError, ValueError):
    """An argument has a value that makes no sense."""


class NotFittedError(GatecastError, AttributeError, ValueError):
    """A model is asked for what it learned, and `fit` was not called.

    As an AttributeError it lets `hasattr(model, "history_")` answer False before `fit`.
    """

    def __init__(self, model: str) -> None:
        super().__init__(f"This {model} is not fitted, and a fitted one was expected. Call `fit(data)` first.")


class ModelFileError(GatecastError):
    """A model file is damaged, of another kind or newer, or cannot be written."""


class TrainingError(GatecastError):
    """Training cannot go on, for example because the loss is not a number."""


class TimeLimitError(GatecastError):
    """A model took longer than its time limit."""
