"""Is every model file that was ever kept still read, and does it forecast what it forecast then?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatecast import LSTMForecaster, ModelFileError
from gatecast._files import read_tensors, write_tensors
from gatecast.model import modelfile, upgrades
from gatecast.model.modelfile import FORMAT, KEY
from gatecast.model.upgrades import OLDEST, STEPS, upgrade
from golden.write_models import FOLDER, KINDS, STATE, answers, codes, write

FILES = sorted(FOLDER.glob("format*/*.safetensors"))
NEWEST = FOLDER / f"format{FORMAT}"


def named(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def assert_alike(found: Any, expected: Any) -> None:
    """Compare answers: texts exactly, numbers within what another order of float32 arithmetic makes of them."""
    if isinstance(expected, dict):
        assert list(found) == list(expected)
        for name in expected:
            assert_alike(found[name], expected[name])
    elif isinstance(np.ravel(expected)[0], np.str_):
        assert found == expected
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_kept_file_forecasts_what_it_did(path: Path) -> None:
    kept = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    model = LSTMForecaster.load(path)
    assert_alike(answers(model, kept["asked"]), kept["answers"])


@pytest.mark.parametrize("path", sorted(FOLDER.glob(f"format*/{STATE}")), ids=lambda path: path.parent.name)
def test_a_stream_goes_on_from_a_kept_state(path: Path) -> None:
    kept = json.loads((path.parent / "default.json").read_text(encoding="utf-8"))
    stream = LSTMForecaster.load(path.parent / "default.safetensors").stream("a", state=path.read_bytes())
    assert_alike(stream.update(12.0).tolist(), kept["after state"])


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_kept_file_is_saved_in_the_newest_format(path: Path, tmp_path: Path) -> None:
    LSTMForecaster.load(path).save(tmp_path / "again")
    _, facts, checksum = read_tensors(tmp_path / "again", KEY)
    assert checksum is not None
    assert facts["format"] == FORMAT
    if path.parent == NEWEST:
        # a header or array that changed without another number would differ
        assert (tmp_path / "again").read_bytes() == path.read_bytes()


def test_files_of_every_format_since_the_oldest_are_kept() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}
    wanted = {f"format{number}" for number in range(OLDEST, FORMAT + 1)}
    assert folders == wanted, "after FORMAT was raised: PYTHONPATH=src:tests python tests/golden/write_models.py"
    assert {path.stem for path in NEWEST.glob("*.safetensors")} == set(KINDS)


def test_there_is_a_step_from_every_older_format() -> None:
    assert sorted(STEPS) == list(range(OLDEST, FORMAT))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("format*/codes.json")), ids=lambda path: path.parent.name)
def test_messages_of_kept_records_can_still_be_said(path: Path) -> None:
    known = codes()
    kept = json.loads(path.read_text(encoding="utf-8"))
    # a message that is gone, or that names facts which older records do not have, would make their files unreadable
    assert [code for code in kept if code not in known] == []
    assert [code for code, facts in kept.items() if not set(known[code]) <= set(facts)] == []


PAGE = Path(__file__).parents[2] / "docs" / "model-format.md"


@pytest.mark.parametrize("kind", KINDS)
def test_the_specification_names_all_that_a_file_holds(kind: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    tensors, facts, _ = read_tensors(NEWEST / f"{kind}.safetensors", KEY)
    model = facts["model"]
    record, after, encoder = model["record"], model["after"], model["encoder"] or {}
    keys = [*facts, *model, *model["spec"], *model["spec"]["stack"][0], *model["loss"], *model["recent"], *encoder]
    keys += [*encoder.get("future_numbers", [{}])[0], *after, *after["columns"], *record]
    keys += [*record["value_inputs"], *record["seasons"]]
    assert [key for key in keys if f"`{key}`" not in page] == []
    arrays = [name for name in tensors if not name.startswith(("members.", "transform."))]
    assert [name for name in arrays if f"`{name}`" not in page] == []
    learned = [name.removeprefix("transform.") for name in tensors if name.startswith("transform.")]
    assert [name for name in learned if f"`{name}`" not in page] == []
    assert f"**{FORMAT}** today" in page
    assert f"| {FORMAT} |" in page


def test_kept_files_are_small() -> None:
    assert max(path.stat().st_size for path in FILES) < 20_000


@pytest.mark.skipif(
    int(pd.__version__.split(".")[0]) >= 3, reason="pandas 3 has other types of times and texts, and files note them"
)
def test_a_file_that_is_written_today_is_the_kept_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # weights may differ in their last bits on another processor; what a file holds does not
    monkeypatch.setattr("golden.write_models.KINDS", {kind: KINDS[kind] for kind in ("default", "pretrained")})
    write(tmp_path)
    for kind in ("default", "pretrained"):
        (new, facts, _), (old, kept, _) = (
            read_tensors(folder / f"{kind}.safetensors", KEY) for folder in (tmp_path, NEWEST)
        )
        shapes, kept_shapes = ({name: (a.shape, a.dtype) for name, a in arrays.items()} for arrays in (new, old))
        assert shapes == kept_shapes
        assert facts["settings"] == kept["settings"]
        assert places(facts) == places(kept)


def places(facts: Any, at: str = "") -> set[str]:
    """Name every fact, without those of lists."""
    if not isinstance(facts, dict):
        return {at}
    return {at}.union(*(places(fact, f"{at}.{name}") for name, fact in facts.items()))


def renamed(tensors: dict[str, Any], facts: dict[str, Any]) -> None:
    """A step: what was called `breadth` is called `widening`."""
    facts["model"]["widening"] = facts["model"].pop("breadth")


def moved(tensors: dict[str, Any], facts: dict[str, Any]) -> None:
    """A step: what was called `series.center` is called `scaling.center`."""
    tensors["scaling.center"] = tensors.pop("series.center")


def test_steps_are_taken_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrades, "STEPS", {3: renamed, 4: moved})
    tensors, facts = {"series.center": np.ones(1)}, {"format": 3, "model": {"breadth": 2.0}}
    upgrade(3, 5, tensors, facts)
    assert facts == {"format": 5, "model": {"widening": 2.0}}
    assert list(tensors) == ["scaling.center"]
    upgrade(5, 5, tensors, facts)
    assert facts["format"] == 5


@pytest.fixture
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a format two steps before today's, as one would be whose header and arrays had other names."""
    monkeypatch.setattr(modelfile, "OLDEST", FORMAT - 2)
    monkeypatch.setattr(upgrades, "STEPS", {FORMAT - 2: renamed, FORMAT - 1: moved})
    tensors, facts, _ = read_tensors(NEWEST / "default.safetensors", KEY)
    facts["model"]["breadth"] = facts["model"].pop("widening")
    tensors["series.center"] = tensors.pop("scaling.center")
    write_tensors(tmp_path / "older", KEY, tensors, {**facts, "format": FORMAT - 2})
    return tmp_path / "older"


def test_a_file_of_an_older_format_is_read(older: Path, tmp_path: Path) -> None:
    LSTMForecaster.load(older).save(tmp_path / "newer")
    assert (tmp_path / "newer").read_bytes() == (NEWEST / "default.safetensors").read_bytes()


def test_a_step_that_finds_no_such_header_is_no_model(older: Path) -> None:
    tensors, facts, _ = read_tensors(older, KEY)
    write_tensors(older, KEY, tensors, {**facts, "model": {}})
    with pytest.raises(ModelFileError, match="is no model that LSTMForecaster.save wrote"):
        LSTMForecaster.load(older)


def test_a_damaged_file_of_an_older_format_is_found(older: Path) -> None:
    content = bytearray(older.read_bytes())
    content[-1] ^= 1
    older.write_bytes(content)
    with pytest.raises(ModelFileError, match="its checksum does not match"):
        LSTMForecaster.load(older)
