"""Do the examples of `docs/frameworks.md` run? Those of some of its sections, one after the other."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "frameworks.md"


def run_sections(*titles: str) -> None:
    """Run the code before the first section, and that of sections by their titles."""
    first, *sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    wanted = [section for section in sections if section.partition("\n")[0] in titles]
    assert len(wanted) == len(titles)
    names: dict[str, object] = {"__name__": "page"}
    for text in (first, *wanted):
        for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
            exec(compile(code, str(PAGE), "exec"), names)
