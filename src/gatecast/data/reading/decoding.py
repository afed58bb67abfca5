"""Which encoding is a text file written in? Detects it from its bytes, or checks the one that was given.

UTF-8 and UTF-16 can be told with certainty. Others are guessed from cells that hold more than ASCII: East Asian ones
by how many of their characters are common, Russian ones by charset-normalizer, for which single words are too little to
tell the rest apart; what is left is taken for Western.
"""

import codecs
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from encodings.aliases import aliases
from itertools import islice

from gatecast.exceptions import ConfigError, DataError
from gatecast.texts.message import Message

__all__ = ["Decoded", "check_encoding", "decode"]

BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (b"\xef\xbb\xbf", "utf-8", "UTF-8 with BOM"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)
# By the name of Python's codec; any other encoding is called as it was given.
LABELS = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
    "gb18030": "GB18030",
    "cp950": "Big5",
    "cp932": "Shift-JIS",
    "cp949": "EUC-KR",
}
# Korean syllables have the bytes of common Chinese characters, so words of headers tell them apart.
KOREAN = re.compile(
    "날짜|일자|일시|시간|기간|년월|매출|판매|수량|금액|가격|합계|지역|매장|상품|제품|기온|사용량|전력|인구"
)
# The rows of each standard's table with common characters: punctuation, full-width forms and the characters of its
# first level (3,755 of GB 2312, 5,401 of Big5, 2,965 of JIS X 0208, which begins with the kana).
COMMON = {
    "gb18030": re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]"),
    "cp950": re.compile(rb"[\xa1-\xa2\xa4-\xc6][\x40-\x7e\xa1-\xfe]|\xa3[\x40-\x7e]"),
    "cp932": re.compile(rb"[\x81-\x83\x88-\x97][\x40-\xfc]|\x98[\x40-\x72]"),
}
# The pairs of high bytes of Windows-1252 are hardly ever common Chinese characters, so that half of them is evidence
# enough (names of places need the second level). Big5 and Shift-JIS have to be certain.
MIN_COMMON = {"gb18030": 0.5, "cp950": 0.75, "cp932": 0.6}
SURE = 0.9  # half of the pairs in a Russian word are common Chinese characters, too: then all of them have to be
RUSSIAN = re.compile(r"[А-ЯЁ]?[а-яё]+")
# No encoding here uses the bytes of line ends and of these delimiters within a character.
DELIMITERS = rb"[\r\n,;\t\"]"
CELL = rb"[\x80-\xff][^\r\n,;\t\"]{0,2000}"
MAX_ASCII = 40
N_CELLS = 500
MIN_SAMPLE = 512  # charset-normalizer judges longer texts than a header: words are repeated up to this length


@dataclass(frozen=True)
class Decoded:
    """The text of a file, without a byte order mark."""

    text: str
    encoding: str  # as people call it, e.g. "UTF-8"
    is_guess: bool = False  # guessed from the characters, as bytes of several encodings may look alike


WINDOWS_ONLY = {"ansi", "mbcs", "oem", "dbcs"}  # encodings that Python has a name for on Windows alone


def check_encoding(encoding: str) -> None:
    """Make sure that Python knows an encoding."""
    try:
        b"0".decode(encoding)
    except (LookupError, TypeError, ValueError) as error:
        # A zero alone need not fit an encoding of two bytes; the other errors are about the name.
        if isinstance(error, UnicodeDecodeError):
            return
        known = sorted({name.replace("_", "-") for name in (*aliases, *aliases.values())} - WINDOWS_ONLY)
        name = str(encoding).lower()
        # what Windows calls its own is cp1252 in the west
        near = ["cp1252"] if name in WINDOWS_ONLY else difflib.get_close_matches(name, known, n=1)
        remedy = f"Did you mean `encoding={near[0]!r}`?" if near else "Use for example `encoding='cp1252'`."
        raise ConfigError(
            f"`encoding` must be the name of a text encoding that Python knows, got {encoding!r}. {remedy}"
        ) from None


