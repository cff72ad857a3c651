// Nothing typed is ever lost: forms that name a draft keep it on this device until it was accepted.
// <form data-draft="key">; passwords, files and hidden fields are never kept.
(() => {
  const words = JSON.parse(document.body.dataset.words || "{}");
  const PREFIX = "siaga-draft:";
  const KEPT_FOR = 14 * 86400 * 1000;
  const keyOf = (form) => PREFIX + form.dataset.draft;
  const read = (key) => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const fields = (form) => [...form.elements].filter((field) => field.name
    && !["hidden", "password", "file", "submit", "button"].includes(field.type) && field.name !== "csrfmiddlewaretoken");

  const take = (form) => fields(form).map((field) => (
    ["checkbox", "radio"].includes(field.type) ? [field.name, field.value, field.checked] : [field.name, field.value]
  ));
  const give = (form, kept) => kept.forEach(([name, value, checked]) => {
    fields(form).filter((field) => field.name === name).forEach((field) => {
      if (checked === undefined) {
        if (!["checkbox", "radio"].includes(field.type)) field.value = value;
      } else if (field.value === value) field.checked = checked;
    });
  });

  const keep = (form) => {
    try {
      localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), values: take(form) }));
    } catch { /* no room or no permission: the page still works, it only forgets */ }
  };
  const restore = (form) => {
    if (form.dataset.draftReady) return;
    form.dataset.draftReady = "yes";
    form.draftStart = JSON.stringify(take(form));
    const kept = read(keyOf(form));
    // A form that comes back with errors already holds what was typed.
    if (!kept || form.querySelector(".error-summary") || Date.now() - kept.at > KEPT_FOR) return;
    if (JSON.stringify(kept.values) === form.draftStart) return;
    give(form, kept.values);
    const note = document.createElement("div");
    note.className = "draft-note";
    note.setAttribute("role", "status");
    note.append(words.draft);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.discard;
    button.addEventListener("click", () => {
      localStorage.removeItem(keyOf(form));
      give(form, JSON.parse(form.draftStart));
      note.remove();
    });
    note.append(button);
    form.prepend(note);
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const scan = () => document.querySelectorAll("form[data-draft]").forEach(restore);
  scan();
  document.addEventListener("htmx:afterSettle", scan);
  let timer = null;
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => keep(form), 250);
  });

  // A plain submit: the next page shows whether it was accepted. If the form is not there again with
  // errors, the draft has done its duty.
  const SENT = "siaga-draft-sent";
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-draft]")) return;
    clearTimeout(timer);
    keep(form);
    try { sessionStorage.setItem(SENT, keyOf(form)); } catch { /* as above */ }
  });
  const sent = sessionStorage.getItem(SENT);
  if (sent) {
    sessionStorage.removeItem(SENT);
    const refused = [...document.querySelectorAll("form[data-draft]")].some(
      (form) => keyOf(form) === sent && form.querySelector(".error-summary, .field-error"),
    );
    const entrance = document.querySelector(".entrance"); // the session ran out: keep it
    if (!refused && !entrance) {
      localStorage.removeItem(sent);
      document.querySelectorAll("form[data-draft]").forEach((form) => {
        if (keyOf(form) !== sent || !form.draftStart) return;
        give(form, JSON.parse(form.draftStart));
        form.querySelector(".draft-note")?.remove();
      });
    } else if (entrance) sessionStorage.setItem(SENT + "-late", sent);
  }
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.requestConfig?.elt?.closest?.("form[data-draft]");
    if (form && event.detail.successful && event.detail.requestConfig.verb === "post") {
      localStorage.removeItem(keyOf(form));
      sessionStorage.removeItem(SENT);
    }
  });
})();
