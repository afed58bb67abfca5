// The errors on held-back values: those that take no time at once, the slower models one after the other.
import { askJson } from "./server.js";
import { formOf } from "./form.js";
import { fillTable } from "./forecast.js";

const byId = (id) => document.getElementById(id);

function shown(rows, texts) {
  const naive = rows.find((row) => row.model === texts.naive);
  const beside = (row) => {
    if (!naive || !naive.error || row.error === null || row === naive) { return ""; }
    const share = Math.round(100 * (row.error / naive.error - 1));
    return (share > 0 ? "+" : share < 0 ? "−" : "±") + Math.abs(share) + " %";
  };
  const rank = (row) => (row.error === null ? Infinity : row.error);
  const sorted = [...rows].sort((one, other) => rank(one) - rank(other));
  return sorted.map((row) => [row.model, row.said, beside(row)]);
}

// what the table shows, its texts, and the network that was trained, which may be there before the others
let rows = [], texts = null, trained = null;

function draw() {
  fillTable(byId("error-table"), {
    caption: texts.errors, head: [texts.model, texts.error, texts.against], rows: shown(rows, texts)
  });
}

// Puts the network that was trained beside the others.
export function addError(found) {
  trained = found;
  if (rows.length) { putTrained(); }
}

function putTrained() {
  if (trained === null) { return; }
  rows = [...rows.filter((one) => one.model !== trained.row.model), trained.row];
  const place = byId("errors-about");
  if (!place.textContent.includes(trained.about)) { place.append(" " + trained.about); }
  draw();
}

export async function showErrors(file, said, isNewest) {
  rows = [];
  trained = null;
  texts = said;
  const asked = async (model) => {
    const form = formOf(file);
    form.append("model", model);
    return askJson("/page/errors", { method: "POST", body: form });
  };
  byId("errors").hidden = true;
  const first = await asked("");
  if (!isNewest()) { return; }
  byId("errors").hidden = false;
  byId("errors-about").textContent = first.about;
  byId("error-table").hidden = first.rows.length === 0;
  const waiting = first.slower.map(({ label }) => ({ model: label, error: null, said: texts.computing }));
  rows.push(...first.rows, ...waiting);
  draw();
  putTrained();
  for (const [n, { model, label }] of first.slower.entries()) {
    const row = await asked(model).then((found) => found.rows[0], () => ({ model: label, error: null, said: "–" }));
    if (!isNewest()) { return; }
    rows = rows.map((one) => (one === waiting[n] ? row : one));
    draw();
  }
}
