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
