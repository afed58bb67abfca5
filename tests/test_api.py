"""Do all forecasters have one interface, and does a type checker know which tables come back?"""

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gatecast
from gatecast import Best, ConfigError, Forecaster, LSTMForecaster, backtest, compare, tune
from gatecast.baselines import statistical
from gatecast.baselines.base import Baseline
from gatecast.model.synonyms import ALIKE, SAME
from made_series import forecaster, wave, with_covariates

BASELINES = [
    kind
    for kind in vars(statistical).values()
    if isinstance(kind, type) and issubclass(kind, Baseline) and not inspect.isabstract(kind)
]
KINDS = [LSTMForecaster, Best, *BASELINES]


def names_of(function) -> list[tuple[str, object, object]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_predict_has_one_signature(kind) -> None:
    assert names_of(kind.predict) == names_of(Forecaster.predict)
    # the LSTM alone can go on from a checkpoint or a fitted one, weigh its targets and be told what to hold out
    own = {"resume", "start", "weight_col", "validation_data", "callbacks"}
    assert [p for p in names_of(kind.fit) if p[0] not in own] == names_of(Forecaster.fit)


@pytest.mark.parametrize("kind", [LSTMForecaster, *BASELINES], ids=lambda kind: kind.__name__)
def test_every_model_is_a_forecaster(kind) -> None:
    assert isinstance(kind(), Forecaster)


def test_baseline_says_what_it_cannot_do() -> None:
    model = gatecast.Naive(3).fit(wave(60))
    with pytest.raises(ConfigError, match="`future` was passed, and Naive learns from the target alone. Leave it"):
        model.predict(future=pd.DataFrame({"ds": [60], "x": [1.0]}))
    with pytest.raises(ConfigError, match=r"`quantiles=0.1` was passed, and Naive makes intervals\. Use `level=80`"):
        model.predict(quantiles=0.1)


def best_of(models, data, horizon=3) -> Best:
    return Best(backtest(data, horizon, models, n_windows=5, level=None, progress=False), models)


def test_best_hands_on_what_it_is_asked() -> None:
    data = pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=90), "y": wave(90)})
    best = best_of([gatecast.Naive(3), gatecast.Drift(3)], data).fit(data[:80])
    one = gatecast.Naive(3) if best.overall == "Naive" else gatecast.Drift(3)
    one.fit(data[:80])
    for asked in ({"horizon": 5}, {"data": data[80:]}, {"level": 80}):
        found, expected = best.predict(**asked), one.predict(**asked)
        assert len(found) == len(expected)
        np.testing.assert_array_equal(found["Best"], expected[best.overall])
    with pytest.raises(ConfigError, match="`quantiles"):
        best.predict(quantiles=[0.1])
    with pytest.raises(ConfigError, match=r"`future` was passed, and none of \w+ learned"):
        best.predict(future=data[80:])


def test_best_hands_covariates_to_the_model_that_has_them() -> None:
    data = with_covariates(120)
    known, ahead = data[data["ds"] < data["ds"].unique()[117]], data[data["ds"] >= data["ds"].unique()[117]]
    model = forecaster(3, hidden_size=8, lookback=12, epochs=3, future=["price"], progress=False)
    best = best_of([model], known).fit(known)
    found = best.predict(future=ahead[["unique_id", "ds", "price"]], quantiles=[0.1], level=80)
    expected = best.models["LSTM"].predict(future=ahead[["unique_id", "ds", "price"]], quantiles=[0.1], level=80)
    np.testing.assert_array_equal(found["Best-ql0.1"], expected["LSTM-ql0.1"])
    np.testing.assert_array_equal(found["Best-lo-80"], expected["LSTM-lo-80"])


def test_arguments_of_the_root_functions_come_in_one_order() -> None:
    order = [name for name, _, _ in names_of(compare)]
    for function in (backtest, tune, compare):
        parameters = names_of(function)
        assert parameters[0][0] == "data"
        shared = [name for name, _, _ in parameters if name in order]
        assert shared == [name for name in order if name in shared]
        assert all(kind is inspect.Parameter.KEYWORD_ONLY for name, kind, _ in parameters[3:])


