"""Does the page do what a person wants of it, in a real browser?"""

import re

import pytest

import gatecast
from browsing import MARKS, browser, watched
from gatecast.serving.access import Access
from gatecast.serving.service import Service

from .running import CSV, running, table_of

__all__ = ["browser"]

pytestmark = MARKS
TOKEN = "0123456789abcdef-page"
PHONE = {"width": 375, "height": 800}
# relative luminance and contrast of WCAG 2.2, of each element with a text of its own against what lies behind it
CONTRASTS = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = numbers(color).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor, parts = numbers(color);
      if (parts.length === 3 || parts[3] === 1) { return color; }
    }
    return "rgb(255, 255, 255)";
  };
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  return [...document.body.querySelectorAll("*")]
    .filter((one) => own(one) && one.checkVisibility() && !one.closest(".plot, script, noscript, option"))
    .map((one) => {
      const [high, low] = [light(getComputedStyle(one).color), light(behind(one))].sort((a, b) => b - a);
      return [one.textContent.trim().slice(0, 40), (high + 0.05) / (low + 0.05)];
    });
}"""
UNNAMED = """() => [...document.querySelectorAll("button, input, select, a[href]")]
  .filter((one) => !(one.labels && one.labels.length) && !one.textContent.trim()).map((one) => one.outerHTML)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    service = Service()
    service.keep_in(tmp_path_factory.mktemp("kept"))
    with running(service) as client:
        yield client.address


def own(address):
    """Tell what belongs to the page: its server's address, and what it makes itself."""
    return lambda url: url.startswith((address, "data:", "blob:"))


@pytest.fixture
def visit(browser, address):
    """Open the page; whatever it complains of, or asks another server for, is an error."""
    with watched(browser, own(address)) as new_page:

        def opened(lang="en", **options):
            page = new_page(**options)
            page.goto(f"{address}/?lang={lang}")
            return page

        yield opened


def give(page, name, text):
    content = text if isinstance(text, bytes) else text.encode()
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})


def problem_of(page, name):
    page.wait_for_selector(f"#{name}-problem:not([hidden])")
    assert page.evaluate("document.activeElement.id") == name
    assert page.get_attribute(f"#{name}", "aria-invalid") == "true"
    assert f"{name}-problem" in page.get_attribute(f"#{name}", "aria-describedby")
    return page.locator(f"#{name}-problem").text_content()


def test_a_file_is_understood_forecast_and_the_forecast_downloaded(visit):
    page = visit()
    give(page, "sales.csv", CSV)
    page.wait_for_selector("#chart .main-svg")
    assert page.locator("#status").text_content() == "The forecast of sales.csv is ready: 12 steps ahead."
    assert "monthly (MS)" in page.locator("#facts").text_content()
    with page.expect_download() as saved:
        page.click("#download")
    assert saved.value.suggested_filename == "sales-forecast.csv"
    expected = gatecast.forecast(table_of(CSV), 12, level=(80, 95))
    assert saved.value.path().read_text() == expected.to_csv(index=False)
    page.wait_for_selector("#errors:not([hidden])")
    assert "naive: the last value stays" in page.locator("#error-table").text_content()


def test_a_file_may_be_dropped_and_columns_corrected_by_hand(visit):
    page = visit()
    lines = ["day,warm,cold", *(f"2024-01-{day:02d},{20 + day % 7},{day % 7}" for day in range(1, 29))]
    page.evaluate(
        """(text) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "days.csv", { type: "text/csv" }));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true }));
        }""",
        "\n".join(lines),
    )
    page.wait_for_selector("#target_col option[value=cold]", state="attached")
    page.select_option("#target_col", "cold")
    page.fill("#horizon", "5")
    page.select_option("#level", "90")
    page.click("#corrections button")
    page.wait_for_selector("#numbers caption:has-text('cold')", state="attached")
    assert page.locator("#numbers tbody tr").count() == 5
    assert page.locator("#numbers thead th").last.text_content() == "90 % interval"
    page.fill("#horizon", "none")
    page.click("#corrections button")
    assert problem_of(page, "horizon").startswith("“Steps to forecast” is 'none', and a whole number from 1 on")


