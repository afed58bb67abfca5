"""LSTM forecasters for tables of time series: fast on an ordinary CPU, honest about their worth, open inside.

The public names stand in `__init__.pyi` alone, which type checkers read and this file too.
"""

from functools import cache
from importlib import import_module

__version__ = "0.1.0"


@cache
def _homes() -> dict[str, str]:
    """Return the module of each public name, as the stub imports it."""
    import ast
    from pathlib import Path

    stub = ast.parse(Path(__file__).with_name("__init__.pyi").read_text(encoding="utf-8"))
    return {alias.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}


def __getattr__(name: str) -> object:
    """Load a name when it is first used (PEP 562), so that an import stays light."""
    if name == "__all__":
        return sorted([*_homes(), "__version__"])
    home = _homes().get(name)
    if home is None:
        raise AttributeError(f"module 'gatecast' has no attribute {name!r}")
    return import_module(f"gatecast.{name}") if home == __name__ else getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_homes()})
