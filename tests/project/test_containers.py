"""Does the image hold what it needs and no more, and do its own steps lead to a server that is well?"""

import fnmatch
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOKENS = "/run/secrets/gatecast_tokens"


def instructions() -> list[tuple[str, str]]:
    """Name and text of each instruction of the Dockerfile, in order."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines()]


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage."""
    found: list[list[tuple[str, str]]] = []
    for name, text in instructions():
        if name == "FROM":
            found.append([])
        found[-1].append((name, text))
    return found


def the(name: str, stage: int = -1) -> str:
    (text,) = [text for own, text in stages()[stage] if own == name]
    return text


def context() -> Iterator[Path]:
    """The files that `docker build` is sent."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    for name in (line.removeprefix("!") for line in lines if line.startswith("!")):
        place = ROOT / name
        files = [place] if place.is_file() else [path for path in place.rglob("*") if path.is_file()]
        left_out = [line.removeprefix("**/") for line in lines[1:] if not line.startswith("!")]
        for path in files:
            if not any(fnmatch.fnmatch(part, one) for part in path.relative_to(ROOT).parts for one in left_out):
                yield path.relative_to(ROOT)


def test_the_context_is_what_a_wheel_is_made_of() -> None:
    files = set(map(str, context()))
    assert {"pyproject.toml", "CMakeLists.txt", "README.md", "LICENSE", "src/gatecast/__init__.py"} <= files
    assert "src/gatecast/pretraining/weights.safetensors" in files
    assert {file.split("/")[0] for file in files if "/" in file} == {"src", "native"}
    assert not [file for file in files if file.endswith((".so", ".pyc"))]


def test_the_server_is_no_root_and_says_whether_it_is_well() -> None:
    names = [name for name, _ in stages()[-1]]
    assert (the("USER"), the("EXPOSE"), the("VOLUME")) == ("gatecast", "8080", "/data")
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert "/healthz" in the("HEALTHCHECK")
    command = json.loads(the("ENTRYPOINT"))
    options = dict(zip(command[2::2], command[3::2], strict=True))
    assert command[:2] == ["gatecast", "serve"]
    assert options == {"--host": "0.0.0.0", "--port": "8080", "--folder": "/data", "--token-file": TOKENS}


def test_only_the_wheel_comes_to_the_image() -> None:
    assert len(stages()) == 2
    assert "COPY" not in [name for name, _ in stages()[-1]]
    assert all(text.split()[0].endswith("-slim") for name, text in instructions() if name == "FROM")


def test_compose_keeps_the_folder_and_the_tokens() -> None:
    text = (ROOT / "compose.yaml").read_text()
    for said in ("data:/data", "gatecast_tokens", "127.0.0.1:8080:8080", "read_only: true"):
        assert said in text


def moved(command: str, places: dict[str, Path | str]) -> str:
    """Return a command of the image with its places elsewhere."""
    for old, new in places.items():
        command = re.sub(rf"(?<![\w.]){re.escape(old)}\b", str(new), command)
    return command


def runs(stage: int) -> list[str]:
    """What a stage runs, without its mounts and what only root does to a system."""
    found = [re.sub(r"--mount=\S+\s+", "", text) for name, text in stages()[stage] if name == "RUN"]
    return [text for text in found if not text.startswith(("apt-get", "useradd"))]


def is_well(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_the_steps_of_the_image_lead_to_a_server(tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    for file in context():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).write_bytes((ROOT / file).read_bytes())
    data.mkdir()
    (tmp_path / "tokens").write_text("me: a-long-token-for-the-test\n")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = {"/wheels": tmp_path / "wheels", "/data": data, TOKENS: tmp_path / "tokens", "8080": str(port)}
    places |= {"0.0.0.0": "127.0.0.1"}
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "PATH": f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }
    steps = [(runs(0), source), (runs(1), tmp_path)]
    for command, folder in ((command, folder) for commands, folder in steps for command in commands):
        subprocess.run(["sh", "-ec", moved(command, places)], cwd=folder, env=environment, check=True)
    assert max(path.stat().st_size for path in (tmp_path / "wheels").iterdir()) <= 8e6
    served = [moved(part, places) for part in json.loads(the("ENTRYPOINT"))]
    asked = [moved(part, places) for part in json.loads(the("HEALTHCHECK").partition("CMD ")[2])]
    served[0], asked[0] = (str(tmp_path / "venv" / "bin" / name) for name in (served[0], asked[0]))
    with subprocess.Popen(served, cwd=data, env=environment) as server:
        while server.poll() is None and not is_well(asked):
            time.sleep(0.1)
        assert server.poll() is None, shlex.join(served)
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models")
        server.send_signal(signal.SIGTERM)
        assert server.wait() == 0
    assert not is_well(asked)
