// Brings in a file of unsent operations that left another device: opened here with its passphrase,
// told through the same doors as ever, so that each deed and each file counts once.
import { MAX_BYTES } from "./files.js";
import { ask, BATCH, EVIDENCE, OPERATIONS, Trouble } from "./sync.js";
import { importFile, unbase64 } from "./vault.js";

const form = document.getElementById("carry");
const words = JSON.parse(form.dataset.words);
const person = Number(form.dataset.person);
const result = document.getElementById("carry-result");
const say = (name, ...values) => values.reduce((text, value) => text.replace("%s", value), words[name] ?? name);
const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

const line = (text) => Object.assign(document.createElement("li"), { textContent: text });
const show = (...lines) => result.replaceChildren(...lines.map(line));

const tellAll = async ({ device, operations }) => {
  const results = [];
  for (let from = 0; from < operations.length; from += BATCH) {
    const body = { device, person, operations: operations.slice(from, from + BATCH) };
    results.push(...(await ask(OPERATIONS, { method: "POST", csrf: csrf(), body })).results);
  }
  return results;
};

const bringFiles = async (files) => {
  const troubles = [];
  for (const [op_id, content] of Object.entries(files)) {
    const bytes = unbase64(content);
    const body = new FormData();
    body.append("op_id", op_id);
    body.append("file", new Blob([bytes.slice(0, MAX_BYTES + 1)]), "evidence");
    try { await ask(EVIDENCE, { method: "POST", csrf: csrf(), body }); } catch (trouble) {
      if (!(trouble instanceof Trouble) || trouble.kind !== "refused") throw trouble;
      troubles.push(trouble.message);
    }
  }
  return troubles;
};

const bring = async (carried) => {
  if (carried.person.id !== person) return show(say("other", carried.person.name));
  const results = await tellAll(carried);
  const refused = results.filter((one) => one.outcome === "refused").map((one) => one.detail);
  const files = Object.keys(carried.files);
  const lost = await bringFiles(carried.files);
  return show(
    say("told", results.length - refused.length, results.length),
    ...(files.length ? [say("files", files.length - lost.length, files.length)] : []),
    ...[...refused, ...lost].map((why) => say("refused", why)),
  );
};

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { file, passphrase } = form.elements;
  const submit = form.querySelector("button");
  submit.disabled = true;
  show(say("working"));
  let carried;
  try { carried = await importFile(passphrase.value, await file.files[0].text()); } catch {
    show(say("wrong"));
    submit.disabled = false;
    return;
  }
  try { await bring(carried); } catch (trouble) {
    if (!(trouble instanceof Trouble)) throw trouble;
    show(say(trouble.kind === "other-person" ? "other" : "silent", carried.person.name));
  } finally { submit.disabled = false; }
});
