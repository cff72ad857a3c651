// What the pages cannot say in HTML: ticking clocks, a question before a deed, focus. An aid.
(() => {
  const words = JSON.parse(document.body.dataset.words || "{}");
  // Deadlines are the server's: a device whose clock is wrong must still count right.
  const skew = Date.parse(document.body.dataset.serverNow) - Date.now() || 0;
  const now = () => Date.now() + skew;
  const pad = (number) => String(number).padStart(2, "0");

  const span = (seconds) => {
    if (seconds < 60) return `${seconds} ${words.s}`;
    if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} ${words.min}`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} ${words.h}`;
    return `${Math.floor(seconds / 86400)} ${words.d}`;
  };

  const clockWords = (seconds) => {
    const size = Math.abs(Math.trunc(seconds));
    const hours = Math.floor(size / 3600);
    if (size >= 172800) {
      const rest = hours % 24;
      return `${seconds < 0 ? "+" : ""}${Math.floor(hours / 24)} ${words.d}${rest ? ` ${rest} ${words.h}` : ""}`;
    }
    return `${seconds < 0 ? "+" : ""}${hours}:${pad(Math.floor((size % 3600) / 60))}:${pad(size % 60)}`;
  };

  const write = (element, text) => {
    if (element.textContent !== text) element.textContent = text;
  };

  const tickClock = (element) => {
    const left = (Date.parse(element.dateTime) - now()) / 1000;
    if (element.dataset.clock === "up") return write(element, clockWords(Math.abs(left)));
    const state = left < 0 ? "is-over" : left < Number(element.dataset.warn) ? "is-warn" : "is-ok";
    if (!element.classList.contains(state)) {
      element.classList.remove("is-ok", "is-warn", "is-over");
      element.classList.add(state);
    }
    return write(element, clockWords(left));
  };

  const tickWhen = (element) => {
    const age = (now() - Date.parse(element.dateTime)) / 1000;
    if (Math.abs(age) >= 1209600) return;
    if (Math.abs(age) < 45) write(element, words.now);
    else write(element, (age > 0 ? words.ago : words.ahead).replace("%s", span(Math.abs(Math.round(age)))));
  };

  const tickNow = (element) => {
    const utc = element.dataset.now === "utc";
    const zone = document.body.dataset.zone || undefined;
    const format = { hour: "2-digit", minute: "2-digit", hour12: false, timeZoneName: "short" };
    if (!utc) format.second = "2-digit";
    const text = new Date(now()).toLocaleTimeString("en-GB", { ...format, timeZone: utc ? "UTC" : zone });
    write(element, zone && !utc ? text.replace(/ \S+$/, ` ${document.body.dataset.zoneName}`) : text);
  };

  const tick = (tock) => {
    if (document.hidden) return;
    document.querySelectorAll("time[data-clock]").forEach(tickClock);
    document.querySelectorAll("time[data-now]").forEach(tickNow);
    if (tock % 15 === 0) document.querySelectorAll("time[data-when]").forEach(tickWhen);
  };
  let tock = 0;
  setInterval(() => tick(++tock), 1000);
  tick(0);
  document.addEventListener("htmx:afterSettle", () => tick(0));
  document.addEventListener("visibilitychange", () => tick(0));

  // A question before a deed. The form goes on its way unchanged once it is answered.
  const ask = (question) => new Promise((answer) => {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    dialog.innerHTML = '<form method="dialog"><h2></h2><p></p><div class="form-buttons">'
      + '<button class="btn btn-danger" value="yes"></button><button class="btn" value="" autofocus></button></div></form>';
    dialog.querySelector("h2").textContent = words.sure;
    dialog.querySelector("p").textContent = question;
    const [yes, no] = dialog.querySelectorAll("button");
    yes.textContent = words.confirm;
    no.textContent = words.cancel;
    dialog.addEventListener("close", () => { dialog.remove(); answer(dialog.returnValue === "yes"); });
    document.body.append(dialog);
    dialog.showModal();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (!question || form.dataset.sure) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!(await ask(question))) return;
    form.dataset.sure = "yes";
    form.requestSubmit(event.submitter);
    delete form.dataset.sure;
  }, true);

  // Focus stays where it was when the part around it is exchanged: on what has the same id, or does
  // the same by the same words.
  let focused = "";
  let kept = "";
  const deedOf = (element) => [
    element.tagName, element.form?.getAttribute("action"), element.name, element.value,
    element.getAttribute("href"), element.textContent.trim(),
  ].join("|");
  document.addEventListener("htmx:beforeSwap", (event) => {
    const active = document.activeElement;
    focused = active?.id || "";
    kept = !focused && active?.matches("a, button, summary") && event.detail.target.contains(active) ? deedOf(active) : "";
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (document.activeElement !== document.body) return;
    const same = kept && [...document.querySelectorAll("a, button, summary")].find((one) => deedOf(one) === kept);
    const wanted = event.target.querySelector?.("[autofocus]") || same || document.getElementById(focused || "content");
    if (focused || same || wanted?.autofocus) wanted?.focus({ preventScroll: wanted === same });
  });
})();
