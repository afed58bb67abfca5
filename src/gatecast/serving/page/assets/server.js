// Asks the server, in the language of the page; a token is asked for where the server wants one.
const KEY = "gatecast-token";
const dialog = document.getElementById("token-dialog");

export class Problem extends Error {
  constructor(detail, field, code) { super(detail); this.field = field; this.code = code || ""; }
}

function headers() {
  const token = sessionStorage.getItem(KEY);
  const known = { "Accept-Language": document.documentElement.lang };
  return token ? { ...known, Authorization: "Bearer " + token } : known;
}

function askToken() {
  return new Promise((resolve) => {
    const input = document.getElementById("token");
    input.value = "";
    dialog.addEventListener("close", () => {
      const isGiven = dialog.returnValue === "ok" && input.value.trim() !== "";
      if (isGiven) { sessionStorage.setItem(KEY, input.value.trim()); }
      input.value = "";
      resolve(isGiven);
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  });
}

export async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, headers: headers() });
  if (answer.status === 401 && await askToken()) { return ask(path, options); }
  if (answer.ok) { return answer; }
  const problem = await answer.json().catch(() => ({ detail: answer.statusText }));
  throw new Problem(problem.detail, problem.field, problem.code);
}

export async function askJson(path, options) {
  return (await ask(path, options)).json();
}