def test_wrong_files_are_answered_where_they_can_be_corrected(visit):
    page = visit()
    give(page, "picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert "'picture.png' is a binary file" in problem_of(page, "file")
    give(page, "empty.csv", b"")
    assert "'empty.csv' is empty" in problem_of(page, "file")
    months = [f"2024-{month:02d}-01" for month in range(1, 13)]
    give(
        page,
        "cells.csv",
        "<img src=x onerror=window.ran=1>,<script>window.ran=1</script>\n"
        + "".join(f"{month},<script>window.ran=1</script>\n" for month in months),
    )
    assert "<script>window.ran=1</script>" in problem_of(page, "target_col")
    give(
        page,
        "names.csv",
        "<img src=x onerror=window.ran=1>,<script>window.ran=1</script>\n"
        + "".join(f"{month},{n}\n" for n, month in enumerate(months)),
    )
    page.wait_for_selector("#chart .main-svg")
    assert "<script>window.ran=1</script>" in page.locator("#facts").text_content()
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    give(page, "twice.csv", "day,y\n2024-01-01,1\n2024-01-01,2\n2024-01-02,3\n2024-01-03,4\n")
    assert "2 rows have the time 2024-01-01" in problem_of(page, "duplicates")
    page.select_option("#duplicates", "sum")
    page.click("#corrections button")
    page.wait_for_selector("#result:not([hidden])")
    assert page.locator(".problem:not([hidden])").count() == 0


def test_a_network_is_trained_with_a_live_curve_and_training_cancelled(visit):
    page = visit()
    give(page, "sales.csv", CSV)
    page.wait_for_selector("#chart .main-svg")
    page.fill("#horizon", "5")
    page.click("#corrections button")
    page.wait_for_selector("#status:has-text('5 steps ahead')")
    page.click("#train-start")
    page.wait_for_selector("#train-cancel:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "train-cancel"
    page.wait_for_selector("#train-status:has-text('begins')")
    page.click("#train-cancel")
    page.wait_for_selector("#train-status:has-text('cancelled')")
    page.evaluate("() => { document.querySelector('#train-seconds option').value = '1'; }")
    page.select_option("#train-seconds", "1")
    page.click("#train-start")
    page.wait_for_selector("#trained:not([hidden])")
    page.wait_for_selector("#train-status:has-text('is trained')")
    assert page.locator("#curve-plot .main-svg").count() > 0
    assert page.locator("#figure-gates .main-svg").count() > 0
    assert page.locator("#maker").text_content().startswith("Made by the network that was trained here")
    assert page.evaluate("document.activeElement.id") == "forecast"
    page.wait_for_selector("#error-table th:has-text('the network that was trained here')")
    assert "learned nothing from these values" in page.locator("#errors-about").text_content()
    # the other language goes on with the file, what was set, and the model
    page.click("#other-language")
    page.wait_for_selector("#error-table th:has-text('在此训练的网络')")
    assert page.input_value("#horizon") == "5"
    assert page.locator("#maker").text_content().startswith("由在此训练的网络")


def test_further_columns_get_a_use_that_the_other_language_keeps(visit):
    page = visit()
    lines = CSV.splitlines()
    give(
        page,
        "sales.csv",
        "\n".join([lines[0] + ",price,shop", *(f"{line},{n % 7},A" for n, line in enumerate(lines[1:]))]),
    )
    page.wait_for_selector("#chart .main-svg")
    page.click("#columns-part summary")
    assert page.locator("#columns label").all_text_contents() == ["Column price", "Column shop"]
    page.select_option("[data-column=price]", "future")
    page.fill("#horizon", "4")
    page.click("#other-language")
    page.wait_for_selector("#status:has-text('sales.csv 的预测已完成')")
    assert (page.input_value("[data-column=price]"), page.input_value("[data-column=shop]")) == ("future", "")
    assert page.input_value("#horizon") == "4"
    page.reload()
    assert page.locator("#result").is_hidden()


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("zh", "dark")])
def test_the_page_is_read_on_a_phone_by_day_and_by_night_in_both_languages(visit, lang, scheme):
    page = visit(lang, viewport=PHONE, color_scheme=scheme, locale="de-DE")
    assert page.get_attribute("html", "lang") == {"en": "en", "zh": "zh-CN"}[lang]
    lines = CSV.splitlines()
    give(page, "sales.csv", "\n".join([lines[0] + ",price", *(f"{line},{n % 7}" for n, line in enumerate(lines[1:]))]))
    page.wait_for_selector("#errors:not([hidden])")
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate(UNNAMED) == []
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 60
    assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
    said = " ".join(text for text, _ in contrasts)
    assert bool(re.search("[一-鿿]{2}", said.replace("中文", ""))) == (lang == "zh")


def test_the_keyboard_alone_is_enough(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert seen[:2] == ["other-language", "file"]
    page.keyboard.press("Enter")
    page.wait_for_selector("#chart .main-svg")


def test_a_token_is_asked_for_and_kept_until_the_tab_is_closed(browser):
    service = Service(access=Access({"ann": Access.digest(TOKEN)}))
    with running(service) as client, watched(browser, own(client.address)) as new_page:
        page = new_page()
        page.goto(client.address)
        give(page, "sales.csv", CSV)
        page.fill("#token", "another-token-that-is-wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("#token-dialog[open]")
        page.fill("#token", TOKEN)
        page.keyboard.press("Enter")
        page.wait_for_selector("#chart .main-svg")
        kept = page.evaluate("[Object.values({...sessionStorage}), localStorage.length, document.cookie]")
    assert kept == [[TOKEN], 0, ""]
