"""Which errors does gatecast raise on purpose?

    GatecastError
    ├── DataError        the table, array or file that was passed
    ├── ConfigError      an argument that was passed (also a ValueError)
    ├── ModelFileError   a model file that cannot be read or written
    ├── TrainingError    a fit that cannot go on
    └── TimeLimitError   a model that took longer than it was allowed to

Each message says what was passed, what was expected and how to fix it.
"""

__all__ = ["ConfigError", "DataError", "GatecastError", "ModelFileError", "TimeLimitError", "TrainingError"]


class GatecastError(Exception):
    """Base of every error that gatecast raises on purpose."""


class DataError(GatecastError):
    """The data that were passed cannot be used as they are."""


class ConfigError(GatecastError, ValueError):
    """An argument has a value that makes no sense."""


class ModelFileError(GatecastError):
    """A model file is damaged, of another kind or newer, or cannot be written."""


class TrainingError(GatecastError):
    """Training cannot go on, for example because the loss is not a number."""


class TimeLimitError(GatecastError):
    """A model took longer than its time limit."""
