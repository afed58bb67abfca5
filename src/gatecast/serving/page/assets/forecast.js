// Shows a forecast: its chart, its message in words, its numbers and how it was made.
const byId = (id) => document.getElementById(id);
// all scripts of the page, the drawing library too, have run by then
const loaded = new Promise((resolve) => {
  if (window.Plotly) { resolve(); } else { document.addEventListener("DOMContentLoaded", resolve, { once: true }); }
});
let shown = null;

export async function drawForecast(forecast, notes) {
  shown = forecast.chart;
  byId("chart").setAttribute("aria-label", shown.message);
  byId("message").textContent = shown.message;
  fillSeries(forecast);
  fillTable(byId("numbers"), forecast.table);
  byId("decisions").replaceChildren(...[...notes, ...forecast.decisions].map((text) => element("li", text)));
  await loaded;
  await draw();
}

async function draw() {
  if (shown) { await gatecastCharts.draw(byId("chart"), shown, false); }
}

function fillSeries(forecast) {
  const select = byId("series");
  byId("series-field").hidden = forecast.n_series < 2;
  if (forecast.n_series < 2) { select.replaceChildren(); return; }
  select.replaceChildren(...forecast.series.map((name) => {
    const made = element("option", name);
    made.value = name;
    return made;
  }));
  select.value = forecast.shown;
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

export function fillTable(table, { caption, head, rows }) {
  table.caption.textContent = caption;
  const titles = document.createElement("tr");
  titles.append(...head.map((text) => Object.assign(element("th", text), { scope: "col" })));
  table.tHead.replaceChildren(titles);
  table.tBodies[0].replaceChildren(...rows.map((cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map((text, n) => n ? element("td", text) : Object.assign(element("th", text), { scope: "row" })));
    return row;
  }));
}

export function saveText(text, name, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

gatecastCharts.prefersDark.addEventListener("change", draw);
