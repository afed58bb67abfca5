"""Does the command line say how it understood a file?"""

import pytest

from gatecast.cli.output import Printer
from gatecast.cli.reading import say_table
from gatecast.data.reading.files import read_table


@pytest.mark.parametrize(
    ("codec", "said"), [("cp1252", "Windows-1252 (guessed from its characters)"), ("utf-8", "CSV, UTF-8, cells")]
)
def test_encoding_is_said(tmp_path, capsys, codec, said):
    path = tmp_path / "sizes.csv"
    path.write_bytes("ds,Größe\n2024-01-01,1\n2024-01-02,2\n".encode(codec))
    say_table(Printer(shown=True), read_table(path))
    assert said in capsys.readouterr().out


def test_encoding_that_is_named_is_taken(gatecast, tmp_path):
    rows = "".join(f"2024-{month:02d}-01,{month}\n" for month in range(1, 13))
    (tmp_path / "sales.csv").write_bytes(f"日期,銷量\n{rows}".encode("big5"))
    arguments = ("sales.csv", "--horizon", 2, "--epochs", 1, "--test-size", 0, "--json")
    assert gatecast("forecast", *arguments, "--encoding", "latin-1").json["data"]["target_col"] == "¾P¶q"
    outcome = gatecast("forecast", *arguments, "--encoding", "utf-9")
    assert outcome.code == 2
    assert "`--encoding` must be" in outcome.err
