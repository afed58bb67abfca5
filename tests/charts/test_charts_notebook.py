"""Do pictures, pages and models show themselves in a real notebook, as the last line of a cell?"""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "fit": (
        "import numpy as np, gatecast\n"
        "from gatecast import charts\n"
        "y = np.sin(np.arange(120) / 4)\n"
        "model = gatecast.LSTMForecaster(4, hidden_size=4, ensemble=1, training=gatecast.Training(epochs=2)).fit(y)\n"
        "model",
        "text/html",
    ),
    "forecast": ("charts.plot_forecast(model, y)", "image/png"),
    "curves": ("charts.learning_curves(model)", "image/png"),
    "heatmap": (
        "gates = model.gates(y)\ncharts.gates_heatmap(gates.times, gates.layers[0]['forget'], 'forget gate')",
        "image/png",
    ),
    "interactive": (
        "from gatecast.charts import interactive\ninteractive.forecast(model, y)",
        "application/vnd.plotly.v1+json",
    ),
    "comparison": (
        # without limits, which would need a process that imports the libraries again
        "models = [gatecast.Naive(4, time_limit=None), gatecast.SeasonalNaive(4, time_limit=None)]\n"
        "found = gatecast.compare(y, 4, models, n_windows=2, progress=False)\n"
        "found",
        "text/html",
    ),
    "board": ("found.board", "text/html"),
    "leaderboard": ("charts.leaderboard(found)", "image/png"),
    "best": (
        "best = gatecast.Naive(4).fit(y)\ncharts.plot_intervals(best, y)",
        "image/png",
    ),
    "report": ("gatecast.report(model, comparison=found)", "text/html"),
    # one that is not the last line, and a window that matplotlib's own way of showing has been chosen for
    "pyplot": ("import matplotlib.pyplot as plt\n%matplotlib inline\ncharts.plot_forecast(model, y)", "image/png"),
}


@pytest.fixture(scope="module")
def ran():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source, _ in CELLS.values()])
    return dict(zip(CELLS, NotebookClient(notebook, timeout=120).execute().cells, strict=True))


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_shows_what_its_last_line_is(ran, cell):
    (output,) = ran[cell].outputs
    assert CELLS[cell][1] in output.data
