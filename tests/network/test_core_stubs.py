"""Do the stubs in the repository say what the compiled core offers?"""

from pathlib import Path

from nanobind.stubgen import StubGen

import gatecast
from gatecast.network import _native

STUBS = Path(gatecast.__file__).parent / "network" / "_native.pyi"


def test_stubs_are_those_of_this_build():
    generator = StubGen(_native)
    generator.put(_native)
    assert STUBS.read_text(encoding="utf-8") == generator.get(), "the bindings have changed: run `make stubs`"
