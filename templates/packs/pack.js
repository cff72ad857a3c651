"use strict";
// Ticks of this page, kept by the agent that serves it. Opened as a file it changes nothing.
(() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const show = (name, on) => all(`[data-show="${name}"]`).forEach((part) => { part.hidden = !on; });
  if (location.protocol !== "http:") return;

  const mark = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  const newId = () => {
    // UUID version 7: the time in milliseconds, then chance.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let millis = Date.now();
    for (let place = 5; place >= 0; place -= 1) { bytes[place] = millis % 256; millis = Math.floor(millis / 256); }
    bytes[6] = (bytes[6] & 15) | 112;
    bytes[8] = (bytes[8] & 63) | 128;
    return mark(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const moment = (part, at) => {
    const language = part.closest("main").lang === "id" ? "id-ID" : "en-GB";
    return new Date(at).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  };

  const paint = (told) => {
    show("kept", true); show("loose", false);
    all("[data-waiting]").forEach((part) => { part.textContent = String(told.waiting); });
    const held = new Map();
    for (const one of told.marks) if (one.kind !== "note") held.set(one.item, one);
    all("[data-item]").forEach((box) => { box.checked = held.get(box.dataset.item)?.kind === "tick"; });
    all("[data-when]").forEach((part) => {
      const one = held.get(part.dataset.when);
      part.textContent = one?.kind === "tick" ? `✓ ${moment(part, one.at)} ${one.who}` : "";
    });
    all("[data-notes]").forEach((list) => {
      list.replaceChildren(...told.marks.filter((one) => one.kind === "note").map((one) => {
        const line = document.createElement("li");
        line.textContent = `${moment(list, one.at)} ${one.who}: ${one.words}`;
        return line;
      }));
    });
  };

  const ask = async (more) => {
    try {
      const answer = await fetch("/marks", { cache: "no-store", ...more });
      if (!answer.ok) throw new Error(String(answer.status));
      paint(await answer.json());
      show("failed", false);
      return true;
    } catch {
      show("failed", more !== undefined);
      return false;
    }
  };
  const who = () => all("[data-who]").map((field) => field.value.trim()).find(Boolean) ?? "";
  const keep = (said) => ask({
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ op_id: newId(), who: who(), ...said }),
  });

  document.addEventListener("change", async (event) => {
    const box = event.target.closest("[data-item]");
    if (!box) return;
    const kept = await keep({ kind: box.checked ? "tick" : "untick", item: box.dataset.item });
    if (!kept) box.checked = !box.checked;
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-who]")) all("[data-who]").forEach((field) => { field.value = event.target.value; });
  });
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-write]")) return;
    const field = event.target.closest("section").querySelector("[data-note]");
    if (field.value.trim() && await keep({ kind: "note", words: field.value.trim() })) field.value = "";
  });
  ask();
  setInterval(ask, 10000);
})();
