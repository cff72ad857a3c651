// The command palette: Ctrl or Cmd K; go to anything, do anything that a button does.
(() => {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const words = JSON.parse(document.body.dataset.words || "{}");
  const input = dialog.querySelector("input[role=combobox]");
  const list = document.getElementById("palette-list");
  const form = dialog.querySelector("form");
  let items = [];
  let at = 0;
  let asked = 0;
  let timer = null;
  let drawnFor = null;
  let answered = Promise.resolve();

  // What the page itself offers is found even without the server: rooms and next moves.
  const local = (query) => {
    const found = [];
    const fits = (text) => text.toLowerCase().includes(query.toLowerCase());
    document.querySelectorAll(".page-actions form button:not(:disabled), .page-actions a.btn").forEach((element) => {
      const title = element.textContent.trim();
      if (fits(title)) found.push({ title, kind: "", hint: "", element });
    });
    document.querySelectorAll(".rail-nav .rail-link").forEach((link) => {
      const title = link.querySelector(".rail-word").textContent.trim();
      const hint = link.closest(".rail-section").querySelector(".rail-label").textContent.trim();
      if (fits(title)) found.push({ title, hint, url: link.getAttribute("href"), kind: "→" });
    });
    return found;
  };

  const choose = (index) => {
    at = Math.max(0, Math.min(items.length - 1, index));
    list.querySelectorAll("[role=option]").forEach((option, number) => {
      option.setAttribute("aria-selected", String(number === at));
      if (number === at) option.scrollIntoView({ block: "nearest" });
    });
    if (items.length) input.setAttribute("aria-activedescendant", `palette-${at}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const draw = (found) => {
    const seen = new Set();
    items = found.filter((item) => !seen.has(item.title + item.url) && seen.add(item.title + item.url)).slice(0, 30);
    list.replaceChildren(...items.map((item, number) => {
      const option = document.createElement("li");
      option.className = "palette-item";
      option.id = `palette-${number}`;
      option.setAttribute("role", "option");
      [["palette-kind", item.kind || ""], ["palette-title", item.title], ["palette-hint", item.hint || ""]]
        .forEach(([name, text]) => {
          const part = document.createElement("span");
          part.className = name;
          part.textContent = text;
          option.append(part);
        });
      option.addEventListener("click", () => { at = number; go(); });
      option.addEventListener("mousemove", () => at !== number && choose(number));
      return option;
    }));
    if (!items.length && input.value.trim()) {
      const note = document.createElement("li");
      note.className = "palette-note";
      note.setAttribute("role", "option");
      note.setAttribute("aria-disabled", "true");
      note.textContent = words.nothing;
      list.append(note);
    }
    input.setAttribute("aria-expanded", String(items.length > 0));
    choose(0);
  };
  const search = async () => {
    const query = input.value.trim();
    const mine = ++asked;
    const here = local(query);
    draw(here);
    drawnFor = query;
    if (!dialog.dataset.url) return;
    try {
      const answer = await fetch(`${dialog.dataset.url}?q=${encodeURIComponent(query)}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || mine !== asked) return;
      const found = await answer.json();
      draw([...(found.results || found), ...here]);
    } catch { /* without a link the rooms of this page remain */ }
  };
  const go = () => {
    const item = items[at];
    if (!item) return;
    dialog.close();
    if (item.element) item.element.click();
    else if ((item.method || "get").toLowerCase() === "post") {
      form.action = item.url;
      form.requestSubmit();
    } else location.assign(item.url);
  };
  // Who types and presses Enter at once means what was typed, not what the list still shows.
  const goOnceFound = () => {
    clearTimeout(timer);
    if (input.value.trim() !== drawnFor) answered = search();
    return items.length ? go() : answered.then(go);
  };
  const open = () => {
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    input.focus();
    answered = search();
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-palette]")) open();
    if (event.target === dialog) dialog.close();
  });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { answered = search(); }, 90); });
  input.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (steps[event.key]) choose(at + steps[event.key]);
    else if (event.key === "Enter") goOnceFound();
    else return;
    event.preventDefault();
  });
})();
