// The offline pages: unlock, show, take deeds down, exchange them with the server.
import { askFor, button, clockTime, h, say } from "./dom.js";
import * as screens from "./screens.js";
import { digestOf, filesToCarry, filesWaiting, MAX_BYTES, MAX_MB } from "./files.js";
import { entries, get, hear, put, remove, tell, wipe } from "./store.js";
import { contact, deviceId, queue, refresh, state, Trouble, unsent, unsentCount } from "./sync.js";
import { exportFile, makeVault, open, passkeySecret, seal, unlock } from "./vault.js";

const EVERY = 30000;
const LOCK_AFTER = Number(document.body.dataset.lockAfter || 300) * 1000;
const TRIES = 5;
const PRESS = 5000;
const THINKING = 10000;
const stage = document.getElementById("stage");
let key = null; // the private half; gone when locked
let pack = null;
let waiting = [];
let refused = [];
let filesLeft = 0; // files whose words have arrived, and they not
let place = location.hash.slice(1) || (location.pathname.match(/^\/incidents\/([A-Za-z]+-\d+)\//) || [])[1] || "";
let touched = Date.now();
let busy = false;
let pressedAt = 0; // a finger is on the screen since then
let owed = false; // something changed meanwhile, and is shown when the finger is lifted
let again = false; // something was asked for while an exchange was under way

const paint = (...children) => stage.replaceChildren(...children.flat(Infinity).filter(Boolean));
const bar = async () => {
  const [asOf, count] = [await get("meta", "asOf"), await unsentCount()];
  document.getElementById("as-of").textContent = asOf ? say("as_of", clockTime(asOf)) : "";
  document.getElementById("unsent").textContent = say("unsent", count);
  const link = document.getElementById("link");
  link.dataset.state = state.link;
  link.textContent = say(`link_${state.link}`);
  const ready = Boolean(asOf && (await navigator.serviceWorker?.getRegistration())?.active);
  document.getElementById("ready").textContent = ready ? say("ready") : say("not_ready");
  document.getElementById("lock").hidden = !key;
};

const load = async () => {
  const box = await get("boxes", "pack");
  if (!box || !key) return;
  pack = await open(key, "pack", box);
  waiting = await unsent(key);
  filesLeft = (await filesWaiting()).length;
  const boxes = await entries("refused");
  refused = await Promise.all(boxes.map(([id, one]) => open(key, `refused ${id}`, one)));
};

// A button that is replaced between press and release swallows the tap, and a field that is
// replaced under the fingers closes the keyboard: meanwhile nothing is redrawn.
// The time ends a press whose release nobody saw, and a stay in a field that nobody writes in.
const noteField = () => document.querySelector("#note-form textarea");
const isWriting = () => noteField() && document.activeElement === noteField()
  && Boolean(noteField().value || Date.now() - touched < THINKING);
const isAtWork = () => Date.now() - pressedAt < PRESS || isWriting();
const redrawIfOwed = () => { if (owed && !isAtWork()) { owed = false; show(); } };
const lifted = () => setTimeout(() => { pressedAt = 0; redrawIfOwed(); }); // after the click it makes
document.addEventListener("pointerdown", () => { pressedAt = Date.now(); setTimeout(redrawIfOwed, PRESS + 10); }, true);
for (const kind of ["pointerup", "pointercancel"]) document.addEventListener(kind, lifted, true);
document.addEventListener("focusout", () => setTimeout(redrawIfOwed), true);

// Who works with the keyboard stays on the button, or in the field, they were at.
const keepFocus = () => {
  if (noteField() && document.activeElement === noteField()) return () => noteField()?.focus({ preventScroll: true });
  const one = document.activeElement?.closest("#stage [data-act]");
  const where = one && `[data-step="${one.closest("[data-step]")?.dataset.step}"] [data-act="${one.dataset.act}"]`;
  return () => { if (where) document.querySelector(where)?.focus({ preventScroll: true }); };
};

const show = async () => {
  await bar();
  if (!key) return gate();
  if (isAtWork()) { owed = true; return null; }
  if (!pack) return paint(h("p", {}, say("nothing_yet")));
  const one = pack.incidents.find((incident) => incident.code === place);
  document.getElementById("where").textContent = one ? `${one.code} ${one.title}` : say("title");
  document.getElementById("back").hidden = !one;
  const [draft, refocus] = [noteField()?.value, keepFocus()];
  if (one) paint(screens.incident({ pack, incident: one, waiting, act }));
  else paint(screens.home({ pack, waiting, refused, filesLeft, go, act }), leave());
  if (draft && noteField()) noteField().value = draft;
  refocus();
  return null;
};

const go = async (code) => { place = code; await show(); await bringDraft(); };

// What was being written when the page locked lies sealed beside the rest, and is there again.
const keepDraft = async (text) => {
  await put("boxes", "draft", await seal(await get("meta", "publicKey"), "draft", { place, text }));
};
const bringDraft = async () => {
  const box = key && noteField() && (await get("boxes", "draft"));
  const kept = box && (await open(key, "draft", box));
  if (!kept || kept.place !== place || !noteField()) return;
  noteField().value = noteField().value || kept.text;
  await remove("boxes", "draft");
};
window.addEventListener("hashchange", () => go(location.hash.slice(1)));

const deed = async (kind, run, step, payload, bytes = null) => {
  await queue(kind, run, step, payload, bytes);
  await load();
  await show();
  exchange();
};
const act = {
  tick: async (run, step) => {
    if (step.decision) {
      const said = await askFor(step.text, [{ name: "chosen", label: say("choice"), options: step.options }, { name: "reason", label: say("reason"), required: false }], say("propose"));
      return said && deed("propose", run, step, { what: "tick", ...said });
    }
    if (step.two) return deed("propose", run, step, { what: "tick" });
    if (!step.evidence) return deed("tick", run, step, {});
    const said = await askFor(step.text, [{ name: "note", label: step.evidence }], say("tick"));
    return said && deed("tick", run, step, said);
  },
  skip: async (run, step) => {
    const said = await askFor(step.text, [{ name: "reason", label: say("why_skip") }], say("skip"));
    if (said) await deed("skip", run, step, said);
  },
  untick: async (run, step, told) => {
    const said = await askFor(step.text, [{ name: "reason", label: say("reason") }], say("untick"));
    const undoes = [told?.done, told?.skipped, ...(told?.corroborated ?? [])].filter(Boolean).map((op) => op.id);
    if (said) await deed("untick", run, step, { ...said, undoes });
  },
  note: (run, text) => { noteField().value = ""; noteField().blur(); return deed("note", run, null, { text }); },
  evidence: async (run) => {
    const said = await askFor(say("evidence"), [{ name: "text", label: say("evidence_where") }, { name: "file", label: say("evidence_file"), type: "file", required: false }], say("add_note"));
    if (!said) return;
    if (!said.file) { await deed("evidence", run, null, { text: said.text }); return; }
    if (said.file.size > MAX_BYTES && !(await askFor(say("too_large", MAX_MB), [], say("only_digest")))) return;
    const bytes = await said.file.arrayBuffer();
    const payload = { text: said.text, sha256: await digestOf(bytes), name: said.file.name };
    await deed("evidence", run, null, payload, bytes.byteLength > MAX_BYTES ? null : bytes);
  },
  propose: async (run, what) => {
    const said = await askFor(say(`propose_${what}`), [{ name: "reason", label: say("reason") }], say("propose"));
    if (said) await deed("propose", run, null, { what, ...said });
  },
  order: async (run) => {
    const sites = pack.sites.map((site) => [site.code, `${site.code} ${site.name}`]);
    const said = await askFor(say("propose_order"), [{ name: "action", label: say("order"), options: pack.orders }, { name: "sites", label: say("site"), options: sites }, { name: "reason", label: say("reason") }], say("propose"));
    if (said) await deed("propose", run, null, { what: "order", ...said });
  },
  assign: async (run, incident) => {
    const people = pack.contacts.map((person) => [person.username, person.name]);
    const said = await askFor(say("assign"), [{ name: "role", label: say("role"), options: pack.roles }, { name: "user", label: say("person"), options: people }], say("assign"));
    if (said) await deed("assign", run, null, { ...said, was: incident.held[said.role] ?? "" });
  },
  forgetRefused: async () => {
    for (const [id] of await entries("refused")) {
      await remove("refused", id);
      await remove("files", id);
    }
    await load();
    await show();
  },
  export: async () => {
    const said = await askFor(say("export"), [{ name: "passphrase", label: say("export_passphrase"), type: "password" }], say("export"));
    if (!said) return;
    const { id, name } = pack.person;
    const carried = { person: { id, name }, device: await deviceId(), operations: waiting, files: await filesToCarry(key) };
    const file = new Blob([await exportFile(said.passphrase, carried)], { type: "application/json" });
    const link = h("a", { href: URL.createObjectURL(file), download: `siaga-unsent-${new Date().toISOString().slice(0, 16)}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  },
};

const exchange = async () => {
  if (document.hidden) return;
  if (busy) { again = true; return; }
  [busy, again] = [true, false];
  try {
    const fresh = (await get("meta", "publicKey")) ? await contact(key) : null;
    if (fresh && key) await load();
    if (state.link === "revoked") lock();
    if (fresh || !key) await bar();
    if (key && !document.querySelector("dialog[open]")) await show(); else await bar();
  } finally { busy = false; }
  if (again) exchange();
};

// -- the gate
const secretFor = async (lockBox) => {
  const passkey = await passkeySecret(lockBox.salt, { id: lockBox.credential });
  return passkey ? { passkey } : null;
};
const enter = async (how) => {
  const lockBox = await get("meta", "lock");
  const tries = ((await get("meta", "tries")) || 0) + 1;
  await put("meta", "tries", tries); // counted before it is tried: pulling the plug buys no guess
  try {
    key = await unlock(lockBox, how);
  } catch {
    if (tries >= TRIES) { await wipe(); return start(say("wiped_tries")); }
    return gate(say("wrong", TRIES - tries));
  }
  await put("meta", "tries", 0);
  touched = Date.now();
  await load();
  await show();
  await bringDraft();
  return exchange();
};

const gate = async (problem = "") => {
  document.getElementById("where").textContent = say("title"); // a locked page names nothing
  document.getElementById("back").hidden = true;
  const lockBox = await get("meta", "lock");
  if (!lockBox) return start(problem);
  if (!problem && document.getElementById("unlock")) return null; // somebody may be typing in it
  const passphrase = h("input", { class: "form-control", type: "password", name: "passphrase", autocomplete: "current-password", required: true, "aria-label": say("passphrase") });
  const form = h("form", { class: "card-body stack-sm", id: "unlock", onsubmit: (event) => { event.preventDefault(); enter({ passphrase: passphrase.value }); } },
    h("h2", { class: "card-title" }, say("locked")),
    problem && h("p", { class: "offline-problem", role: "alert" }, problem),
    lockBox.credential
      ? button(say("use_passkey"), async () => { const how = await secretFor(lockBox); if (how) enter(how); }, "btn-primary")
      : [h("label", {}, say("passphrase"), passphrase), h("button", { class: "btn btn-primary" }, say("unlock"))]);
  paint(h("section", { class: "card card-form" }, form), leave());
  if (!lockBox.credential) passphrase.focus();
  return null;
};

const begin = async (how) => {
  const vault = await makeVault(how);
  await put("meta", "publicKey", vault.publicKey);
  await put("meta", "lock", vault.lock);
  await put("meta", "tries", 0);
  key = await unlock(vault.lock, how);
  try { await refresh(); } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    key = null;
    await wipe();
    return start(say(trouble.kind === "signed-out" ? "sign_in_first" : "no_answer"));
  }
  state.link = "up";
  await navigator.serviceWorker?.ready;
  await navigator.storage?.persist?.();
  await load();
  return show();
};

const start = (problem = "") => {
  const field = (name, label) => h("label", {}, label, h("input", { class: "form-control", type: "password", name, required: true, minlength: 12, autocomplete: "new-password" }));
  const form = h("form", { class: "card-body stack-sm", id: "begin", onsubmit: (event) => {
    event.preventDefault();
    const { first, second } = event.target.elements;
    if (first.value !== second.value) return start(say("unequal"));
    return begin({ passphrase: first.value });
  } }, h("h2", { class: "card-title" }, say("make_ready")), h("p", {}, say("make_ready_why")),
  problem && h("p", { class: "offline-problem", role: "alert" }, problem),
  field("first", say("passphrase")), field("second", say("passphrase_again")),
  h("div", { class: "cluster" }, h("button", { class: "btn btn-primary" }, say("make_ready")),
    window.PublicKeyCredential ? button(say("use_passkey"), async () => {
      const salt = crypto.getRandomValues(new Uint8Array(32));
      const passkey = await passkeySecret(salt).catch(() => null);
      if (passkey) await begin({ passkey, salt }); else start(say("no_passkey"));
    }) : null));
  pack = null;
  return paint(h("section", { class: "card card-form" }, form), h("p", {}, h("a", { href: "/account/login/?next=/offline/" }, say("sign_in"))));
};

const leave = () => h("div", { class: "cluster offline-leave" },
  h("a", { class: "btn btn-sm btn-ghost", href: "/account/login/?next=/offline/" }, say("sign_in")),
  h("a", { class: "btn btn-sm btn-ghost", href: "/offline/devices/" }, say("devices")),
  button(say("wipe"), async () => {
    const count = await unsentCount();
    if (await askFor(say("wipe_sure", count), [], say("wipe"))) { key = null; await wipe(); await start(); }
  }, "btn-ghost"));

const lock = () => {
  if (noteField()?.value) keepDraft(noteField().value);
  key = null;
  pack = null;
  waiting = [];
  refused = [];
  document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());
  show();
};

// -- what happens by itself: locking after five quiet minutes, the lease, replay
const watch = async () => {
  if (key && Date.now() - touched > LOCK_AFTER) lock();
  redrawIfOwed();
  const until = await get("meta", "leaseUntil");
  if (until && Date.now() > until && (await get("boxes", "pack"))) {
    // The copy is no longer lent to this device. What was done here and not sent stays, sealed.
    await remove("boxes", "pack");
    await remove("meta", "asOf");
    pack = null;
    // Whoever is just typing the passphrase is not to lose it.
    await (key ? show() : bar());
  }
};
for (const kind of ["pointerdown", "keydown", "scroll", "focusin"]) document.addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
document.getElementById("lock").addEventListener("click", lock);
document.getElementById("back").addEventListener("click", () => { history.replaceState(null, "", "/offline/"); go(""); });
document.addEventListener("visibilitychange", () => { watch(); exchange(); });
window.addEventListener("online", exchange);
window.addEventListener("pageshow", (event) => { if (event.persisted) lock(); });
setInterval(exchange, EVERY);
setInterval(watch, 1000);
hear((word) => { if (word === "wiped") { key = null; location.reload(); } else bar(); });
navigator.serviceWorker?.register("/sw.js", { scope: "/" }).then(bar, bar);
await watch();
await show();
exchange();
tell("hello");
