"""Does what the README shows work?"""

import re
from pathlib import Path

from gatecast.cli.commands import COMMANDS
from gatecast.cli.options import flag_of, option_names

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_python_example_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert "LSTM-hi-95" in capsys.readouterr().out
    assert (tmp_path / "shops.safetensors").exists()


def test_options_exist():
    known = {flag_of(name) for options in COMMANDS for name in option_names(options)} | {"--help", "--no-refit"}
    assert set(re.findall(r"`?(--[a-z][a-z-]+)", README)) <= known


def test_accuracy_table_is_the_newest_result(monkeypatch):
    root = Path(__file__).parents[2]
    monkeypatch.syspath_prepend(root / "benchmarks")
    from accuracy_tasks import report, rivals

    latest = root / "benchmarks" / "results" / "accuracy.json"
    assert report.markdown(latest) in README
    # the examination's tables, as soon as it has been held
    assert rivals.markdown(latest) in README


def test_table_of_speeds_is_the_newest_result(monkeypatch):
    root = Path(__file__).parents[2]
    monkeypatch.syspath_prepend(root / "benchmarks")
    from harness import readme

    table = readme.markdown()
    assert table in README
    chinese = (root / "README.zh-CN.md").read_text(encoding="utf-8")
    figures = set(re.findall(r"\d+(?:[.,]\d+)*", table))
    assert figures <= set(re.findall(r"\d+(?:[.,]\d+)*", chinese))
