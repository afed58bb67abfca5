"""Is the page whole, safe against names from the user's file, and readable without eyes or with a phone?"""

import base64
import hashlib
import html
import json
import re
from dataclasses import asdict
from html.parser import HTMLParser
from itertools import pairwise

import numpy as np
import pytest

import gatecast
from gatecast.exceptions import ConfigError, GatecastError
from gatecast.reporting import Report, report
from gatecast.reporting.figures import figures_of
from gatecast.reporting.words import Words
from made_series import forecaster

from .made_reports import NASTY

VOID = {"meta", "link", "br", "img", "input"}


class Page(HTMLParser):
    """Takes a page apart: elements in order, texts outside of scripts, and scripts."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.scripts, self.open, self.texts = [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, *tags):
        return [(tag, attrs) for tag, attrs in self.elements if tag in tags]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def page(small):
    return Page(small.html)


@pytest.fixture(scope="module")
def nasty_page(nasty):
    return Page(nasty.html)


def test_page_is_whole_and_needs_nothing_else(page, small):
    assert page.open == []
    assert len(small.html.encode()) < 6_000_000
    for tag, attrs in page.elements:
        for name in ("src", "href", "action", "data", "poster", "srcset"):
            assert (attrs.get(name) or "#")[0] == "#" or attrs[name] == "data:,", (tag, attrs)
    assert "@import" not in small.html.split("</style>")[0]
    assert len(page.scripts) == 3


def test_page_has_all_its_parts(page, small):
    headings = (
        "The forecast",
        "In short",
        "Is it any good?",
        "What the data are",
        "What the network remembers",
        "How it was made",
    )
    # the forecast and whether to trust it come first
    places = [small.html.index(f">{heading}</h2>") for heading in headings]
    assert places == sorted(places)
    assert "verdict lead" in small.html[places[0] : places[1]]
    charts = json.loads(page.scripts[0])
    wanted = ["calibration", "forecast-0", "gates", "half-lives", "lags", "skill", "steps", "training"]
    assert sorted(charts) == wanted
    assert {attrs["id"] for tag, attrs in page.elements if attrs.get("class") == "plot"} == set(wanted)
    assert small.facts["comparison"]["recommended"] in page.text


def test_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_landmarks_names_and_skip_link(page):
    assert [tag for tag, _ in page.all("header", "nav", "main", "footer")] == ["header", "nav", "main", "footer"]
    assert page.all("a")[0][1] == {"class": "skip", "href": "#main"}
    assert all("aria-labelledby" in attrs for _, attrs in page.all("section"))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"][1:] for _, attrs in page.all("a")]
    named = [attrs["aria-labelledby"] for _, attrs in page.all("section")]
    assert set(links) | set(named) <= set(ids)


def test_tables_have_headers_with_scope(page):
    assert len(page.all("table")) == len(page.all("caption")) >= 4
    assert {attrs.get("scope") for _, attrs in page.all("th")} == {"col", "row"}


def test_charts_say_their_message_in_words(page, small):
    plots = [attrs for _, attrs in page.elements if attrs.get("class") == "plot"]
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 20 for attrs in plots)
    first = small.facts["forecast"]["series"][0]
    spoken = next(attrs["aria-label"] for attrs in plots if attrs["id"] == "forecast-0")
    assert f"{first['forecast'][0]:.4g}" in spoken
    assert str(first["ahead"][-1]) in spoken


def test_names_are_texts_and_short(nasty, nasty_page):
    # `open` is empty only if no name closed or opened an element
    assert nasty_page.open == []
    assert len(nasty_page.scripts) == 3
    assert not nasty_page.all("img", "b")
    assert "window.ran=1" not in [script.strip() for script in nasty_page.scripts]
    assert not any(name.startswith("on") for _, attrs in nasty_page.elements for name in attrs)
    assert "<script>window.ran=1</script>" in nasty_page.text
    assert "{{7*7}}" in nasty_page.text
    assert "49" not in [part.strip("“” ") for part in re.split(r"[,“”]", nasty_page.text)]
    assert NASTY[5][:500] not in nasty.html


def test_names_in_charts_are_escaped_for_plotly(nasty_page):
    charts = json.loads(nasty_page.scripts[0])

    def texts(value):
        if isinstance(value, str):
            yield value
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from texts(item)

    drawn = {name: {"data": chart["data"], "layout": chart["layout"]} for name, chart in charts.items()}
    known = ("<br>", "<extra>", "</extra>")
    for text in texts(drawn):
        for tag in known:
            text = text.replace(tag, "")
        assert "<" not in text, text
    assert any("&lt;script&gt;" in text for text in texts(drawn))


def test_series_are_sampled_by_their_error_and_it_says_so(nasty, nasty_page):
    shown = nasty.facts["forecast"]["series"]
    assert [one["rank"] for one in shown] == ["best", "median", "worst"]
    errors = [one["error"] for one in shown]
    assert errors == sorted(errors)
    assert "Shown are 3 of 6 series" in nasty_page.text


def test_both_languages_hold_the_same_charts_and_numbers(small):
    chinese = Report(small.facts, "zh")
    mine, theirs = Page(small.html), Page(chinese.html)
    assert [tag for tag, _ in mine.elements].count("td") == [tag for tag, _ in theirs.elements].count("td")
    cells = re.compile(r"<td>([-0-9.,]+)</td>")
    assert cells.findall(small.html) == cells.findall(chinese.html)
    assert theirs.all("html")[0][1]["lang"] == "zh-CN"


def test_what_a_fit_chose_is_said_in_chinese():
    # a series of which both ways are tried: positive, long enough for a validation set
    y = 50 + 20 * np.sin(np.arange(400) * np.pi / 6) + np.random.default_rng(0).normal(size=400)
    small = {"hidden_size": 4, "n_layers": 1, "lookback": 12, "ensemble": 1, "progress": False}
    model = forecaster(3, **small, refit_full=True).fit(y)
    decisions = [{**asdict(one), "sentence": str(one)} for one in model.fitted_.record.decisions]
    assert len(decisions) >= 3
    assert all(re.search("[一-鿿]", Words("zh").said(one)) for one in decisions)
    assert [Words("en").said(one) for one in decisions] == list(model.decisions_)


def test_facts_are_plain_and_a_copy(small):
    facts = small.to_dict()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    facts["data"].clear()
    assert small.facts["data"]


def test_colors_have_contrast(small):
    style = small.html.split("<style>")[1].split("</style>")[0]
    dresses = re.findall(r":root \{(.*?)\}", style, flags=re.DOTALL)
    assert len(dresses) == 3
    for dress in dresses:
        colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", dress))
        for name in ("text", "muted", "link", "ok", "info", "warning", "error"):
            for behind in ("page", "card"):
                assert contrast(colors[name], colors[behind]) >= 4.5, (name, behind)


def contrast(ours, theirs):
    """Contrast ratio of WCAG 2.2."""

    def luminance(color):
        parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(ours), luminance(theirs)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_save_replaces_only_when_complete(small, tmp_path):
    path = tmp_path / "report.html"
    small.save(path)
    assert path.read_text(encoding="utf-8") == small.html
    with pytest.raises(GatecastError, match="cannot be written"):
        small.save(tmp_path / "no" / "report.html")
    with pytest.raises(ConfigError, match="`path` must be a path"):
        small.save(3)


def test_a_notebook_gets_a_frame_of_its_own(small):
    shown = small._repr_html_()
    frame = Page(shown).all("iframe")
    assert len(frame) == 1
    assert frame[0][1]["srcdoc"] == small.html


def test_wrong_arguments_are_said_in_one_sentence(small):
    with pytest.raises(ConfigError, match="fitted LSTMForecaster was expected"):
        report("model")
    with pytest.raises(GatecastError, match="is not fitted"):
        report(gatecast.LSTMForecaster(3))
    with pytest.raises(ConfigError, match="`lang` must be one of"):
        report(gatecast.LSTMForecaster(3), lang="de")


def test_a_missing_library_is_said_in_one_sentence(small, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "plotly", None)
    with pytest.raises(GatecastError, match=r"pip install 'gatecast\[report\]'"):
        Report(small.facts).html  # noqa: B018


def test_forecast_of_one_step_can_be_seen(small):
    series = {
        "name": "a",
        "value_name": "y",
        "time_name": "day",
        "freq": "D",
        "times": ["2024-01-01", "2024-01-02"],
        "values": [3.0, 4.0],
        "ahead": ["2024-01-03"],
        "forecast": [5.0],
        "bands": [{"level": 80, "lower": [4.5], "upper": [5.5]}],
    }
    facts = small.facts | {"forecast": {"series": [series]}}
    *bands, _, forecast = figures_of(facts, Words("en"))["forecast-0"]["data"]
    # a line from the newest value on, and a band that opens there
    assert (forecast["x"], forecast["y"]) == (["2024-01-02", "2024-01-03"], [4.0, 5.0])
    assert [band["y"] for band in bands] == [[4.0, 5.5], [4.0, 4.5]]


def test_policy_allows_nothing_but_the_page_itself(small):
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', small.html)[1])
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    blocks = re.findall(r"<(script|style)>(.*?)</\1>", small.html, re.DOTALL)
    assert [kind for kind, _ in blocks] == ["style", "script", "script"]
    for kind, text in blocks:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules[f"{kind}-src"].split()
    # the tags of the page itself, not those of names in the data or of the library
    own = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", small.html, flags=re.DOTALL)
    assert not re.findall(r"<[^>]* (?:style|on\w+)=", own)
