"""Does the page do what a person wants of it, in a real browser?"""

import pytest

import gatecast
from browsing import MARKS, browser, watched

from .running import CSV, table_of

__all__ = ["browser"]

pytestmark = MARKS


@pytest.fixture
def visit(browser, client):
    """Open the page; whatever it complains of, or asks another server for, is an error."""
    with watched(browser, lambda address: address.startswith((client.address, "data:", "blob:"))) as new_page:

        def opened(lang="en", **options):
            page = new_page(**options)
            page.goto(f"{client.address}/?lang={lang}")
            return page

        yield opened


def give(page, name, text):
    content = text if isinstance(text, bytes) else text.encode()
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})


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
