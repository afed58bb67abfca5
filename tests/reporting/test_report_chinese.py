"""Is a Chinese report Chinese throughout, also where parts of it failed?"""

import json
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from gatecast import Naive
from gatecast.comparison import compare
from gatecast.reporting import Report, report
from made_series import forecaster

# names of models, errors, columns and libraries, and what stands for a number
NAMES = re.compile(
    r"LSTM|SeasonalNaive|LinearAR|AutoARIMA|Naive|Broken|Short|MASE|MAE|RMSE|sMAPE|ValueError|Friedman|Diebold-Mariano|Holm|"
    r"Linux|x86_64|aarch64|gatecast|numpy|pandas|scipy|statsforecast|statsmodels|plotly|Python|unique_id|ds|price|"
    r"\bs[01]\b|\be[-+]?\d+"
)
SHOWN = ("text", "name", "hovertemplate", "message", "ticktext", "x", "y")
UNREAD = ("script", "style", "pre", "code")


class Texts(HTMLParser):
    """Texts of a page that people read, and those that a screen reader says."""

    def __init__(self, html):
        super().__init__()
        self.open, self.found, self.data = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("aria-label", "title", "alt")]
        if tag in UNREAD:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in UNREAD:
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1][1].get("id") == "charts":
            self.data += data
        elif not self.open:
            self.found.append(data)


def drawn(value, key=""):
    """Texts that a chart shows: titles, labels and what the pointer reads off."""
    if isinstance(value, str):
        yield from [re.sub(r"%\{[^}]*\}|<[^>]*>", "", value)] if key in SHOWN else []
    elif isinstance(value, dict | list):
        for name, item in value.items() if isinstance(value, dict) else [(key, item) for item in value]:
            yield from drawn(item, name)


def english(html):
    """Texts with words of two Latin letters or more and no Chinese ones, and English sentences in Chinese texts."""
    page = Texts(html)
    texts = [NAMES.sub("", re.sub("`[^`]*`", "", text)) for text in [*page.found, *drawn(json.loads(page.data))]]
    return [
        text
        for text in texts
        if (re.search("[A-Za-z]{2}", text) and not re.search("[一-鿿]", text))
        or re.search(r"\b[a-z]{2,} [a-z]{2,}\b", text)
    ]


class Broken:
    """A model that fails."""

    def __init__(self, horizon):
        self.horizon = horizon

    def fit(self, data):
        raise ValueError

    def predict(self):
        raise NotImplementedError


class Short(Broken):
    """A model that forecasts one step instead of all."""

    def fit(self, data):
        self.data = data

    def predict(self):
        first = self.data.groupby("unique_id").tail(1)[["unique_id", "ds"]]
        return first.assign(ds=first["ds"] + 1, Short=0.0)


def table(*lengths):
    random = np.random.default_rng(0)
    parts = [
        pd.DataFrame({"unique_id": f"s{k}", "ds": np.arange(n), "y": random.normal(size=n) + np.arange(n) % 5})
        for k, n in enumerate(lengths)
    ]
    return pd.concat(parts, ignore_index=True)


def fitted(data, **settings):
    small = {"hidden_size": 4, "lookback": 6, "epochs": 2, "progress": False}
    return forecaster(2, **small, **settings).fit(data)


@pytest.fixture(scope="module")
def failing():
    """No price is known ahead, two models fail, a covariate leaks, a series is constant, and one value is far off."""
    data = table(120, 120)
    data.loc[data["unique_id"] == "s1", "y"] = 0.0
    data.loc[50, "y"] = 90.0
    data["price"] = data["y"] * 2
    found = compare(data, 2, [Naive(2), "SeasonalNaive", Broken(2), Short(2)], n_windows=2, progress=False, n_jobs=1)
    return report(fitted(data, future=["price"]), comparison=found, lang="zh")


@pytest.fixture(scope="module")
def short():
    """The second series is too short to be compared."""
    return report(fitted(table(120, 2)), lang="zh")


def test_a_harmless_report_has_no_english_in_it(small):
    assert english(Report(small.facts, "zh").html) == []


def test_reasons_of_failures_are_in_chinese(failing, short):
    assert failing.facts["forecast"]["failed"]["code"] == "ahead.none"
    codes = {m["model"]: m["failure"] and m["failure"]["code"] for m in failing.facts["comparison"]["models"]}
    assert codes == {
        "Naive": None,
        "SeasonalNaive": None,
        "Broken": "failure.raised",
        "Short": "failure.lacks_values",
    }
    assert short.facts["comparison"]["failed"]["code"] == "failure.series_short"
    for made in (failing, short):
        assert english(made.html) == []


def test_the_same_reasons_are_in_english_for_others(failing, short):
    html = Report(failing.facts, "en").html
    assert "No future rows were passed" in html
    assert "The fit of Broken failed with ValueError." in html
    assert "lacks 2 of 4 values" in html
    assert "has 2 points from its first value on" in Report(short.facts, "en").html
