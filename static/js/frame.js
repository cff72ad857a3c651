// The frame's own movements: rail, menus, short messages, small attributes, errors of htmx.
(() => {
  const words = JSON.parse(document.body.dataset.words || "{}");
  const body = document.body;

  document.addEventListener("click", (event) => {
    const lever = event.target.closest("[data-rail]");
    if (!lever) return;
    event.preventDefault();
    if (lever.dataset.rail === "fold") {
      const narrow = body.classList.toggle("rail-narrow");
      lever.setAttribute("aria-pressed", String(narrow));
      document.cookie = `rail=${narrow ? "narrow" : ""};path=/;max-age=31536000;samesite=lax`;
      window.dispatchEvent(new Event("resize"));
      return;
    }
    const open = lever.dataset.rail === "open";
    body.classList.toggle("rail-open", open);
    if (location.hash === "#rail") history.replaceState(null, "", location.pathname + location.search);
    document.querySelector(open ? ".rail-close" : ".topbar [data-rail]")?.focus();
  });
  document.addEventListener("click", (event) => {
    if (body.classList.contains("rail-open") && !event.target.closest(".rail, [data-rail]")) {
      body.classList.remove("rail-open");
    }
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    body.classList.remove("rail-open");
    document.querySelectorAll("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  const toast = (text) => {
    const line = document.createElement("div");
    line.className = "toast-line";
    line.textContent = text;
    const shelf = document.getElementById("toasts");
    [...shelf.children].filter((old) => old.textContent === text).forEach((old) => old.remove());
    shelf.append(line);
    setTimeout(() => line.remove(), 8000);
  };
  document.addEventListener("siaga:toast", (event) => toast(event.detail.text || event.detail.value));

  document.addEventListener("click", async (event) => {
    const source = event.target.closest("[data-copy]");
    if (!source) return;
    await navigator.clipboard.writeText(source.dataset.copy);
    toast(words.copied);
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-submit]")) event.target.form?.requestSubmit();
  });

  // A part that was answered by another page (a session that ran out) must not land in this one.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const asked = new URL(event.detail.pathInfo.requestPath, location.href).pathname;
    const got = event.detail.xhr.responseURL && new URL(event.detail.xhr.responseURL).pathname;
    if (got && got !== asked && got.startsWith("/account/")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  // A live part rests while nobody looks.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.matches("[data-live], [data-live-topics]")) event.preventDefault();
  });
  ["htmx:sendError", "htmx:responseError", "htmx:timeout"].forEach((name) => {
    document.addEventListener(name, (event) => {
      if (!event.target.matches("[data-live], [data-live-topics]")) toast(words.failed);
    });
  });
})();
