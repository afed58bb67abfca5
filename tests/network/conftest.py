"""What do the tests of the core share? The instruction sets of this machine, one at a time."""

import inspect

import pytest

from gatecast.network import wrapper


@pytest.fixture
def each_isa():
    """Stand for the instruction sets of this machine, for each of which a test that asks for them is called."""
    return


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Call a test once for each instruction set: as tests of their own they took longer to be found than to run."""
    if "each_isa" not in pyfuncitem.fixturenames:
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters}
    for isa in wrapper.available_isas():
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("GATECAST_ISA", isa)
            try:
                pyfuncitem.obj(**given | {"each_isa": isa})
            except BaseException as error:
                error.add_note(f"with GATECAST_ISA={isa}")
                raise
    return True
