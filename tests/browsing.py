"""How do tests drive a real browser? Chromium, and pages whose complaints and requests are errors."""

import contextlib
import os
import shutil

import pytest
from playwright import sync_api as playwright

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MARKS = [
    pytest.mark.browser,
    # `.ci/run` installs one, so that nothing is skipped there
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"), reason="there is no Chromium: apt install chromium"
    ),
]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def watched(browser, is_known):
    """Yield a function that opens empty pages; what they complain of, or ask others than those known for, is an error.

    A status that a server answers on purpose is reported by the browser, too, and is left to the test.
    """
    contexts, troubles = [], []

    def opened(**options):
        context = browser.new_context(**options)
        # a busy machine takes its time
        context.set_default_timeout(120_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: None if is_known(request.url) else troubles.append(request.url))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [text for text in troubles if "the server responded with a status of 4" not in text] == []
