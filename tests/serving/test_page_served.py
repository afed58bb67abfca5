"""Is the page safe to open, and is what it asks for answered to it alone?"""

import re

import numpy as np
import pytest

from gatecast import DataError, LSTMForecaster, PretrainedLSTM, Training, to_panel
from gatecast.data.reading.ahead import split_future
from gatecast.reporting.words import Words
from gatecast.serving.bodies import File
from gatecast.serving.limits import Limits
from gatecast.serving.page.asked import Asked, AskedModel
from gatecast.serving.page.look import look
from gatecast.serving.page.places import in_labels
from gatecast.serving.page.trained import held_out_error, trained_shown
from gatecast.serving.schemas import Writing
from gatecast.texts import Texts

from .running import CSV, table_of


def test_the_policy_allows_own_files_only_and_the_page_has_no_other(client):
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    text = page.content.decode()
    assert not re.search(r"<script(?![^>]*(?:src=|type=.application/json))", text)
    assert not re.search(r"\son\w+=|\sstyle=|https?://", text)
    named = re.findall(r"(?:src|href)=.(/assets/[\w.]+)", text)
    assert len(named) == 5
    for path in named:
        asset = client.get(path)
        assert asset.status == 200
        assert client.get(path, **{"If-None-Match": asset.headers["etag"]}).status == 304
    assert client.get("/assets/nothing.js").status == 404
    assert client.get("/assets/..%2f..%2f__init__.py").status == 404


def test_the_page_is_in_the_language_of_the_browser_or_as_asked(client):
    assert '<html lang="zh-CN">' in client.get("/", **{"Accept-Language": "zh-CN,zh;q=0.9"}).content.decode()
    assert '<html lang="en">' in client.get("/?lang=en", **{"Accept-Language": "zh-CN"}).content.decode()
    assert '<html lang="en">' in client.get("/?lang=xx").content.decode()


def test_a_link_on_another_site_opens_the_page_and_nothing_else(client):
    from_elsewhere = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/", **from_elsewhere).status == 200
    assert "frame-ancestors 'none'" in client.get("/").headers["content-security-policy"]
    assert client.get("/v1/models", **from_elsewhere).status == 403
    assert client.get("/", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}).status == 403
    assert client.get("/", **from_elsewhere, Host="evil.example").status == 403


def test_examples_are_files_that_are_forecast(client):
    names = re.findall(r'data-example="(\w+)"', client.get("/").content.decode())
    assert names == ["co2", "sunspots", "nile", "sine"]
    nile = client.get("/page/examples/nile")
    answer = client.send("/page/look", [("file", ("nile.csv", nile.content))]).json
    assert answer["columns"] == ["date", "nile"]
    assert answer["forecast"]["horizon"] == 12
    assert client.get("/page/examples/other").status == 422


@pytest.mark.parametrize(("given", "horizon"), [({}, 12), ({"season_length": 4}, 8), ({"horizon": 3}, 3)])
def test_steps_ahead_are_whole_seasons_unless_somebody_says_how_many(given, horizon):
    found = look(File("sales.csv", CSV.encode()), Asked(**given), Writing(), Limits(), Words("en"))
    assert found["forecast"]["horizon"] == horizon
    assert found["problem"] is None


def test_errors_of_several_series_are_those_of_all(client):
    rows = [f"{name},2024-01-{day:02d},{day * step}" for name, step in (("a", 1), ("b", 3)) for day in range(1, 31)]
    table = "id,day,y\n" + "\n".join(rows)
    answer = client.send("/page/errors", [("file", ("two.csv", table)), ("horizon", 2), ("season_length", 1)]).json
    naive = next(row for row in answer["rows"] if row["model"].startswith("naive"))
    # one and two steps up from the last value, by 1 and by 3 a step
    assert naive["error"] == (1 + 2 + 3 + 6) / 4
    assert [row["model"] for row in answer["slower"]] == ["AutoETS", "AutoARIMA"]
    short = client.send("/page/errors", [("file", ("two.csv", table)), ("horizon", 20)]).json
    assert short["rows"] == []
    assert "too short" in short["about"]


def test_a_sentence_says_labels_in_place_of_arguments():
    said = "Name it: `id_col=['shop', 'item']`, `decimal=','` or `freq=`; not `other=1`."
    assert in_labels(said, Texts("en")) == (
        "Name it: “Column that names the series”: shop, item, “How numbers are written”: , or “Step between times”; "
        "not `other=1`."
    )


def test_the_error_of_a_trained_network_is_of_values_that_it_did_not_learn_from():
    panel = to_panel(table_of(CSV))
    model = LSTMForecaster(3, hidden_size=8, progress=False, training=Training(epochs=1)).fit(panel)
    before = table_of(CSV).iloc[:-3]
    expected = np.abs(model.predict(data=before)["LSTM"].to_numpy() - table_of(CSV)["y"].to_numpy()[-3:]).mean()
    assert held_out_error(model, panel) == pytest.approx(expected)
    again = LSTMForecaster(3, hidden_size=8, progress=False, training=Training(epochs=1, refit_full=True)).fit(panel)
    assert np.isnan(held_out_error(again, panel))
    assert np.isnan(held_out_error(PretrainedLSTM(3).fit(panel), panel))


def test_what_is_known_ahead_comes_from_the_end_of_the_table_or_from_a_file():
    table = table_of(CSV).assign(price=np.arange(84.0) % 7)
    model = LSTMForecaster(3, hidden_size=8, future=["price"], progress=False, training=Training(epochs=1))
    panel, ahead = split_future(to_panel(table.assign(y=table["y"].where(table.index < 81)), future=["price"]))
    model.fit(panel)
    asked, words = AskedModel(), Words("en")
    known = table[["ds", "price"]].tail(3)
    expected = model.predict(level=80, future=known).to_csv(index=False)
    assert trained_shown(model, panel, ahead, asked, words)["csv"] == expected
    file = File("future.csv", known.to_csv(index=False).encode())
    assert trained_shown(model, panel, file, asked, words)["csv"] == expected
    with pytest.raises(DataError, match="No future rows were passed"):
        trained_shown(model, panel, None, asked, words)
