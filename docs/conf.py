"""How is the documentation built? `make docs` writes pages that need no network to be read into `build/docs`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import gatecast

DOCS = Path(__file__).parent
# pages that are made anew by each build
MADE = DOCS / "_made"

project = "gatecast"
author = "the authors of gatecast"
project_copyright = author
version = release = gatecast.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
root_doc = "index"
templates_path = ["_templates"]

# docstrings are in Google style alone, as the lint demands
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
# `names` in docstrings are code, not links
default_role = "code"
autosummary_generate = True
autosummary_imported_members = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autodoc_preserve_defaults = True
maximum_signature_line_length = 100
python_use_unqualified_type_names = True
add_module_names = False

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
# pages with code are run, and an error in them ends the build
# anew in each build, since a cache would not see that the library changed
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 900
# what a page writes does not stay
nb_execution_in_temp = True
nb_merge_streams = True
# widgets would be loaded from the network
nb_ipywidgets_js = {}

html_theme = "pydata_sphinx_theme"
html_title = "gatecast"
html_theme_options = {
    "navbar_end": ["theme-switcher"],
    "show_toc_level": 2,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_show_sourcelink = False
html_copy_source = False
# a map of the pages for language models
html_extra_path = ["llms.txt"]
# pages without pages below them need no column for these
PLAIN = (
    "tutorial",
    "tutorial.zh-CN",
    "concepts",
    "faq",
    "faq.zh-CN",
    "first-forecast",
    "guide",
    "when-to-use-lstm",
    "gallery",
    "_made/command-line",
    "contributing",
    "changelog",
)
html_sidebars: dict[str, list[str]] = {page: [] for page in PLAIN}


def write_command_line(_: Sphinx) -> None:
    """Write a page about each command, from the help that typer gives."""
    command = [sys.executable, "-m", "typer", "gatecast.cli.app", "utils", "docs", "--name", "gatecast"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    MADE.mkdir(exist_ok=True)
    page = MADE / "command-line.md"
    made = as_markdown(text)
    # an unchanged page is not built anew
    if not page.exists() or page.read_text(encoding="utf-8") != made:
        page.write_text(made, encoding="utf-8")


def as_markdown(text: str) -> str:
    """Make Markdown of what rich would have drawn: examples become a block of code, and bold words code."""
    text = text.replace("# `gatecast`\n", "# The command line\n", 1)
    # the list of commands cuts their first sentences off
    first = dict(re.findall(r"^## `gatecast (\w+)`\n\n(.+)$", text, re.MULTILINE))
    text = re.sub(r"^\* `(\w+)`: .*\.\.\.$", lambda cut: f"* `{cut[1]}`: {first[cut[1]]}", text, flags=re.MULTILINE)
    text = re.sub(r"\[bold\]Examples\[/bold\]\n\n((?:  .+\n\n?)+)", _block, text + "\n")
    return re.sub(r"\[bold\](.*?)\[/bold\]", r"`\1`", text)


def _block(match: re.Match[str]) -> str:
    lines = [line.strip() for line in match[1].splitlines() if line.strip()]
    return "\n".join(["**Examples**:", "", "```console", *(f"$ {line}" for line in lines), "```", "", ""])


def keep_underscores(*event: Any) -> None:
    """Let `history_` be a name: reStructuredText takes a word with an underscore behind it for a link."""
    lines: list[str] = event[-1]
    lines[:] = [re.sub(r"^(:ivar \w+)_:", r"\1\_:", line) for line in lines]


def setup(app: Sphinx) -> None:
    """Make pages before the others are read."""
    app.connect("builder-inited", write_command_line)
    # behind napoleon
    app.connect("autodoc-process-docstring", keep_underscores, priority=900)
