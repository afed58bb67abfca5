"""Is what the library says in Python said in options, and are shares and numbers written as people do?"""

import numpy as np
import pytest

from gatecast.cli.compare import percent
from gatecast.cli.output import number
from gatecast.cli.tables import ON_TEST, coverage_words
from gatecast.cli.tune import _space
from gatecast.cli.wording import as_options, in_options, option_text


@pytest.mark.parametrize(
    ("python", "options"),
    [
        (
            "`horizon` must be positive. Use `horizon=24`, or `target_col='Sales'`.",
            "`--horizon` must be positive. Use `--horizon 24`, or `--target-col Sales`.",
        ),
        (
            "Use `season_length=(24, 168)`, or `network=Network(layer_norm=True, cell='gru')`.",
            "Use `--season-length 24 --season-length 168`, or `--layer-norm --cell gru`.",
        ),
        ('Pass them: `models={"LSTM": ...}`.', 'Pass them: `models={"LSTM": ...}`.'),
        ("Pass `id_col=...`.", "Pass `id_col=...`."),
        ("Choose another with `time_col=`.", "Choose another with `--time-col`."),
        ("Use `n_layers=2`, or None to have it chosen.", "Use `--n-layers 2`, or leave it out to have it chosen."),
    ],
)
def test_errors_are_said_in_options(python, options):
    assert in_options(python) == options


def test_settings_are_written_as_options():
    settings = {"epochs": 32, "loss": "quantile", "season_length": (7, 24), "layer_norm": True}
    assert as_options(settings) == "--epochs 32 --loss quantile --season-length 7 --season-length 24 --layer-norm"
    assert option_text("id_col", "my shop") == "--id-col 'my shop'"


def test_entries_of_a_search_space():
    assert _space(["lookback=8:128", "learning-rate=1e-4:1e-2:log", "cell=lstm,gru", "dropout="]) == {
        "lookback": (8, 128),
        "learning_rate": (0.0001, 0.01, "log"),
        "cell": ["lstm", "gru"],
        "dropout": None,
    }


def test_numbers_and_shares():
    said = [number(value) for value in (0.49734, 61.384361, 25680.2, np.nan, 1e-7)]
    assert said == ["0.4973", "61.38", "25,680", "-", "1e-07"]
    assert [percent(0.79), percent(0.123, "+"), percent(np.nan)] == ["79 %", "+12 %", "-"]
    assert str(coverage_words({80.0: 0.779, 95.0: 0.94}, ON_TEST)) == (
        "Measured on the test part: the 80 % interval held 77.9 % of what came, the 95 % interval 94.0 %."
    )
