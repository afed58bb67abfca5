"""Where do the peers live? In `.venv-bench`, with gatecast built from this checkout; made with the standard library."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

__all__ = ["ROOT", "VENV", "WHEELS", "ensure", "python"]

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv-bench"
WHEELS = VENV / "wheels"
REQUIREMENTS = ROOT / "benchmarks" / "requirements.txt"
SOURCES = ("CMakeLists.txt", "pyproject.toml", "native", "src")


def python() -> Path:
    """The environment's interpreter."""
    return VENV / "bin" / "python"


def ensure() -> None:
    """Bring `.venv-bench` up to date: the peers once, gatecast whenever its sources changed.

    Raises:
        SystemExit: A step failed; the message is one sentence.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - an older one may well run this file
        sys.exit(f"Python {sys.version.split()[0]} runs this, and gatecast needs 3.11 or newer: use a newer one.")
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        sys.exit("No C++ compiler was found, and gatecast builds its core from source: install g++ or clang++.")
    if not python().exists():
        venv.create(VENV, with_pip=True)
    _once("peers", _hash([REQUIREMENTS]), _install_peers)
    files = sorted(path for name in SOURCES for path in _files(ROOT / name))
    _once("gatecast", _hash(files), _install_gatecast)


def _install_peers() -> None:
    print(
        "Installing the peers into .venv-bench (PyTorch, JAX, TensorFlow: a few minutes the first time) ...", flush=True
    )
    _pip("install", "-r", str(REQUIREMENTS))


def _install_gatecast() -> None:
    print("Building gatecast from this checkout ...", flush=True)
    shutil.rmtree(WHEELS, ignore_errors=True)
    # a build folder of its own: the one of `make test` may be in use
    _pip("wheel", "--no-deps", f"--wheel-dir={WHEELS}", f"--config-settings=build-dir={VENV / 'build'}", str(ROOT))
    wheel = next(WHEELS.glob("gatecast-*.whl"))
    _pip("install", "--force-reinstall", "--no-deps", str(wheel))
    _pip("install", f"gatecast @ {wheel.as_uri()}")


def _pip(*arguments: str) -> None:
    command = [str(python()), "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"pip could not finish {' '.join(arguments)!r}: its message stands above.")


def _once(name: str, fingerprint: str, install: Callable[[], None]) -> None:
    stamp = VENV / f".{name}"
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    install()
    stamp.write_text(fingerprint)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and file.suffix not in {".pyc", ".so"}]


def _hash(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
