"""Is the text of a file the one that its writer meant, whatever the encoding, and is the encoding said?"""

import sys

import pytest

from gatecast.data.reading.decoding import decode
from gatecast.data.reading.files import read_source, read_table
from gatecast.exceptions import ConfigError, DataError

ROWS = "2024-01-01,1.5\n2024-01-02,2.5\n2024-01-03,4.5\n"
NAMES = {
    "cp1252": "Windows-1252",
    "cp1251": "Windows-1251",
    "gb18030": "GB18030",
    "cp950": "Big5",
    "cp932": "Shift-JIS",
}
# Headers of real tables in the encodings of their countries; many hold a single letter beyond ASCII.
HEADERS = {
    "cp1252": [
        *("Größe", "Übersicht", "Verkäufe für Länge", "GRÖßE", "ÄÖÜ", "Straße", "Maßeinheit", "Umsatz in €", "Temp °C"),
        *("Température", "Société créée", "Année", "Évolution préférée", "Quantité commandée", "Noël"),
        *("Año", "Nº", "Población", "¿Cuántos años?", "España", "Teléfono móvil"),
        *("INFORMAÇÃO", "Região", "Preço médio", "AÇÕES", "Øresund", "Åre", "Área", "Åbo, Ærø", "hääyöaie"),
        *("µg/m³", "m²", "±", "§ 5", "£", "½ Jahr", "à", "é", "Ü", "“quoted”", "10 ‰"),
    ],
    "gb18030": [
        *("日期", "销量", "年", "数值", "销售额（万元）", "GDP总量", "A股", "最高温度", "温度℃", "客流量"),
        *("深圳", "东莞", "第1季度", "负荷(MW)", "价格：元", "门店编号", "用电量", "网点数量"),
    ],
    "cp950": ["日期與銷量", "時間與數值", "門市銷售額", "用電量（度）", "臺北市氣溫", "產品類別與價格"],
    "cp932": ["日付と売上", "売上高", "カテゴリ", "店舗ごとの気温", "数量（個）", "最高気温"],
    "cp1251": ["Продажи", "Количество", "Температура воздуха", "Дата и цена", "Магазин", "Дата", "Цена"],
}
CASES = [(encoding, header) for encoding, headers in HEADERS.items() for header in headers]


@pytest.mark.parametrize(("encoding", "header"), CASES)
@pytest.mark.parametrize("is_repeated", [False, True])
def test_encoding_is_told_from_one_header(encoding, header, is_repeated):
    note = f",{header}" if is_repeated else ",x"
    text = f"ds,{header}{',note' if is_repeated else ',n'}\n" + ROWS.replace("\n", f"{note}\n")
    decoded = decode(text.encode(encoding), "a.csv")
    assert decoded.text == text
    assert (decoded.encoding, decoded.is_guess) == (NAMES[encoding], True)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with BOM"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
@pytest.mark.parametrize("header", ["Größe", "日期", "y"])
def test_unicode_needs_no_guess(codec, name, header):
    text = f"ds,{header}\n" + ROWS
    decoded = decode(text.encode(codec), "a.csv")
    assert (decoded.text, decoded.encoding, decoded.is_guess) == (text, name, False)


def test_utf_16_with_the_mark_of_the_other_order():
    assert decode(b"\xfe\xff" + "ds,y\n".encode("utf-16-be"), "a.csv").text == "ds,y\n"


def test_table_keeps_the_encoding(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(("Datum;Größe\n" + ROWS.replace(",", ";")).encode("cp1252"))
    table = read_table(path)
    assert (table.target_col, table.encoding, table.is_encoding_guessed) == ("Größe", "Windows-1252", True)
    assert table.facts()["encoding"] == "Windows-1252"
    path.write_text("ds,y\n" + ROWS)
    assert read_table(path).is_encoding_guessed is False


@pytest.mark.parametrize(
    ("given", "codec", "name"),
    [
        ("cp1250", "cp1250", "cp1250"),
        ("latin-1", "latin-1", "latin-1"),
        ("GBK", "gbk", "GBK"),
        ("euc-kr", "euc-kr", "euc-kr"),
        ("UTF8", "utf-8-sig", "UTF-8"),
        ("utf-16-le", "utf-16-le", "UTF-16"),
        ("windows-1252", "cp1252", "Windows-1252"),
    ],
)
def test_given_encoding_is_taken(tmp_path, given, codec, name):
    header = {"cp1250": "Množství", "gbk": "值", "euc-kr": "판매량"}.get(codec, "Größe")
    path = tmp_path / "a.csv"
    path.write_bytes((f"ds,{header}\n" + ROWS).encode(codec))
    table = read_table(path, encoding=given)
    assert (table.target_col, table.encoding, table.is_encoding_guessed) == (header, name, False)
    assert list(read_source(path, encoding=given).frame.columns) == ["ds", header]


@pytest.mark.parametrize("given", ["nonsense", "", "utf9", "base64", "rot13", "a\0b", 8])
def test_unknown_encoding(tmp_path, given):
    path = tmp_path / "a.csv"
    path.write_text("ds,y\n" + ROWS)
    with pytest.raises(ConfigError, match="`encoding` must be the name of a text encoding") as error:
        read_table(path, encoding=given)
    assert "\n" not in str(error.value)


def test_unknown_encoding_suggests_the_nearest():
    with pytest.raises(ConfigError, match="Did you mean `encoding='cp1252'`"):
        decode(b"y", "a.csv", "cp12522")


@pytest.mark.parametrize(
    ("content", "given", "parts"),
    [
        ("ds,y\n2024-01-01,1\n\nGröße\n".encode("cp1252"), "utf-8", ["byte 0xF6 in line 4", "UTF-8", "encoding="]),
        (b"ds,y\r\n2024-01-01,1\r\n\x81\r\n", "cp1252", ["byte 0x81 in line 3", "Windows-1252"]),
        (b"ds,y\r2024-01-01,1\r\x81\r", "cp1252", ["byte 0x81 in line 3", "Windows-1252"]),
        ("日期,y\n".encode("gbk") + b"2024-01-01,\xff\n", "gbk", ["byte 0xFF in line 2", "gbk"]),
        (b"ds,y\n2024\n1", "utf-16", ["utf-16", "line"]),
        # What was found by itself, and then does not fit to the end.
        ("Größe,Länge\näöü,1\n".encode() + b"\xe4,2\n", None, ["byte 0xE4 in line 3", "UTF-8"]),
        ("日期,销量\n时间,1\n".encode("gbk") + b"2024-01-01,\xff\n", None, ["byte 0xFF in line 3", "GB18030"]),
    ],
)
def test_bytes_that_do_not_fit(content, given, parts):
    with pytest.raises(DataError) as error:
        decode(content, "a.csv", given)
    message = str(error.value)
    assert not [part for part in parts if part.lower() not in message.lower()], message
    assert message.startswith("'a.csv' holds the byte")
    assert "\n" not in message


def test_detection_is_imported_for_other_files_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    assert decode("ds,Größe\n".encode(), "a.csv").text == "ds,Größe\n"
    with pytest.raises(ImportError):
        decode("ds,Продажи\n".encode("cp1251"), "a.csv")


def test_korean_headers_are_no_chinese(tmp_path):
    (tmp_path / "a.csv").write_bytes("날짜,매출\n2024-01-01,1\n2024-01-02,2\n".encode("cp949"))
    table = read_table(tmp_path / "a.csv")
    assert (table.encoding, table.time_col, table.target_col) == ("EUC-KR", "날짜", "매출")
