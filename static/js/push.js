// Lets this browser take messages of the portal while no page is open, and marks it in the list.
const part = document.querySelector("[data-push]");
const form = part.querySelector("form");
const said = part.querySelector("[role=status]");
const words = part.dataset;

const bytes = (text) => (
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0))
);
const same = (left, right) => Boolean(left) && bytes(right).every((byte, at) => byte === new Uint8Array(left)[at]);

const ask = async () => {
  if (await Notification.requestPermission() !== "granted") {
    said.textContent = words.refused;
    return;
  }
  const answer = await fetch(words.key, { headers: { Accept: "application/json" } });
  const { key } = await answer.json();
  const { pushManager } = await navigator.serviceWorker.ready;
  const earlier = await pushManager.getSubscription();
  // One that is bound to another key, of a portal before this one, can never be used by us.
  if (earlier && !same(earlier.options.applicationServerKey, key)) await earlier.unsubscribe();
  const told = (await pushManager.subscribe({
    userVisibleOnly: true, applicationServerKey: bytes(key),
  })).toJSON();
  form.elements.endpoint.value = told.endpoint;
  form.elements.p256dh.value = told.keys.p256dh;
  form.elements.auth.value = told.keys.auth;
  form.submit();
};

const mark = async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  const here = await registration?.pushManager.getSubscription();
  const row = here && [...document.querySelectorAll("[data-endpoint]")]
    .find((each) => each.dataset.endpoint === here.endpoint);
  if (!row) return;
  row.append(` (${words.here})`);
  form.hidden = true;
  const removal = row.closest("li").querySelector('form[action$="/remove/"]');
  removal.addEventListener("submit", async (event) => {
    event.preventDefault();
    try { await here.unsubscribe(); } finally { removal.submit(); }
  });
};

part.hidden = false;
if ("PushManager" in window && "serviceWorker" in navigator) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said.textContent = "";
    ask().catch(() => { said.textContent = words.failed; });
  });
  mark();
} else {
  form.hidden = true;
  said.textContent = words.unable;
}
