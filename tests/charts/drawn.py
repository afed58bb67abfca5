"""How is a picture looked at without eyes? Texts as they are drawn, boxes of texts, and files."""

import io
import re
from html import unescape

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def texts_in_svg(figure):
    """Return the texts that a reader sees: SVG writes formulas as shapes, and text as text."""
    stream = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(stream, format="svg")
    found = re.findall(r"<text[^>]*>(.*?)</text>", stream.getvalue(), re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", "", text)).strip() for text in found]


def overlaps(figure):
    """Return pairs of texts whose boxes lie on each other by more than a dot or two."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    # ticks beyond the limits keep their texts but are not drawn
    hidden = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high or not axes.axison:
                    hidden |= {id(tick.label1), id(tick.label2)}
        if not axes.axison:
            hidden |= {id(axes.xaxis.label), id(axes.yaxis.label)}
    shown = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible() and id(t) not in hidden]
    # a turned text's box is larger than the text
    boxes = [
        (t.get_text(), t.get_window_extent(renderer).shrunk(0.94, 0.8)) for t in shown if t.get_rotation() in (0, 90)
    ]
    return [(a, b) for n, (a, first) in enumerate(boxes) for b, second in boxes[:n] if first.overlaps(second)]
