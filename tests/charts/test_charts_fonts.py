"""Are fonts for Chinese letters found that were installed after matplotlib made its list of fonts?"""

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

from gatecast.charts import plot_forecast, render
from gatecast.charts.fonts import CJK_FONTS, fonts, look_again
from gatecast.cli.output import write_picture

from .small_models import monthly, small


def square():
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in ((100, 700), (800, 700), (800, 0)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


def write_font(path, family, letters):
    """Write a font in which each of these letters is a square."""
    names = [".notdef", *(f"uni{ord(letter):04X}" for letter in letters)]
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(names)
    font.setupCharacterMap(dict(zip(map(ord, letters), names[1:], strict=True)))
    font.setupGlyf({name: square() for name in names})
    font.setupHorizontalMetrics(dict.fromkeys(names, (900, 100)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": family, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    font.setupPost()
    font.save(path)
    return str(path)


@pytest.fixture
def stale(monkeypatch):
    """Let matplotlib know no font with Chinese letters, and count how often fonts are looked for."""
    manager, looked = font_manager.fontManager, []
    known = [font for font in manager.ttflist if font.name not in CJK_FONTS]
    monkeypatch.setattr(manager, "ttflist", known)
    look_again.cache_clear()
    manager._findfont_cached.cache_clear()

    def install(*paths):
        def found():
            looked.append(paths)
            return list(paths)

        monkeypatch.setattr(font_manager, "findSystemFonts", found)
        return looked

    yield install
    look_again.cache_clear()
    manager._findfont_cached.cache_clear()


@pytest.fixture
def chart():
    data = monthly(name="销量")
    return lambda: plot_forecast(small().fit(data), data)


def test_font_that_the_list_lacks_is_found(stale, chart, tmp_path):
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    looked = stale(str(broken), write_font(tmp_path / "cjk.ttf", "Noto Sans CJK SC", "销量"))
    assert fonts() == ["DejaVu Sans"]
    content, missing = render(chart(), dpi=50)
    assert missing == ""
    assert fonts() == ["DejaVu Sans", "Noto Sans CJK SC"]
    assert content == render(chart(), dpi=50)[0]
    assert len(looked) == 1


def test_without_any_font_is_said_once_what_to_install(stale, chart, tmp_path):
    looked = stale()
    remark = write_picture(chart(), tmp_path / "a.png", 50)
    assert remark.code == "written.boxes"
    assert "has boxes in place of '量销'" in str(remark) or "has boxes in place of '销量'" in str(remark)
    assert "Noto Sans CJK SC" in str(remark)
    assert "fonts-noto-cjk" in remark.say("zh")
    write_picture(chart(), tmp_path / "b.png", 50)
    assert len(looked) == 1


def test_nothing_is_looked_for_where_no_letter_needs_it(stale):
    looked = stale()
    data = monthly(name="Verkäufe")
    assert render(plot_forecast(small().fit(data), data), dpi=50)[1] == ""
    assert looked == []


def test_texts_of_a_picture_are_in_its_language(stale):
    stale()
    data = monthly(name="y")
    axes = plot_forecast(small().fit(data), data, lang="zh").axes[0]
    assert axes.get_title(loc="left") == "数据、预测值与未来预测"
