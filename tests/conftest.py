"""What do all tests need?"""

import signal
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings

# the same examples on every run and every machine, however slow it is
settings.register_profile("gatecast", derandomize=True, deadline=None, database=None, max_examples=15)
settings.load_profile("gatecast")


@pytest.fixture(autouse=True, scope="session")
def ctrl_c() -> Iterator[None]:
    """Listen to Ctrl-C: a shell has what it runs in the background ignore it, and tests of it would never end."""
    before = signal.getsignal(signal.SIGINT)
    if before == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def same_numbers(request: pytest.FixtureRequest) -> None:
    """Let every test begin with the same random numbers, in whatever order tests run."""
    rng = getattr(getattr(request.node, "module", None), "RNG", None)
    if rng is not None:
        rng.bit_generator.state = np.random.default_rng(0).bit_generator.state
