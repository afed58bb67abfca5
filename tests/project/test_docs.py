"""Are the documents true? Paths and functions that they name exist, links resolve, every public name is listed."""

import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import gatecast

ROOT = Path(gatecast.__file__).parents[2]
DOCS = ROOT / "docs"
GUIDE = DOCS / "guide.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md")), *sorted((DOCS / "design").glob("*.md"))]
# what names parts of the tree; a changelog and experiments speak of earlier ones
PRESENT = [GUIDE, ROOT / "CONTRIBUTING.md", ROOT / "ARCHITECTURE.md", *sorted((DOCS / "design").glob("*.md"))]
PRESENT.remove(DOCS / "design" / "experiments.md")
FOLDERS = ("src", "native", "tests", "docs", "benchmarks")

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
A_PATH = re.compile(r"[\w./-]+(?:\.(?:py|hpp|cpp|md|toml|txt|html)|/)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
# made by `make docs`, or by commands that a text explains
MADE = {"command-line.md", "build/"}


def pages(paths):
    return pytest.mark.parametrize("page", paths, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def tree():
    """Every file and folder, with a slash before it, and one behind a folder."""
    found = [path for folder in FOLDERS for path in [ROOT / folder, *(ROOT / folder).rglob("*")]]
    found += [path for path in ROOT.iterdir() if path.is_file()]
    return [f"/{path.relative_to(ROOT).as_posix()}{'/' * path.is_dir()}" for path in found]


def exists(name):
    return any(path.endswith(f"/{name}") for path in tree())


def anchors(page):
    titles = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_guide_is_short() -> None:
    assert len(GUIDE.read_text(encoding="utf-8").splitlines()) <= 120


@pages(PRESENT)
def test_paths_that_a_page_names_exist(page: Path) -> None:
    named = {name for name in CODE.findall(page.read_text(encoding="utf-8")) if A_PATH.fullmatch(name)}
    assert [name for name in sorted(named) if not exists(name)] == []


def test_layers_of_the_picture_are_there() -> None:
    picture = re.search(r"```text\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert picture is not None
    places = [place for line in picture[1].splitlines() for place in line.split("   ")[0].split()]
    assert [place for place in places if not exists(place)] == []


def test_functions_of_the_trace_are_in_their_files() -> None:
    trace = GUIDE.read_text(encoding="utf-8").split("| step | file | function |")[1].split("\n\n")[0]
    missing = []
    for row in trace.splitlines()[2:]:
        files, functions = (CODE.findall(cell) for cell in row.strip("|").split("|")[1:])
        paths = [path for name in files for path in tree() if path.endswith(f"/{name}")]
        code = "\n".join((ROOT / path[1:]).read_text(encoding="utf-8") for path in paths)
        for function in functions:
            name = re.split(r"\.|::", function)[-1]
            if not re.search(rf"\b(?:def|class|RunResult) {name}\b", code):
                missing.append(function)
    assert missing == []


@pages(PAGES)
def test_links_resolve(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", path) or Path(path).name in MADE:
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def listed() -> list[tuple[str, str]]:
    """Module and name of each line of the reference, e.g. `gatecast` and `comparison.compare`."""
    blocks = re.findall(r"```\{eval-rst\}\n(.*?)```", (DOCS / "api.md").read_text(encoding="utf-8"), re.DOTALL)
    found = []
    for block in blocks:
        module = re.search(r"currentmodule:: (\S+)", block)
        assert module is not None
        found += [(module[1], name) for name in re.findall(r"^   ([\w.]+)$", block, re.MULTILINE)]
    return found


def test_reference_lists_every_public_name() -> None:
    names = {name for module, name in listed() if module == "gatecast"}
    assert set(gatecast.__all__) - {"__version__"} - names == set()


@pytest.mark.parametrize(("module", "name"), listed())
def test_names_of_the_reference_exist(module: str, name: str) -> None:
    parents = f"{module}.{name}".split(".")
    if name in getattr(import_module(module), "__all__", ()):
        return
    assert hasattr(import_module(".".join(parents[:-1])), parents[-1])
