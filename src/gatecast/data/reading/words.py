"""Which month, number or time of day does a word in a date mean? English, Chinese and eleven languages of Europe."""

import re
import unicodedata

__all__ = ["WEEKDAYS", "month_number", "plain_text", "with_chinese_digits", "without_weekdays"]

# Names and abbreviations without accents, as people write them in English, German, French, Spanish, Italian,
# Portuguese, Dutch, Polish, Russian, Swedish, Danish and Turkish; no word means two months.
MONTHS = (
    "january januar janner jan jann janvier janv enero ene gennaio gen janeiro januari styczen stycznia "
    "sty январь января янв ocak oca",
    "february februar feber feb febr fevrier fevr fev febrero febbraio fevereiro februari luty lutego lut "
    "февраль февраля фев subat sub",
    "march marz maerz mar mrz mars marzo marco maart mrt marzec marca март марта мар marts mart",
    "april apr avril avr abril abr aprile kwiecien kwietnia kwi апрель апреля апр nisan nis",
    "may mai mayo maggio mag maio mei maj maja маи мая mayis",
    "june juni jun juin junio giugno giu junho czerwiec czerwca cze июнь июня июн haziran haz",
    "july juli jul juillet juil julio luglio lug julho lipiec lipca lip июль июля июл temmuz tem",
    "august aug aout ago agosto augustus sierpien sierpnia sie август августа авг augusti agustos",
    "september sep sept septembre septiembre setiembre settembre set setembro wrzesien wrzesnia wrz "
    "сентябрь сентября сен сент eylul eyl",
    "october oktober oct okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika paz октябрь "
    "октября окт ekim eki",
    "november nov novembre noviembre novembro listopad listopada lis ноябрь ноября ноя kasim kas",
    "december dezember dec dez decembre diciembre dic dicembre dezembro grudzien grudnia gru декабрь "
    "декабря дек aralik ara",
)
MONTH_OF = {word: number for number, words in enumerate(MONTHS, start=1) for word in words.split()}
_WEEKDAYS = """
monday mon tuesday tue tues wednesday wed thursday thu thur thurs friday fri saturday sat sunday sun
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so
lundi mardi mercredi jeudi vendredi samedi dimanche lun lunes martes miercoles jueves viernes sabado domingo
"""
WEEKDAYS = frozenset(_WEEKDAYS.split())
FILLERS = frozenset(("de", "del", "of", "the", "den", "der", "vom"))
CHINESE_DIGITS = {char: str(number) for number, char in enumerate("零一二三四五六七八九")} | {"〇": "0"}
DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
# accents that stand alone, and letters that are not written with one
_MARKS: dict[int, str | None] = dict.fromkeys(range(0x300, 0x370)) | {ord("ł"): "l", ord("ı"): "i"}


def plain_text(text: str) -> str:
    """Write full-width digits and marks, special spaces and dashes as ASCII has them."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).translate(DASHES).strip()


def month_number(word: str) -> int | None:
    """Return the number of a month's name, in any case and with or without accents; None for other words.

    Examples:
        >>> [month_number(word) for word in ("März", "Sept.", "十二月", "7月份", "x")]
        [3, 9, 12, 7, None]
    """
    plain = word.strip().rstrip(".").lower()
    chinese = re.fullmatch(r"(\d{1,2})月份?", with_chinese_digits(plain))
    if chinese:
        return int(chinese[1]) if 1 <= int(chinese[1]) <= 12 else None
    return MONTH_OF.get(plain if plain.isascii() else _without_accents(plain))


def with_chinese_digits(text: str) -> str:
    """Write the numbers of a Chinese date in digits: 二〇一五年十二月 is 2015年12月."""
    if text.isascii():
        return text
    tens = re.sub(r"([二三]?)十([一二三四五六七八九]?)", lambda m: _tens(m[1], m[2]), text)
    return re.sub(r"[〇零一二三四五六七八九](?=[〇零一二三四五六七八九]*[年月日号旬季周度\d])", _digit, tens)


def without_weekdays(words: list[str]) -> list[str]:
    """Drop the names of weekdays and words like "of"."""
    return [word for word in words if _without_accents(word.lower().rstrip(".")) not in WEEKDAYS | FILLERS]


def _tens(before: str, after: str) -> str:
    return str(10 * int(CHINESE_DIGITS.get(before, "1")) + int(CHINESE_DIGITS.get(after, "0")))


def _digit(found: re.Match[str]) -> str:
    return CHINESE_DIGITS[found[0]]


def _without_accents(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKD", text).translate(_MARKS)
