"""Do the commands of docs/serving.md work as they stand there?"""

import re
import shlex
from pathlib import Path

import gatecast

from .running import CSV, running
from .test_serving_jobs import ended, kept_in

PAGE = Path(gatecast.__file__).parents[2] / "docs" / "serving.md"


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", "").splitlines()
    return [line for line in lines if line.startswith("curl")]


def do(client, command, folder):
    """Do what curl would do."""
    words, headers, body, parts, path = iter(shlex.split(command)[1:]), {}, None, [], ""
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            text = next(words)
            body = (folder / text[1:]).read_text() if text.startswith("@") else text
        elif word == "-F":
            name, _, value = next(words).partition("=")
            parts.append((name, (value[1:], (folder / value[1:]).read_text()) if value.startswith("@") else value))
        elif not word.startswith("-"):
            path = word.removeprefix("localhost:8000")
    if parts:
        return client.send(path, parts)
    return client.ask("GET" if body is None else "POST", path, body, headers.get("Content-Type"))


def test_every_command_of_the_page_is_answered(tmp_path):
    (tmp_path / "sales.csv").write_text(CSV)
    job = ""
    with running(kept_in(tmp_path / "kept")) as client:
        for command in commands():
            # a training of a minute is more than a test needs
            command = command.replace("JOB", job).replace('"max_seconds": 60', '"epochs": 1, "ensemble": 1')
            answer = do(client, command, tmp_path)
            assert answer.status in (200, 202), (command, answer.content)
            if answer.status == 202:
                job = answer.json["id"]
                assert ended(client, job)["state"] == "done"
    assert len(commands()) > 8
