// Contact with the server: what was done here goes out, what was done elsewhere comes in. Only an
// answer of the server counts as a link; what the browser believes about the network is not asked.
import { measure, reading, tick, witness } from "./clock.js";
import { filesWaiting, keepFile, sendFiles } from "./files.js";
import { count, entries, get, put, remove, tell, wipe } from "./store.js";
import { open, seal } from "./vault.js";

const PACK = "/api/v1/offline/pack/";
export const OPERATIONS = "/api/v1/offline/operations/";
export const EVIDENCE = "/api/v1/offline/evidence/";
export const BATCH = 100;
const PATIENCE = 60000;
export const state = { link: "unknown", reason: "", retryAt: 0, backOff: 0 };
// Deeds of an open page. Their words are in its memory anyway, so they are sent without a
// passphrase for as long as the page lives; a sealed copy outlives it on a device that is ready.
const inHand = new Map();
export const deedsInHand = () => [...inHand.values()].map((deed) => deed.operation);

export class Trouble extends Error {
  constructor(kind, detail = "") { super(detail || kind); this.kind = kind; }
}

export const ask = async (address, { method = "GET", body = null, csrf = "" } = {}) => {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE);
  let response;
  const isForm = body instanceof FormData;
  const sentAt = Date.now();
  try {
    response = await fetch(address, {
      method, signal: abort.signal, cache: "no-store", credentials: "same-origin", redirect: "error",
      headers: {
        Accept: "application/json", ...(body ? { "X-CSRFToken": csrf } : {}),
        ...(body && !isForm ? { "Content-Type": "application/json" } : {}),
      },
      body: body && !isForm ? JSON.stringify(body) : body,
    });
  } catch { throw new Trouble("silent"); } finally { clearTimeout(timer); }
  if ([401, 403, 423].includes(response.status)) throw new Trouble("signed-out");
  if (response.status === 409) throw new Trouble("other-person");
  if (response.status === 429 || response.status >= 500) {
    throw new Trouble("busy", response.headers.get("Retry-After") || "");
  }
  let answer;
  try { answer = await response.json(); } catch { throw new Trouble("silent"); }
  if (!response.ok) throw new Trouble("refused", answer.detail || String(response.status));
  await measure(sentAt, Date.now(), answer.now);
  return answer;
};

export const deviceId = async () => {
  let device = await get("meta", "device");
  if (!device) { device = crypto.randomUUID(); await put("meta", "device", device); }
  return device;
};

// Fetch what to take along, and seal it; needs no passphrase, only a signed-in person.
export const refresh = async () => {
  const publicKey = await get("meta", "publicKey");
  const pack = await ask(publicKey ? `${PACK}?device=${await deviceId()}` : PACK);
  if (pack.revoked) { await wipe(); throw new Trouble("revoked"); }
  const owner = await get("meta", "person");
  if (owner && owner !== pack.person.id) throw new Trouble("other-person");
  if (publicKey) {
    if (!owner) await put("meta", "person", pack.person.id);
    await put("boxes", "pack", await seal(publicKey, "pack", pack));
    await put("meta", "asOf", pack.now);
    await put("meta", "leaseUntil", pack.lease_until);
    await witness(pack.incidents.flatMap((one) => one.runs.flatMap((run) => run.operations)));
    tell("pack");
  }
  return pack;
};

const compose = async (kind, run, step, payload, name) => {
  const { now, offset, unsure } = await reading();
  return {
    op_id: name || uuid7(now), kind, run: run.id, version: run.version, step: step ? step.id : null,
    hlc: await tick(await deviceId()), base: run.cursor, client_time: new Date(now).toISOString(),
    offset_ms: offset, uncertainty_ms: unsure, queued: true, payload,
  };
};

// Put a deed into the outbox; it is on the disk, sealed, before anybody sees it on the screen.
export const queue = async (kind, run, step, payload, bytes = null) => {
  const operation = await compose(kind, run, step, payload);
  if (bytes) await keepFile(operation.op_id, bytes);
  await put("outbox", operation.op_id, await seal(await get("meta", "publicKey"), operation.op_id, operation));
  tell("outbox");
  return operation;
};

