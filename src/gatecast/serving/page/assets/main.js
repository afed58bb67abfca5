// What happens on the page: a file comes in, the server says what it understood and what comes next.
import { ask, askJson, Problem } from "./server.js";
import { clearProblems, fillColumns, fillFacts, formOf, showProblem } from "./form.js";
import { drawForecast, saveText } from "./forecast.js";

const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
const status = byId("status");
// the file that is looked at; its newest answer; and a number that tells an older answer from the newest
let file = null, forecast = null, turn = 0;

function say(text) { status.textContent = text; }

async function look() {
  const mine = ++turn;
  clearProblems();
  say(texts.reading.replace("{name}", file.name));
  try {
    const answer = await askJson("/page/look", { method: "POST", body: formOf(file) });
    if (mine === turn) { await show(answer); }
  } catch (error) {
    if (mine === turn) { fail(error); }
  }
}

function fail(error) {
  const isTold = error instanceof Problem;
  byId("made").hidden = true;
  say(texts.failed);
  showProblem(isTold ? error.message : texts.server, isTold ? error.field : "file");
}

async function show(answer) {
  fillColumns(answer.columns, answer.found, texts);
  fillFacts(answer.facts);
  byId("understanding").hidden = answer.columns.length === 0 && answer.facts.length === 0;
  byId("result").hidden = byId("made").hidden = answer.forecast === null;
  forecast = answer.forecast;
  if (answer.problem) {
    say(texts.failed);
    showProblem(answer.problem.detail, answer.problem.field);
    return;
  }
  await drawForecast(forecast, answer.notes);
  say(texts.ready.replace("{n}", forecast.horizon).replace("{name}", file.name));
}

function take(newer) {
  file = newer;
  byId("corrections").reset();
  for (const id of ["time_col", "target_col", "id_col", "series"]) { byId(id).replaceChildren(); }
  byId("result").hidden = byId("understanding").hidden = true;
  look();
}

byId("file").addEventListener("change", (event) => {
  if (event.target.files.length) { take(event.target.files[0]); }
});
byId("corrections").addEventListener("submit", (event) => { event.preventDefault(); look(); });
byId("series").addEventListener("change", look);
byId("download").addEventListener("click", () => {
  saveText(forecast.csv, file.name.replace(/\.[^.]*$/, "") + "-forecast.csv");
});
for (const button of document.querySelectorAll("[data-example]")) {
  button.addEventListener("click", async () => {
    const name = button.dataset.example;
    try {
      const answer = await ask("/page/examples/" + name);
      take(new File([await answer.blob()], name + ".csv", { type: "text/csv" }));
    } catch (error) { fail(error); }
  });
}

// a file may be dropped anywhere on the page
const drop = byId("drop");
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) { drop.classList.remove("over"); } });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (event.dataTransfer.files.length) { take(event.dataTransfer.files[0]); }
});
