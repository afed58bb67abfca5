// Trains a model of the table: a live loss curve, the time left, cancel, and what came of it.
import { ask, askJson } from "./server.js";
import { roleSettings } from "./columns.js";
import { formOf } from "./form.js";
import { saveText } from "./forecast.js";

const byId = (id) => document.getElementById(id);
const DRAW_MS = 250;
// the training that goes on, and whether it is to be cancelled, which may be asked before the server has named it
let job = null, isCancelled = false, jobName = "";

function modelName(file) {
  const stem = file.name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_-]/g, "").slice(0, 60).replace(/^[^A-Za-z0-9]+/, "");
  const mark = [...crypto.getRandomValues(new Uint8Array(3))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return (stem || "table") + "-" + mark;
}

// What the server needs to train: the columns and the writing as they stand in the form, and the settings.
function request(file, name, forecast) {
  const form = formOf(file);
  const seasons = form.get("season_length");
  for (const field of ["level", "season_length", "series", "horizon"]) { form.delete(field); }
  const settings = { pretrained: "none", max_seconds: Number(byId("train-seconds").value), ...roleSettings() };
  if (seasons) { settings.season_length = Number(seasons); }
  form.append("name", name);
  form.append("horizon", forecast.horizon);
  form.append("settings", JSON.stringify(settings));
  return form;
}

// Reads server-sent events from a request that may carry a token, which an EventSource cannot.
async function* events(path) {
  const reader = (await ask(path)).body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) { return; }
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const lines = part.split("\n");
      const of = (name) => lines.filter((line) => line.startsWith(name + ": ")).map((line) => line.slice(name.length + 2)).join("\n");
      if (of("data")) { yield { kind: of("event"), facts: JSON.parse(of("data")) }; }
    }
  }
}

class Curve {
  constructor(texts) {
    this.texts = texts;
    this.lines = { loss: { x: [], y: [] }, validation: { x: [], y: [] } };
    this.offset = 0; this.last = null; this.began = performance.now(); this.drawn = 0;
  }

  add(point) {
    if (this.last && point.network !== this.last.network) {
      this.offset += this.last.step;
      this.began = performance.now();
      for (const line of Object.values(this.lines)) { line.x.push(null); line.y.push(null); }
    }
    this.last = point;
    const put = (line, value) => { line.x.push(this.offset + point.step); line.y.push(value); };
    if (point.loss !== undefined) { put(this.lines.loss, point.loss); }
    if (point.validation_loss !== undefined) { put(this.lines.validation, point.validation_loss); }
    if (performance.now() - this.drawn > DRAW_MS) { this.draw(); }
  }

  secondsLeft() {
    const passed = (performance.now() - this.began) / 1000;
    return Math.ceil(passed * (this.last.n_steps / this.last.step - 1));
  }

  draw() {
    this.drawn = performance.now();
    const line = (values, name, role) => ({
      type: "scatter", mode: "lines", x: [...values.x], y: [...values.y], name, showlegend: true,
      line: { color: role, width: 1.6 }, hovertemplate: "%{y:.4~g}"
    });
    const layout = { height: 260, xaxis: { title: { text: this.texts.step } }, yaxis: { title: { text: this.texts.loss } } };
    const data = [line(this.lines.loss, this.texts.loss, "@model"), line(this.lines.validation, this.texts.validation, "@contrast")];
    byId("curve").hidden = false;
    return gatecastCharts.draw(byId("curve-plot"), { data, layout }, false);
  }
}

export function running() { return job === null ? null : { job, name: jobName }; }

// Returns the name of the model, or null where there is none.
export function train(file, forecast, texts, say) {
  const name = modelName(file);
  isCancelled = false;
  byId("trained").hidden = true;
  say(texts.preparing);
  return untilEnded(name, texts, say, async () => {
    job = (await askJson("/v1/models", { method: "POST", body: request(file, name, forecast) })).id;
    if (isCancelled) { await cancel(); }
  });
}

export function goOn(begun, texts, say) { return untilEnded(begun.name, texts, say, async () => { job = begun.job; }); }

async function untilEnded(name, texts, say, begin) {
  setRunning(true);
  try {
    await begin();
    jobName = name;
    const ended = await follow(texts, say);
    if (ended.state === "done") { return name; }
    say(ended.state === "cancelled" ? texts.cancelled : texts.broken + " " + ((ended.error && ended.error.sentence) || ""));
    return null;
  } finally {
    job = null;
    setRunning(false);
  }
}

async function follow(texts, say) {
  const curve = new Curve(texts);
  let state = { state: "waiting" };
  for await (const { kind, facts } of events("/v1/jobs/" + job + "/events")) {
    if (kind === "state") {
      state = facts;
      if (facts.state === "waiting") { say(texts.waiting); }
      if (facts.state === "running") { say(texts.preparing); }
      continue;
    }
    curve.add(facts);
    const values = { network: facts.network + 1, step: facts.step, n: facts.n_steps, left: curve.secondsLeft() };
    byId("train-left").textContent = texts.running.replace(/\{(\w+)\}/g, (_, key) => values[key]);
  }
  if (curve.last) { await curve.draw(); }
  byId("train-left").textContent = "";
  return state;
}

export async function cancel() {
  isCancelled = true;
  if (job) { await ask("/v1/jobs/" + job, { method: "DELETE" }); }
}

function setRunning(isRunning) {
  byId("train-start").disabled = isRunning;
  byId("train-cancel").hidden = !isRunning;
  if (isRunning) { byId("train-cancel").focus(); } else { byId("train-start").focus(); }
}

// What the trained network remembers: its charts with their messages.
export async function showTrained(answer) {
  const figures = Object.entries(answer.figures);
  byId("memory").replaceChildren();
  byId("learned").replaceChildren();
  byId("memory-part").hidden = figures.every(([name]) => name === "training");
  byId("trained").hidden = false;
  for (const text of answer.remembered) { byId("memory").append(element("p", text)); }
  for (const [name, chart] of figures) {
    const figure = document.createElement("figure"), place = element("div", ""), told = element("figcaption", chart.message);
    place.className = "plot";
    place.id = "figure-" + name;
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", chart.message);
    figure.append(place, told);
    byId(name === "training" ? "learned" : "memory").append(figure);
    await gatecastCharts.draw(place, chart, false);
  }
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

export async function downloadReport(name, lang) {
  const answer = await ask("/v1/models/" + name + "/report?lang=" + lang);
  saveText(await answer.text(), name + "-report.html", "text/html");
}
