// Deeds of an open page whose link may be gone: a tick, a skip or a note goes through the same
// outbox as on the offline pages, is shown as waiting, and arrives once. Without this script the
// forms are ordinary forms.
import { clockTime } from "./dom.js";
import { get } from "./store.js";
import { deedsInHand, hold, sendAtOnce, state } from "./sync.js";

const page = document.getElementById("deeds");
const words = JSON.parse(page?.dataset.words || "{}");
const person = Number(page?.dataset.person);
const ANSWER_WITHIN = 20000;
const said = (name, ...values) => values.reduce((text, value) => text.replace("%s", value), words[name] ?? name);
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
const toast = (text) => document.dispatchEvent(new CustomEvent("siaga:toast", { detail: { text } }));

const payloadOf = (form) => {
  const payload = {};
  for (const [name, value] of new FormData(form)) {
    if (["note", "chosen", "reason", "text"].includes(name) && value.trim()) payload[name] = value.trim();
  }
  return form.dataset.deed === "propose" ? { ...payload, what: form.dataset.what } : payload;
};

const take = async (form, payload) => {
  const name = form.elements.op_id.value || null;
  const run = { id: Number(form.dataset.run), version: Number(form.dataset.version), cursor: 0 };
  const step = form.dataset.step ? { id: Number(form.dataset.step) } : null;
  const operation = await hold(form.dataset.deed, run, step, payload, { person, name });
  form.elements.op_id.value = ""; // the next deed of this form gets a name of its own
  if (!step) {
    form.reset();
    localStorage.removeItem(`siaga-draft:${form.dataset.draft}`);
  }
  document.dispatchEvent(new CustomEvent("siaga:deeds", { detail: [] }));
  return operation;
};

// What takes a person online (a decision, a second person) goes the ordinary way while there is an
// answer; without one it waits as a proposal under the same name, so that it counts once.
const askFirst = async (form) => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN);
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new FormData(form), redirect: "manual", signal: abort.signal,
    });
    return answer.type === "opaqueredirect" || (answer.status < 500 && answer.status !== 423);
  } catch { return false; } finally { clearTimeout(timer); }
};

const send = async (form) => {
  const payload = payloadOf(form);
  if (form.dataset.deed === "propose") {
    form.querySelector("button").disabled = true;
    if (await askFirst(form)) location.reload();
    else await take(form, payload);
    return;
  }
  let operation;
  // A browser that keeps nothing sends the form as it always did.
  try { operation = await take(form, payload); } catch { form.submit(); return; }
  await sendAtOnce(operation, { csrf: csrf(), person });
  mark();
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-deed]") || !globalThis.indexedDB) return;
  event.preventDefault();
  send(form);
});

// -- what waits is shown where it was done, also after the part around it was fetched again
const line = (operation) => {
  const time = clockTime(Date.parse(operation.client_time) + (operation.offset_ms ?? 0));
  const what = said(operation.kind === "propose" ? "propose" : operation.kind);
  const text = operation.payload.text || operation.payload.reason || operation.payload.chosen || "";
  const note = document.createElement("p");
  note.className = "deed-waiting tone-watch small";
  note.textContent = `${what} ${time} ${text} · ${said(state.link === "signed-out" ? "signed_out" : "waiting")}`.replace("  ", " ");
  return note;
};
const mark = () => {
  document.querySelectorAll(".deed-waiting").forEach((note) => note.remove());
  document.querySelectorAll("[data-deed-hidden]").forEach((part) => {
    part.hidden = false;
    delete part.dataset.deedHidden;
  });
  for (const operation of deedsInHand()) {
    const forms = document.querySelectorAll(
      operation.step ? `form[data-deed][data-step="${operation.step}"]` : 'form[data-deed="note"]',
    );
    const places = new Set([...forms].map((form) => (operation.step ? form.closest("[data-deed-place]") : form)));
    for (const place of places) {
      if (operation.step) {
        place.hidden = true;
        place.dataset.deedHidden = "yes";
        place.after(line(operation));
      } else place.append(line(operation));
    }
  }
};

document.addEventListener("siaga:deeds", ({ detail: results }) => {
  mark();
  if (!results.length) return;
  for (const result of results) {
    if (result.outcome === "refused") toast(said("refused", result.detail));
    else if (result.outcome === "proposed") toast(said("proposed"));
  }
  document.querySelectorAll("[data-live-topics]").forEach((part) => window.htmx?.trigger(part, "live"));
});
document.addEventListener("htmx:afterSettle", () => { if (deedsInHand().length) mark(); });

let isReady = false;
const learn = async () => { isReady = Boolean(await get("meta", "publicKey")); };
learn().catch(() => {});
window.addEventListener("beforeunload", (event) => {
  // A device that was never made ready keeps nothing once this page is gone.
  if (!isReady && deedsInHand().length) event.preventDefault();
});
