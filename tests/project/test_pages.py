"""Does the code of every page of the documentation run? Blocks of a page run one after the other, as a reader would.

Pages that show what their code gives are run by `make docs` instead, where an error ends the build.
"""

import re
from pathlib import Path

import pytest

import gatecast

DOCS = Path(gatecast.__file__).parents[2] / "docs"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
CELL = re.compile(r"```\{code-cell\} ipython3\n(.*?)```", re.DOTALL)
# what makes MyST-NB run a page
KERNEL = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\nkernelspec:\n"
# these need frameworks that are not there; tests/exchange and tests/cluster have what they show
ELSEWHERE = {"clusters.md", "frameworks.md"}
ALL = [path for path in sorted(DOCS.rglob("*.md")) if "_made" not in path.parts]
PAGES = [path for path in ALL if path.name not in ELSEWHERE and BLOCK.search(path.read_text(encoding="utf-8"))]
# pages in Chinese have the code of the English ones, up to the language of pictures and of comments
TRANSLATED = sorted(DOCS.rglob("*.zh-CN.md"))


def name(path: Path) -> str:
    return str(path.relative_to(DOCS))


def blocks(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return BLOCK.findall(text) + CELL.findall(text)


@pytest.mark.parametrize("page", [page for page in PAGES if page not in TRANSLATED], ids=name)
def test_code_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "__main__"}
    for number, block in enumerate(blocks(page), 1):
        exec(compile(block, f"{name(page)}, block {number}", "exec"), space)


@pytest.mark.parametrize("page", [page for page in ALL if CELL.search(page.read_text(encoding="utf-8"))], ids=name)
def test_pages_with_output_are_run_by_the_build(page):
    assert page.read_text(encoding="utf-8").startswith(KERNEL)
    assert not BLOCK.search(page.read_text(encoding="utf-8")), "a block that the build does not run"
    configuration = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert 'nb_execution_mode = "force"' in configuration
    assert "nb_execution_raise_on_error = True" in configuration


@pytest.mark.parametrize("page", TRANSLATED, ids=name)
def test_a_translated_page_has_the_code_and_sections_of_the_english_one(page):
    english = page.with_name(page.name.replace(".zh-CN", ""))
    assert [block.replace(', lang="zh"', "") for block in blocks(page)] == blocks(english)
    sections = [len(re.findall(r"^#+ ", path.read_text(encoding="utf-8"), re.MULTILINE)) for path in (page, english)]
    assert sections[0] == sections[1]


def test_llms_txt_names_every_page():
    text = (DOCS / "llms.txt").read_text(encoding="utf-8")
    linked = set(re.findall(r"\]\(([^)]+)\.html\)", text))
    pages = {name(path).removesuffix(".md") for path in ALL}
    assert pages - linked == set()
    assert {link for link in linked if not link.startswith("_made/")} - pages == set()
