"""How does plotly.js draw on a page whose policy allows no style and no script that it does not name?"""

from __future__ import annotations

import base64
import re
from functools import cache
from hashlib import sha256
from importlib import import_module

__all__ = ["STYLES", "drawing_library", "hash_of", "own_styles"]

# where plotly.js looks whether a style of its own is there already
OWN_STYLE = r'getElementById\("([0-9a-f]{64})"\)'
# the style attribute of its heat maps: what several browsers call pixels with sharp edges
RENDERING = ("optimizeSpeed", "-moz-crisp-edges", "-o-crisp-edges", "-webkit-optimize-contrast", "optimize-contrast")
PIXELATED = "".join(f"image-rendering: {name}; " for name in (*RENDERING, "crisp-edges", "pixelated"))


@cache
def drawing_library() -> str:
    """Return the source of plotly.js."""
    return str(import_module("plotly.offline").get_plotlyjs())


@cache
def own_styles() -> tuple[str, ...]:
    """Return the ids of styles that the library would make itself, and that no chart of ours needs.

    The policy does not allow them: a page that holds elements of these ids keeps the library from trying.
    """
    return tuple(sorted(set(re.findall(OWN_STYLE, drawing_library()))))


def hash_of(text: str) -> str:
    """Return how a content security policy names a text."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


# it adds rules to an empty style of its own, clears the style of color bars and draws heat maps unsmoothed
STYLES = (hash_of(""), hash_of(PIXELATED))
