"""Does a notebook show what a forecaster is, and nothing of the data as markup?"""

import re

import numpy as np
import pandas as pd

from gatecast import LSTMForecaster
from made_series import SMALL, forecaster, table


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_fitted_forecaster_shows_its_facts():
    model = forecaster(3, **SMALL | {"n_layers": 2}).fit(table(60))
    shown = text_of(model._repr_html_())
    units = model.fitted_.ensemble.spec.stack[0].units
    best = min(model.history_["validation_rmse"])
    for part in ("120 points, frequency D", "horizon 3 steps", f"LSTM({units}), LSTM({units})", f"{best:.4g}"):
        assert part in shown
    assert all(" ".join(sentence.split()) in shown.replace("&lt;", "<") for sentence in model.decisions_)
    assert model.stop_reason_.remedy in shown


def test_names_from_the_data_are_text():
    y = pd.DataFrame({"unique_id": "<script>alert(1)</script>", "ds": range(60), "y": np.sin(np.arange(60))})
    page = forecaster(2, **SMALL).fit(y)._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_many_series_are_counted():
    many = pd.concat(table(60).assign(unique_id=lambda t, k=k: t["unique_id"] + str(k)) for k in range(4))
    assert "8: a0, b0, a1, ..." in text_of(forecaster(2, **SMALL).fit(many)._repr_html_())


def test_forecaster_before_a_fit_says_what_to_do():
    assert "Not fitted yet: call fit(data) ." in text_of(LSTMForecaster(3)._repr_html_())
