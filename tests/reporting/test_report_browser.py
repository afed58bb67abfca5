"""What does a real browser make of the page? Charts, hover, phone, night, paper, and no names that run."""

import pytest

from browsing import MARKS, browser, watched

__all__ = ["browser"]

pytestmark = MARKS


@pytest.fixture(scope="module")
def files(tmp_path_factory, small, nasty):
    folder = tmp_path_factory.mktemp("reports")
    small.save(folder / "small.html")
    nasty.save(folder / "nasty.html")
    return folder


@pytest.fixture
def visit(browser, files):
    """Open a page; whatever it complains of or asks the network for is an error."""
    with watched(browser, lambda address: address[:5] in ("file:", "data:")) as new_page:

        def opened(name, **options):
            page = new_page(**options)
            page.goto(f"file://{files / name}.html")
            page.wait_for_selector("#training .main-svg")
            return page

        yield opened


def test_charts_are_drawn_and_the_pointer_reads_off_numbers(visit):
    page = visit("small", viewport={"width": 1200, "height": 900})
    places = page.locator(".plot")
    assert places.count() == 8
    assert all(places.nth(n).locator(".main-svg").count() for n in range(8))
    assert page.locator("#skill .point").count() == 3
    box = page.locator("#forecast-0 .nsewdrag").bounding_box()
    page.locator("#forecast-0").scroll_into_view_if_needed()
    box = page.locator("#forecast-0 .nsewdrag").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.98, box["y"] + box["height"] / 2)
    page.wait_for_selector("#forecast-0 .hoverlayer .legend")
    assert "95 % interval" in page.locator("#forecast-0 .hoverlayer").text_content()


def test_names_from_the_file_do_not_run(visit):
    page = visit("nasty", viewport={"width": 1200, "height": 900})
    assert page.evaluate("window.ran") is None
    page.locator("#skill").scroll_into_view_if_needed()
    box = page.locator("#skill .point").last.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector("#skill .hoverlayer .hovertext")
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    labels = page.locator("#skill .yaxislayer-above").text_content()
    assert "<script>" in labels


@pytest.mark.parametrize("name", ["small", "nasty"])
def test_a_phone_scrolls_in_one_direction_only(visit, name):
    page = visit(name, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    widths = page.evaluate(
        "[...document.querySelectorAll('.plot .main-svg')].map(s => s.getBoundingClientRect().right)"
    )
    assert max(widths) <= 390


def test_night_changes_page_and_charts_at_once(visit):
    page = visit("small", viewport={"width": 900, "height": 800}, color_scheme="light")
    look = """() => [getComputedStyle(document.body).backgroundColor,
        document.querySelector('#training .xtick text').style.fill]"""
    by_day = page.evaluate(look)
    page.emulate_media(color_scheme="dark")
    # waiting for a function would evaluate a text, which the page's policy forbids
    for _ in range(100):
        by_night = page.evaluate(look)
        if by_night[1] != by_day[1]:
            break
        page.wait_for_timeout(100)
    assert by_day == ["rgb(255, 255, 255)", "rgb(31, 35, 40)"]
    assert by_night == ["rgb(20, 23, 28)", "rgb(232, 234, 237)"]


def test_paper_is_light_and_hides_nothing(visit, tmp_path):
    page = visit("small", viewport={"width": 900, "height": 800}, color_scheme="dark")
    page.evaluate(
        """() => window.addEventListener('beforeprint', () => {
            window.seen = [[...document.querySelectorAll('details')].every(d => d.open),
                document.querySelector('#training .xtick text').style.fill,
                Math.max(...[...document.querySelectorAll('.main-svg')].map(s => s.getBoundingClientRect().width))];
        })"""
    )
    content = page.pdf(path=tmp_path / "report.pdf", format="A4")
    assert content[:5] == b"%PDF-"
    assert len(content) > 50_000
    everything_open, ink, width = page.evaluate("window.seen")
    assert everything_open
    assert ink == "rgb(31, 35, 40)"
    # between the margins of A4 there are 180 mm, 680 dots of 1/96 inch
    assert width <= 680
    assert page.locator("details[open]").count() == 0


def test_the_keyboard_reaches_all_and_shows_where_it_is(visit):
    page = visit("small", viewport={"width": 900, "height": 800})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
