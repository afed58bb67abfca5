"""Is a table with headers of any letters of a language read back the same, in the encodings of that language?"""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gatecast.data.reading.decoding import decode
from gatecast.data.reading.files import read_table

LATIN = "abcdefghijklmnopqrstuvwxyz"
ACCENTS = {
    "German": "äöüßÄÖÜ",
    "French": "àâçéèêëîïôûùüœÉÀÇ",
    "Spanish": "áéíóúüñÁÉÑ",
    "Portuguese": "ãõçáéíóúâêôÇÃ",
    "units": "°€£µ²³§",
}
VALUES = [1.5, 2.25, -3.0, 4.0]


def level(codec, rows, cells):
    """Return the characters in some rows of the standard's table."""
    pairs = (bytes([row, cell]) for row in rows for cell in cells)
    return "".join(pair.decode(codec, errors="ignore") for pair in pairs)


HIGH = range(0xA1, 0xFF)
# The common characters of each standard; some of the pairs are not used.
CHINESE = level("gb2312", range(0xB0, 0xD8), HIGH)
TRADITIONAL = level("big5", range(0xA4, 0xC6), [*range(0x40, 0x7F), *HIGH])
KANA = "".join(map(chr, [*range(0x3042, 0x3093), *range(0x30A2, 0x30F4)]))
JAPANESE = level("cp932", range(0x89, 0x98), range(0x9F, 0xFD)) + 20 * KANA


@st.composite
def western_words(draw):
    """A word in which accents stand among plain letters."""
    accents = st.sampled_from(ACCENTS[draw(st.sampled_from(sorted(ACCENTS)))])
    plain = st.text(LATIN, min_size=1, max_size=4)
    parts = draw(st.lists(st.tuples(plain, accents), min_size=1, max_size=3))
    return "".join(letters + accent for letters, accent in parts) + draw(st.text(LATIN, max_size=4))


def words(letters, min_size):
    return st.text(st.sampled_from(letters), min_size=min_size, max_size=8)


LANGUAGES = {
    "western": (western_words(), ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    "Chinese": (words(CHINESE, 2), ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"]),
    # fewer letters are not always told from Chinese ones
    "Traditional Chinese": (words(TRADITIONAL, 6), ["utf-8", "utf-16", "big5"]),
    "Japanese": (words(JAPANESE, 4), ["utf-8", "utf-16", "cp932"]),
}
CASES = [(language, encoding) for language, (_, encodings) in LANGUAGES.items() for encoding in encodings]


@st.composite
def contents(draw, language, encoding):
    """Names of three columns, and the bytes of a table with them."""
    letters = LANGUAGES[language][0]
    names = tuple(f"{sign}{draw(letters)}" for sign in ("", "v", "n"))
    delimiter = draw(st.sampled_from(",;\t"))
    rows = [(f"2024-01-0{day}", str(value), "x") for day, value in enumerate(VALUES, start=1)]
    content = "\n".join(delimiter.join(cells) for cells in [names, *rows]).encode(encoding)
    # a few words in other encodings happen to be UTF-8
    assume(encoding.startswith("utf") or not is_utf_8(content))
    return names, content


@pytest.mark.parametrize(("language", "encoding"), CASES)
@given(data=st.data())
def test_headers_of_a_language_are_decoded(language, encoding, data):
    names, content = data.draw(contents(language, encoding))
    header = decode(content, "data.csv").text.splitlines()[0]
    assert re.split("[,;\t]", header) == list(names)


@pytest.mark.parametrize(("language", "encoding"), CASES)
@settings(max_examples=2)
@given(data=st.data())
def test_table_of_a_language_is_read_back(tmp_path_factory, language, encoding, data):
    names, content = data.draw(contents(language, encoding))
    path = tmp_path_factory.mktemp("encodings") / "data.csv"
    path.write_bytes(content)
    table = read_table(path, target_col=names[1])
    assert (table.time_col, table.target_col, *table.ignored) == names
    assert table.panel.values.tolist() == VALUES


def is_utf_8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
