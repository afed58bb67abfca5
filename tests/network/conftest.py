"""What do the tests of the core share? The instruction sets of this machine, one at a time."""

import pytest

from gatecast.network import wrapper


@pytest.fixture(params=wrapper.available_isas())
def each_isa(request, monkeypatch):
    monkeypatch.setenv("GATECAST_ISA", request.param)
    return request.param