def decode(content: bytes, name: str, encoding: str | None = None) -> Decoded:
    """Return the text of a file and its encoding, which is detected if it is not given; `name` is for errors."""
    if encoding is not None:
        check_encoding(encoding)
        return Decoded(_strictly(content, encoding, _label(encoding), name), _label(encoding))
    for bom, codec, label in BOMS:
        if content.startswith(bom):
            return Decoded(_strictly(content, codec, label, name), label)
    if b"\0" in content:
        return _utf_16(content, name)
    try:
        return Decoded(content.decode("utf-8"), LABELS["utf-8"])
    except UnicodeDecodeError:
        codec = _detect(content)
        return Decoded(_strictly(content, codec, _label(codec), name), _label(codec), is_guess=True)


def _label(encoding: str) -> str:
    return LABELS.get(codecs.lookup(encoding).name, encoding)


def _strictly(content: bytes, codec: str, label: str, name: str) -> str:
    try:
        return content.decode(codec).removeprefix("\ufeff")
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        before = content[:start].decode(codec, errors="ignore")
        line = before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
        facts = {"name": name, "byte": content[start], "line": line, "label": label}
        raise DataError(Message("unreadable.bytes", facts)) from None


def _utf_16(content: bytes, name: str) -> Decoded:
    """Read UTF-16 without a mark: the order of bytes in which no control characters come out."""
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\n" in text and re.search(r"[\0-\x08\x0e-\x1f]", text) is None:
            return Decoded(text, LABELS[codec])
    raise DataError(Message("unreadable.binary", {"name": name}))


def _detect(content: bytes) -> str:
    """Return the likeliest codec of a text that is not whole UTF-8."""
    cells = b"\n".join(dict.fromkeys(islice(_cells(content), N_CELLS)))
    # damaged UTF-8 if nearly all characters are whole: in other encodings whole ones are accidents
    beyond_ascii = [char for char in cells.decode("utf-8", errors="replace") if char > "\x7f"]
    if 5 * beyond_ascii.count("\ufffd") < len(beyond_ascii):
        return "utf-8"
    korean = cells.decode("cp949", errors="replace")
    if KOREAN.search(korean) and "\ufffd" not in korean:
        return "cp949"
    shares = {codec: _common_share(cells, codec) for codec in COMMON}
    codec = max(shares, key=lambda codec: shares[codec])
    if shares[codec] < SURE and _is_russian(cells):
        return "cp1251"
    return codec if shares[codec] >= MIN_COMMON[codec] else "cp1252"


def _cells(content: bytes) -> Iterator[bytes]:
    """Yield the cells, or their beginnings, that hold more than ASCII."""
    for found in re.finditer(CELL, content):
        before = content[max(found.start() - MAX_ASCII, 0) : found.start()]
        yield re.split(DELIMITERS, before)[-1] + found[0]


def _common_share(cells: bytes, codec: str) -> float:
    """Return how many of the characters beyond ASCII are common ones, and no accent beside a Latin letter."""
    text = cells.decode(codec, errors="replace")
    n_common = 0
    for found in re.finditer(r"[^\0-\x7f]+", text):
        chars = [char.encode(codec, "ignore") for char in found[0]]
        beside = text[max(found.start() - 1, 0) : found.start()] + text[found.end() : found.end() + 1]
        # "Área" and "AÇÃO": a lone pair whose second byte is a letter, or which stands within a Latin word
        is_accent = len(chars) == 1 and (chars[0][1:].isalpha() or re.fullmatch("[A-Za-z]{2}", beside) is not None)
        n_common += 0 if is_accent else sum(COMMON[codec].fullmatch(char) is not None for char in chars)
    return (n_common - text.count("\ufffd")) / max(sum(char > "\x7f" for char in text), 1)


def _is_russian(cells: bytes) -> bool:
    """Tell whether the words are plausible in Windows-1251, and not in Windows-1252."""
    words = re.findall(r"[^\W\d_]*[^\W\d_a-zA-Z][^\W\d_]*", cells.decode("cp1251", errors="replace"))
    # Western words hardly ever have three accents in a row.
    if max(map(len, words), default=0) < 3 or not all(map(RUSSIAN.fullmatch, words)):
        return False
    from charset_normalizer import from_bytes

    matches = from_bytes(b"\n".join([cells] * -(-MIN_SAMPLE // len(cells))), cp_isolation=["cp1251", "cp1252"])
    return {codec for match in matches for codec in match.could_be_from_charset} == {"cp1251"}
