// What happens on the page: a file comes in, the server says what it understood and what comes next.
import { ask, askJson, Problem } from "./server.js";
import { fillRoles, roles } from "./columns.js";
import { clearProblems, fillColumns, fillFacts, formOf, levels, setAgain, settings, showProblem } from "./form.js";
import { drawForecast, saveText } from "./forecast.js";
import { addError, showErrors } from "./errors.js";
import { leave, taken } from "./handover.js";
import { cancel, downloadReport, goOn, running, showTrained, train } from "./training.js";

const byId = (id) => document.getElementById(id);
const texts = JSON.parse(byId("texts").textContent);
// the file that is looked at, its newest forecast, the model that was trained of it, and a number that tells the newest
// question from older ones, whose answers are not shown any more; what is known ahead may stand in a file of its own
let file = null, forecast = null, model = null, future = null, turn = 0;

// what columns are, as another page has left it
let handed = null;

function say(text) { byId("status").textContent = text; }
function sayTraining(text) { byId("train-status").textContent = text; }

async function look() {
  const mine = ++turn;
  const isNewest = () => mine === turn;
  clearProblems();
  say(texts.reading.replace("{name}", file.name));
  try {
    const answer = await askJson("/page/look", { method: "POST", body: formOf(file) });
    if (!isNewest()) { return; }
    await show(answer);
    if (answer.forecast) { await showErrors(file, texts.errors, isNewest).catch((error) => failErrors(error, isNewest)); }
  } catch (error) {
    if (isNewest()) { fail(error); }
  }
}

function fail(error) {
  const isTold = error instanceof Problem;
  byId("result").hidden = byId("training").hidden = true;
  say(texts.failed);
  showProblem(isTold ? error.message : texts.server, isTold ? error.field : "file");
}

// the forecast stays where only its errors could not be found
function failErrors(error, isNewest) {
  if (!isNewest()) { return; }
  byId("errors").hidden = false;
  byId("error-table").hidden = true;
  byId("errors-about").textContent = error instanceof Problem ? error.message : texts.server;
}

async function show(answer) {
  fillColumns(answer.columns, answer.found, texts);
  fillRoles(answer.columns, answer.found, texts.columns, handed || undefined);
  handed = null;
  fillFacts(answer.facts);
  byId("facts").hidden = answer.facts.length === 0;
  byId("not-yet").hidden = answer.facts.length > 0;
  byId("understanding").hidden = answer.columns.length === 0 && answer.facts.length === 0;
  byId("result").hidden = byId("training").hidden = answer.forecast === null;
  if (answer.problem) {
    say(texts.failed);
    showProblem(answer.problem.detail, answer.problem.field);
    return;
  }
  await showForecast(answer);
  say(texts.ready.replace("{n}", forecast.horizon).replace("{name}", file.name));
}

async function showForecast(answer) {
  forecast = answer.forecast;
  byId("maker").textContent = model === null ? texts.pretrained : texts.trained;
  await drawForecast(forecast, answer.notes);
}

function take(newer) {
  file = newer;
  model = future = null;
  byId("columns").replaceChildren();
  byId("corrections").reset();
  for (const id of ["time_col", "target_col", "id_col", "series"]) { byId(id).replaceChildren(); }
  for (const id of ["result", "understanding", "training", "errors", "trained", "curve", "future-part"]) { byId(id).hidden = true; }
  byId("writing").open = false;
  sayTraining("");
  look();
}

async function showModel() {
  const asked = new FormData(), path = "/page/models/" + model;
  levels().forEach((level) => asked.append("level", level));
  if (byId("series").value) { asked.append("series", byId("series").value); }
  if (future) { asked.append("future_file", future, future.name); }
  const answer = await askJson(...(future ? [path, { method: "POST", body: asked }] : [path + "?" + new URLSearchParams(asked)]));
  byId("future-part").hidden = true;
  await showForecast({ forecast: answer, notes: answer.notes });
  if (answer.error) { addError(answer.error); }
  await showTrained(answer);
}

function trainNow() { return showMade(train(file, forecast, texts.training, sayTraining)); }

async function showMade(training) {
  try {
    const mine = turn, made = await training;
    if (made === null || mine !== turn) { return; }
    model = made;
  } catch (error) {
    failTraining(error);
    return;
  }
  await showTrainedModel();
}

async function showTrainedModel() {
  try {
    await showModel();
    sayTraining(texts.training.done);
    byId("forecast").focus();
  } catch (error) {
    failTraining(error);
    if (error instanceof Problem && error.code.startsWith("ahead.")) {
      byId("future-part").hidden = false;
      byId("future").focus();
    }
  }
}

function failTraining(error) { sayTraining(error instanceof Problem ? error.message : texts.server); }

async function reportNow() {
  const button = byId("report");
  button.disabled = true;
  sayTraining(texts.training.report);
  try {
    await downloadReport(model, document.documentElement.lang.slice(0, 2));
    sayTraining("");
  } catch (error) {
    failTraining(error);
  } finally { button.disabled = false; }
}

// the other language is another page, which goes on with what is here
async function changeLanguage(event) {
  if (file === null) { return; }
  event.preventDefault();
  await leave({ file, model, training: running(), future, roles: roles(), settings: settings() }).catch(() => {});
  window.location.assign(event.target.href);
}

async function goOnHere() {
  const held = await taken().catch(() => undefined);
  if (!held || file !== null) { return; }
  file = held.file;
  const chosen = new DataTransfer();
  chosen.items.add(file);
  byId("file").files = chosen.files;
  setAgain(held.settings);
  future = held.future;
  handed = held.roles;
  await look();
  if (held.training !== null) { await showMade(goOn(held.training, texts.training, sayTraining)); }
  if (held.model !== null && model === null) {
    model = held.model;
    await showTrainedModel();
  }
}

byId("file").addEventListener("change", (event) => {
  if (event.target.files.length) { take(event.target.files[0]); }
});
byId("corrections").addEventListener("submit", (event) => { event.preventDefault(); model = null; byId("trained").hidden = true; look(); });
byId("series").addEventListener("change", () => (model === null ? look() : showModel()));
byId("other-language").addEventListener("click", changeLanguage);
byId("train-start").addEventListener("click", trainNow);
byId("train-cancel").addEventListener("click", cancel);
byId("future").addEventListener("change", (event) => {
  if (event.target.files.length) { future = event.target.files[0]; showTrainedModel(); }
});
byId("report").addEventListener("click", reportNow);
byId("download").addEventListener("click", () => {
  saveText(forecast.csv, file.name.replace(/\.[^.]*$/, "") + "-forecast.csv", "text/csv");
});
for (const button of document.querySelectorAll("[data-example]")) {
  button.addEventListener("click", async () => {
    const name = button.dataset.example;
    try {
      const answer = await ask("/page/examples/" + name);
      byId("file").value = "";
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
  if (event.dataTransfer.files.length) { byId("file").value = ""; take(event.dataTransfer.files[0]); }
});

goOnHere();
