"""Does no text lie on another one at the sizes that people use, with long names and Chinese ones?"""

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from gatecast.charts.backtests import error_by_step, interval_calibration
from gatecast.charts.comparisons import leaderboard, significance

from .made_backtests import made_backtest, made_board

SLOPES = {
    "LSTM (pretrained)": 1.0,
    "Weighted(LSTM, AutoARIMA, AutoETS, AutoTheta)": 1.5,
    "SeasonalNaive": 2.0,
    "季节性朴素预测模型（每周一次）": 3.0,
    "LinearAR": 3.5,
}
# letters may touch by so many pixels, as their boxes are wider than what is drawn
TOUCH = 2.0


def boxes(figure: Figure) -> Iterator[tuple[str, Bbox]]:
    """Yield the texts that are drawn and where, but for turned ones, whose boxes hold more than their letters."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    hidden = {id(text) for axes in figure.axes for text in out_of_sight(axes)}
    for text in {id(text): text for text in figure.findobj(Text)}.values():
        is_drawn = text.get_visible() and text.get_text().strip() and id(text) not in hidden
        if is_drawn and text.get_rotation() % 90 == 0:
            yield text.get_text(), text.get_window_extent(canvas.get_renderer())


def out_of_sight(axes) -> Iterator[Text]:
    """Yield labels of ticks beyond the ends of an axis, and all of an axis that is not drawn."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.majorTicks, *axis.minorTicks):
            if not (axes.axison and low <= tick.get_loc() <= high):
                yield from (tick.label1, tick.label2)


def overlaps(found: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, first), (other, second) in combinations(found, 2)
        if min(first.x1, second.x1) - max(first.x0, second.x0) > TOUCH
        and min(first.y1, second.y1) - max(first.y0, second.y0) > TOUCH
    ]


PICTURES: dict[str, Callable[[str], Figure]] = {
    "leaderboard": lambda lang: leaderboard(made_board(slopes=SLOPES, n_series=12, seed=1), lang=lang),
    "tests of pairs": lambda lang: significance(made_board(slopes=SLOPES, seed=1), lang=lang),
    "ranks": lambda lang: significance(made_board(slopes=SLOPES, n_series=12, seed=1), lang=lang),
    "calibration": lambda lang: interval_calibration(made_backtest(slopes=SLOPES, seed=1), lang=lang),
    "steps": lambda lang: error_by_step(made_backtest(slopes=SLOPES, seed=1), lang=lang),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
def test_no_text_lies_on_another_one(name: str, lang: str) -> None:
    figure = PICTURES[name](lang)
    own = figure.get_size_inches()
    figure.set_dpi(100)
    for size in ((6, 4), (8, 5), (12, 7)):
        figure.set_size_inches(size)
        found = list(boxes(figure))
        assert overlaps(found) == []
        width, height = (100 * side for side in size)
        beyond = [
            text for text, box in found if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
        ]
        assert beyond == []
    # letters are again as large as they were
    sizes = [text.get_fontsize() for text in PICTURES[name](lang).texts]
    figure.set_size_inches(own)
    assert [text.get_fontsize() for text in figure.texts] == pytest.approx(sizes)
