"""Are several columns of ids taken, and given back as they came, on the command line?"""

import pandas as pd
import pytest

KEYS = ["region", "shop", "ds"]


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """Write four series, named by a region and a number with leading zeros."""
    days = pd.date_range("2024-01-01", periods=24)
    rows = [(r, s, day.date(), t % 7) for r in ("north", "south") for s in ("01", "02") for t, day in enumerate(days)]
    path = tmp_path_factory.mktemp("shops") / "shops.csv"
    pd.DataFrame(rows, columns=[*KEYS, "y"]).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("given", [("--id-col", "region,shop"), ("--id-col", "region", "--id-col", "shop")])
def test_columns_of_ids_are_named_together_or_one_by_one(gatecast, shops, tmp_path, given):
    out = tmp_path / "ahead.csv"
    outcome = gatecast("forecast", shops, "--horizon", 2, "--pretrained", "only", *given, "--out", out)
    assert outcome.code == 0, outcome.err
    ahead = pd.read_csv(out, dtype=str)
    assert list(ahead)[:3] == KEYS
    assert ahead[["region", "shop"]].drop_duplicates().to_numpy().tolist() == [
        ["north", "01"],
        ["north", "02"],
        ["south", "01"],
        ["south", "02"],
    ]
    assert ahead["ds"].tolist()[:2] == ["2024-01-25", "2024-01-26"]
    assert "region" in outcome.out
    assert "north" in outcome.out


def test_a_saved_model_gives_them_back(gatecast, shops, tmp_path):
    model, out = tmp_path / "model.safetensors", tmp_path / "ahead.csv"
    fitted = gatecast(
        *("forecast", shops, "--horizon", 2, "--pretrained", "only", "--id-col", "region,shop", "--save", model)
    )
    assert fitted.code == 0, fitted.err
    for data in ((), (shops,)):
        outcome = gatecast("predict", model, *data, "--out", out)
        assert outcome.code == 0, outcome.err
        assert list(pd.read_csv(out))[:3] == KEYS


def test_a_slip_in_one_of_several_names_is_that_of_its_column(gatecast, tmp_path):
    (tmp_path / "shops.csv").write_text("region,shop,day,y\nN,1,2024-01-01,3\nN,2,2024-01-01,4\n")
    outcome = gatecast("inspect", "shops.csv", "--id-col", "region,shops")
    assert outcome.code == 2
    assert "`--id-col shops` names no column" in outcome.err
    assert "Did you mean 'shop'?" in outcome.err
