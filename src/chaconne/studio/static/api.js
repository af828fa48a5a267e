// Talking to the server, and telling people what it said.

export async function get(path) { return answer(await fetch(path)); }

export async function post(path, body = {}) {
  const raw = body instanceof Blob;
  return answer(await fetch(path, { method: "POST", headers: { "X-Chaconne": "1" }, body: raw ? body : JSON.stringify(body) }));
}

async function answer(response) {
  let said;
  try { said = await response.json(); } catch { said = { error: `the studio answered ${response.status}` }; }
  if (!response.ok) throw new Error(said.error);
  return said;
}

export const find = (id) => document.getElementById(id);

// make("p", { class: "quiet" }, "text", child): text from outside becomes text, never HTML.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// Run work; what goes wrong is told in the notice, the page lives on.
export async function careful(work, where = find("notice")) {
  try {
    if (where === find("notice")) where.hidden = true;
    return await work();
  } catch (error) {
    const lost = error instanceof TypeError;
    where.textContent = lost ? "The studio does not answer. Is `chaconne studio` still running?" : error.message;
    where.hidden = false;
    where.classList.add("bad");
    return null;
  }
}
