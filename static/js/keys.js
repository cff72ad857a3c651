// Work without a mouse: J and K along a list, letters for buttons, ? for the list of them.
(() => {
  const words = JSON.parse(document.body.dataset.words || "{}");
  const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog");
  const move = (step) => {
    // What is folded away is passed over.
    const items = [...document.querySelectorAll("[data-keys] [data-key-item]")].filter((item) => item.offsetParent);
    if (!items.length) return;
    const at = items.findIndex((item) => item.contains(document.activeElement));
    const next = items[Math.min(items.length - 1, Math.max(0, at + step))];
    // A row of a list offers its link, for Enter; elsewhere the item itself, whose letters count now.
    const first = next.matches("tr") && next.querySelector("a, button, input");
    if (!first) next.tabIndex = -1;
    (first || next).focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const help = () => {
    const dialog = document.createElement("dialog");
    dialog.className = "ask";
    const rows = [["Ctrl K", document.querySelector("[data-palette]")?.innerText.split("\n")[0] || ""]];
    if (document.querySelector("[data-keys]")) rows.push(["J K", "↓ ↑"]);
    document.querySelectorAll("[data-key]").forEach((element) => {
      rows.push([element.dataset.key.toUpperCase(), element.getAttribute("aria-label") || element.textContent.trim()]);
    });
    const list = document.createElement("dl");
    rows.forEach(([key, meaning]) => {
      const mark = document.createElement("kbd");
      mark.textContent = key;
      list.append(document.createElement("dt"), document.createElement("dd"));
      list.children[list.children.length - 2].append(mark);
      list.lastChild.textContent = meaning;
    });
    const title = document.createElement("h2");
    title.textContent = words.keys;
    dialog.append(title, list);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const letter = CSS.escape(event.key.toLowerCase());
    const here = document.activeElement?.closest("[data-key-item]");
    const named = here?.querySelector(`[data-item-key="${letter}"]`) || document.querySelector(`[data-key="${letter}"]`);
    if (named?.matches("summary, textarea, input, select")) named.focus();
    else if (named) named.click();
    else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") help();
    else return;
    event.preventDefault();
  });
})();
