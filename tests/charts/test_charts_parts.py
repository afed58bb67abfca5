"""Are names, colors, frequencies and thinned points what they should be? Small parts of charts, by example."""

import numpy as np

from gatecast.charts.matplotlib_backend import draw
from gatecast.charts.names import for_matplotlib, for_plotly, shorten
from gatecast.charts.plotly_backend import figure_of, light
from gatecast.charts.spec import Chart, Line, Panel, series_look
from gatecast.charts.thinning import block_means, envelope
from gatecast.texts import Texts
from gatecast.texts.frequency import frequency_words


def test_names_are_shortened_in_their_middle_and_escaped():
    assert shorten("north\nstore") == "north store"
    assert shorten("a_very_long_name_of_a_column_that_goes_on", 20) == "a_very_lon…t_goes_on"
    assert for_matplotlib("$") == r"\$"
    assert for_plotly("<b>$x$</b>") == "&lt;b&gt;&#36;x&#36;&lt;/b&gt;"


def test_labels_are_escaped_in_both_libraries():
    chart = Chart((Panel((Line([1, 2], [3.0, 4.0], "data", "<b>$x$"),)),), legend="above")
    assert draw(chart).axes[0].get_legend_handles_labels()[1] == [r"<b>\$x\$"]
    assert figure_of(chart)["data"][0]["name"] == "&lt;b&gt;&#36;x&#36;"


def test_frequencies_are_said_in_words():
    said = {"MS": "monthly", "30min": "every 30 minutes", "W-SUN": "weekly", 1: "steps of 1", "D": "daily"}
    assert {freq: frequency_words(freq) for freq in said} == said
    assert frequency_words("30min", Texts("zh")) == "每 30 分钟"


def test_roles_have_colors_and_models_a_look():
    assert (light("model"), light("model", 0.5)) == ("#0072B2", "rgba(0,114,178,0.5)")
    assert series_look(9) == {"role": "m1", "marker": "triangle-up", "dash": "dashed"}


def test_many_points_are_thinned_to_extremes_and_rows_to_means():
    assert envelope(np.array([0.0, 5.0, 1.0, 2.0, 9.0, 3.0, 4.0, 4.5]), 2).tolist() == [0, 1, 4, 5]
    means, firsts = block_means(np.array([[1.0], [3.0], [5.0]]), 2)
    assert (means.tolist(), firsts.tolist()) == ([[2.0], [5.0]], [0, 2])
