"""Are docstrings in one dialect? Google's sections, examples that run below `Examples:`, shapes in backticks.

ruff holds the rest of the convention (`D`, and `DOC` for sections that say too much).
"""

import ast
import re
from pathlib import Path

import gatecast

ROOT = Path(gatecast.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
SECTIONS = {"Args:", "Attributes:", "Examples:", "Raises:", "Returns:", "Yields:"}

HEADED = re.compile(r"^ *(?:Args?|Parameters|Attributes?|Examples?|Raises?|Returns?|Yields?|Usage):$", re.M)
FOREIGN = re.compile(r"^ *(?:Parameters|Returns|Raises|Examples)\n *-{3,}|:(?:param|returns?|raises|rtype)\b", re.M)
# two sizes or a comma behind one: (S,), (n, H), (S + 1,), (n, H, ...)
SIZE = r"(?:[A-Z][A-Za-z]?|\d+[A-Z]?|n_\w+|n|lag|k|m|paths|horizon|\.\.\.)(?: [+-] \w+)?"
FIRST = r"(?:[A-Z][a-z]?|n_\w+|n|lag)(?: [+-] \w+)?"
SHAPE = re.compile(rf"(?<!\w)\({FIRST}(?:(?:, ?{SIZE})+,?|,)\)")
# orders of a model are no shape
ORDERS = {"(P, D, Q)"}


def docstrings(path):
    """Name and docstring of a module and all that it defines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and (text := ast.get_docstring(node)):
            yield getattr(node, "name", "the module"), text


def prose(text):
    """A docstring without examples and without what is in backticks."""
    lines, is_example = [], False
    for line in text.splitlines():
        is_example = bool(line.strip()) and (is_example or line.lstrip().startswith(">>>"))
        lines += [] if is_example else [line]
    return re.sub(r"``[^`]*``|`[^`]*`", "", "\n".join(lines))


def test_docstrings_are_in_one_dialect() -> None:
    assert [f"{path.relative_to(ROOT)}: {slip}" for path in FILES for slip in slips(path)] == []


def slips(path: Path) -> list[str]:
    """Return what is in another dialect."""
    found = []
    for name, text in docstrings(path):
        found += [f"{name}: section {head.strip()!r}" for head in HEADED.findall(text) if head.strip() not in SECTIONS]
        found += [f"{name}: {mark.strip()!r}" for mark in FOREIGN.findall(text)]
        shapes = [shape for shape in SHAPE.findall(prose(text)) if shape not in ORDERS]
        found += [f"{name}: shape {shape} without backticks" for shape in shapes]
        if ">>>" in text and "Examples:" not in text:
            found.append(f"{name}: an example that is not below `Examples:`")
    return found