@pytest.mark.parametrize("function", ["backtest", "compare", "tune", "diagnose", "explain", "report", "LSTMForecaster"])
def test_editors_see_every_argument(function: str) -> None:
    kinds = [p.kind for p in inspect.signature(getattr(gatecast, function)).parameters.values()]
    assert inspect.Parameter.VAR_KEYWORD not in kinds
    assert inspect.Parameter.VAR_POSITIONAL not in kinds


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"epochs": 20}, "`epochs` is a setting of Training: use `training=Training(epochs=20)`."),
        ({"cell": "gru"}, "`cell` is a setting of Network: use `network=Network(cell='gru')`."),
        ({"h": 12}, "`h` is called `horizon` here: use `horizon=12`."),
        ({"input_size": 24}, "`input_size` is called `lookback` here: use `lookback=24`."),
        ({"n_epochs": 9}, "`n_epochs` is called `epochs` here: use `training=Training(epochs=9)`."),
        ({"max_steps": 9}, "`max_steps` is called `epochs` here: use `training=Training(epochs=...)`."),
        ({"freq": "D"}, "`freq` is no setting of LSTMForecaster: use `fit(data, freq='D')`."),
    ],
)
def test_argument_in_the_wrong_place_is_answered_with_the_right_one(given: dict[str, object], answer: str) -> None:
    with pytest.raises(ConfigError) as caught:
        LSTMForecaster(**given)
    assert str(caught.value) == answer


def test_group_refuses_settings_of_others() -> None:
    with pytest.raises(ConfigError, match=r"`hidden_size` is a setting of LSTMForecaster: use `LSTMForecaster\("):
        gatecast.Network(hidden_size=8)
    with pytest.raises(ConfigError, match=r"`network` must be a Network, got 'gru'. Use `network=Network\(...\)`"):
        LSTMForecaster(network="gru").fit(wave())


def test_words_of_other_libraries_mean_settings() -> None:
    words = " ".join([*SAME.values(), *ALIKE.values()]).split()
    assert len(words) == len({*words})
    assert not {*words} & {*gatecast.model.settings.SETTINGS}
    assert {*SAME, *ALIKE} <= {*gatecast.model.settings.SETTINGS}


CODE = """
import numpy as np
import pandas as pd
import polars as pl
from gatecast import Best, Forecaster, LSTMForecaster, Naive

model = LSTMForecaster(3)
model.progress = False
a: pl.DataFrame = model.fit(pl.DataFrame()).predict()
b: pd.DataFrame = model.fit(pd.DataFrame()).predict(level=80)
c: pd.DataFrame = model.fit(np.arange(3.0)).simulate()
d: pl.DataFrame = Naive(3).fit(pl.DataFrame()).predict()
e: pl.DataFrame = model.fit(pl.DataFrame(), id_col=["store", "item"], target_col=("A", "B")).predict()
models: list[Forecaster] = [model, Naive()]
reveal_type(model.fit(pl.DataFrame()).predict())
reveal_type(Naive().fit(pd.DataFrame()).predict())
wrong: pd.DataFrame = model.fit(pl.DataFrame()).predict()
def best(one: Best) -> pl.DataFrame:
    models.append(one)
    return one.fit(pl.DataFrame()).predict()
"""


def test_type_checker_knows_the_table_that_comes_back(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(CODE)
    root = Path(gatecast.__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", root / "pyproject.toml", tmp_path / "code.py"],
        capture_output=True,
        text=True,
        cwd=root,
        env={"MYPYPATH": str(root / "src"), "PATH": "", "HOME": str(tmp_path)},
        check=False,
    )
    notes = [line for line in found.stdout.splitlines() if "code.py" in line]
    assert len(notes) == 3, found.stdout + found.stderr
    assert 'Revealed type is "polars.' in notes[0]
    assert 'Revealed type is "pandas.' in notes[1]
    assert "Incompatible types in assignment" in notes[2]
