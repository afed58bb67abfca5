// The form in which is corrected what was not understood: columns, frequency, steps; and where problems stand.
const COLUMNS = ["time_col", "target_col", "id_col"];
const byId = (id) => document.getElementById(id);

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

export function fillColumns(names, found, texts) {
  for (const id of COLUMNS) {
    const select = byId(id), chosen = select.value;
    const here = found && found[id] ? found[id] : texts.none;
    const usual = found && !chosen ? texts.found.replace("{name}", here) : texts.auto;
    select.replaceChildren(option("", usual), ...names.map((name) => option(name, name)));
    select.value = names.includes(chosen) ? chosen : "";
  }
}

export function fillFacts(facts) {
  byId("facts").replaceChildren(...facts.flatMap(([term, said]) => {
    const name = document.createElement("dt"), text = document.createElement("dd");
    name.textContent = term;
    text.textContent = said;
    return [name, text];
  }));
}

export function formOf(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  for (const control of byId("corrections").elements) {
    if (!control.name || control.value.trim() === "") { continue; }
    const isList = control.name === "level" || control.name === "na";
    const values = isList ? control.value.split(",") : [control.value];
    values.forEach((value) => form.append(control.name, value.trim()));
  }
  if (byId("series").value) { form.append("series", byId("series").value); }
  return form;
}

export function settings() {
  const named = [...byId("corrections").elements].filter((control) => control.name);
  return Object.fromEntries([...named, byId("series")].map((control) => [control.id, control.value]));
}

// What was set on another page: a column can be chosen before it is known that the file has it.
export function setAgain(values) {
  for (const [id, value] of Object.entries(values)) {
    const control = byId(id);
    if (control.tagName === "SELECT" && ![...control.options].some((one) => one.value === value)) {
      control.append(option(value, value));
    }
    control.value = value;
  }
}

export function levels() { return byId("level").value.split(","); }

export function clearProblems() {
  for (const place of document.querySelectorAll(".problem")) { place.hidden = true; place.textContent = ""; }
  for (const control of document.querySelectorAll("[aria-invalid]")) { control.removeAttribute("aria-invalid"); }
}

// A problem stands beside the control that can mend it, and that control gets the focus.
export function showProblem(text, field) {
  const known = byId(field + "-problem") && !byId("understanding").hidden ? field : "file";
  const place = byId(known + "-problem"), control = byId(known);
  if (byId("writing").contains(control)) { byId("writing").open = true; }
  place.textContent = text;
  place.hidden = false;
  control.setAttribute("aria-invalid", "true");
  control.focus();
}
