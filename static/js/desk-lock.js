// A desk that nobody touches is covered, in every tab. The page beneath stays as it is, so that
// what was typed is still there after the unlock; the server refuses everything meanwhile.
(() => {
  const dialog = document.getElementById("desk-lock");
  if (!dialog) return;
  const limit = Number(dialog.dataset.after) * 1000;
  const wall = "wall" in dialog.dataset;
  const KEY = "siaga-last-active";
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  let told = 0;
  let known = false;
  let asked = 0;

  const ask = async (deed) => {
    asked = Date.now();
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    const what = deed ? { method: "POST", headers, body: new URLSearchParams({ deed }) } : { headers };
    try {
      const answer = await fetch(dialog.dataset.url, what);
      return answer.ok ? (await answer.json()).locked : null;
    } catch {
      return null;
    }
  };
  const touch = () => localStorage.setItem(KEY, String(Date.now()));
  const cover = () => {
    if (dialog.open) return;
    document.body.classList.add("desk-locked");
    dialog.showModal();
  };
  const uncover = () => {
    known = false;
    touch();
    document.body.classList.remove("desk-locked");
    dialog.close();
  };
  const look = async () => {
    // A lock that the server has not heard of yet is told again before anybody may open it.
    const locked = await ask(known ? undefined : "lock");
    if (locked) known = true;
    else if (locked === false && known) uncover();
  };
  const active = () => {
    if (dialog.open) return;
    touch();
    if (Date.now() - told < 60000) return;
    told = Date.now();
    ask("active").then((locked) => {
      if (!locked) return;
      known = true;
      cover();
    });
  };

  touch();
  ["keydown", "pointerdown", "pointermove", "wheel"].forEach((name) => {
    document.addEventListener(name, active, { passive: true });
  });
  setInterval(() => {
    if (wall) return active();
    if (dialog.open) return Date.now() - asked > 3000 && look();
    if (Date.now() - Number(localStorage.getItem(KEY)) <= limit) return undefined;
    cover();
    return look();
  }, 1000);
  window.addEventListener("focus", () => dialog.open && look());
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status !== 423) return;
    known = true;
    cover();
  });
  // Escape closes dialogs; this one comes back until the server says otherwise.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("close", () => document.body.classList.contains("desk-locked") && dialog.showModal());
})();
