// In every online page: keeps the copy on this device fresh, and says how old it is and what is
// unsent. Sealing needs no passphrase; what is unsent is sent by the offline page once unlocked.
import { get, hear, wipe } from "./store.js";
import { contact, deedsInHand, state, unsentCount } from "./sync.js";

const EVERY = 30000;
const chip = document.getElementById("offline-chip");
const words = JSON.parse(chip?.dataset.words || "{}");

let looks = 0;

const show = async () => {
  const [asOf, publicKey, waiting] = [await get("meta", "asOf"), await get("meta", "publicKey"), await unsentCount()];
  const ready = Boolean(publicKey && asOf && (await navigator.serviceWorker?.getRegistration())?.active);
  const at = asOf ? new Date(asOf).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }) : "";
  chip.dataset.state = state.link === "other-person" ? "other" : ready ? "ready" : "none";
  chip.title = ready ? words.ready.replace("%s", at) : words.none;
  chip.querySelector(".offline-word").textContent = chip.title;
  const badge = chip.querySelector(".offline-count");
  badge.textContent = waiting ? words.unsent.replace("%s", waiting) : "";
  badge.hidden = !waiting;
};

const work = async () => {
  if (document.hidden) return;
  try {
    if (deedsInHand().length || await get("meta", "publicKey")) await contact(null);
    await show();
  } catch { /* signed out, or a browser that keeps nothing: the page works without a copy */ }
};

const leave = async (event) => {
  const form = event.target;
  if (!form.matches?.('form[action$="/logout/"]') || form.dataset.wiped) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const waiting = await unsentCount();
  // Signing out empties this device; whoever still has unsent deeds is asked first.
  if (waiting && !window.confirm(words.leave.replace("%s", waiting))) return;
  form.dataset.wiped = "yes";
  await wipe({ forGood: true });
  form.submit();
};

if (chip && "serviceWorker" in navigator && globalThis.indexedDB) {
  document.addEventListener("submit", leave, true);
  navigator.serviceWorker.register("/sw.js", { scope: "/" }).then(show, () => {});
  hear(show);
  document.addEventListener("visibilitychange", work);
  window.addEventListener("online", work);
  document.addEventListener("siaga:deeds", show);
  // What waits is tried at every look, the copy is made fresh at every other one.
  setInterval(() => { looks += 1; if (looks % 2 === 0 || deedsInHand().length) work(); }, EVERY);
  work();
}