// The same for a deed of an open page, which gives it its name and says whose it is.
export const hold = async (kind, run, step, payload, { person, name }) => {
  const operation = await compose(kind, run, step, payload, name);
  const publicKey = await get("meta", "publicKey");
  if (publicKey && (await get("meta", "person")) === person) {
    await put("outbox", operation.op_id, await seal(publicKey, operation.op_id, operation));
  }
  inHand.set(operation.op_id, { operation, person });
  tell("outbox");
  return operation;
};

// At once, by the page's own token: a deed that waited for nothing is not called queued.
export const sendAtOnce = (operation, { csrf, person }) => tried(async () => {
  const body = { device: await deviceId(), person, operations: [{ ...operation, queued: false }] };
  const { results } = await ask(OPERATIONS, { method: "POST", csrf, body });
  await settle([operation], results);
});

export const unsent = async (privateKey) => {
  const boxes = await entries("outbox");
  const operations = await Promise.all(boxes.map(([op_id, box]) => open(privateKey, op_id, box)));
  return operations.sort((a, b) => (a.hlc < b.hlc ? -1 : 1));
};

// Everything out, then everything in. Told twice, an operation counts once: nothing is removed from
// the outbox before the server has said what became of it.
export const exchange = async (privateKey) => {
  let pack = await refresh();
  const waiting = privateKey ? await unsent(privateKey) : ownInHand(pack.person.id);
  for (let from = 0; from < waiting.length; from += BATCH) {
    const batch = waiting.slice(from, from + BATCH);
    const answer = await ask(OPERATIONS, {
      method: "POST", csrf: pack.csrf, body: { device: await deviceId(), person: pack.person.id, operations: batch },
    });
    await settle(batch, answer.results);
  }
  const files = privateKey ? await filesWaiting() : [];
  if (files.length) {
    await sendFiles(privateKey, (body) => ask(EVIDENCE, { method: "POST", csrf: pack.csrf, body }).catch(unlessRefused));
    tell("outbox");
  }
  if (waiting.length) pack = await refresh();
  state.backOff = 0;
  return pack;
};

const ownInHand = (person) => (
  [...inHand.values()].filter((deed) => deed.person === person).map((deed) => deed.operation)
);

// A file that the server does not take stays here, sealed, and holds nothing else up.
const unlessRefused = (trouble) => {
  if (trouble instanceof Trouble && trouble.kind === "refused") return {};
  throw trouble;
};

const settle = async (batch, results) => {
  const outcomes = new Map(results.map((result) => [result.op_id, result]));
  const publicKey = await get("meta", "publicKey");
  for (const operation of batch) {
    const result = outcomes.get(operation.op_id);
    if (!result) continue;
    if (result.outcome === "refused" && publicKey) {
      const kept = { ...operation, detail: result.detail };
      await put("refused", operation.op_id, await seal(publicKey, `refused ${operation.op_id}`, kept));
    }
    await remove("outbox", operation.op_id);
    inHand.delete(operation.op_id);
  }
  tell("outbox");
  document.dispatchEvent(new CustomEvent("siaga:deeds", { detail: results }));
};

export const contact = async (privateKey) => (
  Date.now() < state.retryAt ? null : tried(() => exchange(privateKey))
);

const tried = async (work) => {
  try {
    const found = await work();
    Object.assign(state, { link: "up", reason: "" });
    return found;
  } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    state.link = trouble.kind === "silent" || trouble.kind === "busy" ? "down" : trouble.kind;
    state.reason = trouble.message;
    if (trouble.kind === "busy") {
      state.backOff = Math.min(300, Math.max(Number(trouble.message) || 0, state.backOff * 2 || 5));
      state.retryAt = Date.now() + state.backOff * 1000;
    }
    if (trouble.kind === "signed-out") await askWhetherRevoked();
    return null;
  }
};

// The session may have ended by itself, or the device was reported lost: only then it is emptied.
const askWhetherRevoked = async () => {
  const device = await get("meta", "device");
  if (!device) return;
  try {
    const response = await fetch(`/offline/lease/${device}/`, { cache: "no-store" });
    if (response.ok && (await response.json()).revoked) { await wipe(); state.link = "revoked"; }
  } catch { /* no answer, no verdict */ }
};

export const unsentCount = async () => (
  Math.max(await count("outbox"), inHand.size) + (await filesWaiting()).length
);

const uuid7 = (now) => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let place = 0; place < 6; place += 1) bytes[place] = Math.floor(now / 256 ** (5 - place)) & 255;
  bytes[6] = (bytes[6] & 15) | 112;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
};
