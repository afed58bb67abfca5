"""Does the picture of anomalies show the points that `detect` found?"""

import numpy as np
import pandas as pd
import pytest

from gatecast import ConfigError, DataError, charts
from gatecast.texts import Texts

from .drawn import texts_in_svg

N = 50


def table(**changed):
    """Two series, the second with two anomalies."""
    found = pd.DataFrame(
        {"shop": np.repeat(["a", "b"], N), "day": np.tile(np.arange(N), 2), "sold": np.arange(2.0 * N)}
    )
    found = found.assign(expected=found["sold"], lower=found["sold"] - 1, upper=found["sold"] + 1, score=0.5)
    found["anomaly"] = False
    found.loc[[70, 80], ["score", "anomaly"]] = [[3.0, True], [4.0, True]]
    return found.assign(**changed)


def test_anomalies_have_rings_in_the_series_with_the_rarest_one():
    axes = charts.plot_anomalies(table()).axes[0]
    assert axes.get_legend_handles_labels()[1] == ["expected range", "data", "anomaly"]
    rings = next(line for line in axes.lines if line.get_label() == "anomaly")
    assert rings.get_xdata().tolist() == [20, 30]
    assert rings.get_ydata().tolist() == [70, 80]


def test_a_series_and_its_newest_points_can_be_asked_for():
    axes = charts.plot_anomalies(table(), unique_id="a", newest=10, lang="zh").axes[0]
    assert axes.get_legend_handles_labels()[1] == [Texts("zh")("chart.expected_range"), "数据"]
    assert axes.lines[0].get_xdata().tolist() == list(range(40, 50))


def test_what_is_no_such_table_is_refused():
    with pytest.raises(DataError, match="made by `detect`"):
        charts.plot_anomalies(table()[["shop", "day", "sold"]])
    with pytest.raises(ConfigError, match="unique_id='a'"):
        charts.plot_anomalies(table(), unique_id="c")
    with pytest.raises(ConfigError, match="newest"):
        charts.plot_anomalies(table(), newest=0)


def test_several_columns_of_ids_name_a_series_together():
    several = table()
    several.insert(0, "region", "north")
    figure = charts.plot_anomalies(several, unique_id="north/a")
    assert charts.plot_anomalies(several).axes[0].get_legend_handles_labels()[1][-1] == "anomaly"
    assert any("north/a" in text for text in texts_in_svg(figure))
