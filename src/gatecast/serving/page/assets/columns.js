// What further columns are to a network that is trained: nothing, known up to now, known ahead, or the same throughout.
const byId = (id) => document.getElementById(id);
const ROLES = ["past", "future", "static"];
const MOST = 60;

function field(name, n, texts) {
  const made = document.createElement("div"), label = document.createElement("label"), select = document.createElement("select");
  made.className = "field";
  select.id = label.htmlFor = "column-" + n;
  select.dataset.column = name;
  label.textContent = texts.of.replace("{name}", () => name);
  for (const role of ["", ...ROLES]) { select.append(new Option(texts[role || "none"], role)); }
  made.append(label, select);
  return made;
}

export function roles() {
  const chosen = [...byId("columns").querySelectorAll("select")].filter((select) => select.value);
  return Object.fromEntries(chosen.map((select) => [select.dataset.column, select.value]));
}

// The columns that are neither time nor target nor name of a series; what was chosen of one stays chosen.
export function fillRoles(names, found, texts, known = roles()) {
  const used = Object.values(found || {});
  const others = names.filter((name) => !used.includes(name)).slice(0, MOST);
  byId("columns").replaceChildren(...others.map((name, n) => field(name, n, texts)));
  for (const select of byId("columns").querySelectorAll("select")) { select.value = known[select.dataset.column] || ""; }
  byId("columns-part").hidden = others.length === 0;
}

// As the settings of a training name them.
export function roleSettings() {
  const found = {};
  for (const [name, role] of Object.entries(roles())) { (found[role] ||= []).push(name); }
  return found;
}
