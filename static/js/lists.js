// Selecting rows and closing menus: what a list cannot say in HTML. Nothing here is needed.
(() => {
  if (window.siagaLists) return;
  window.siagaLists = true;
  document.documentElement.classList.add("has-lists-js");
  let last = null;

  const listOf = (element) => element.closest("[data-list]");
  const rowsOf = (list) => [...list.querySelectorAll("[data-list-row]")];

  function count(list) {
    const bar = list.querySelector("[data-list-bulk]");
    if (!bar) return;
    const rows = rowsOf(list);
    const all = bar.querySelector("[data-list-all]");
    const chosen = rows.filter((row) => row.checked).length;
    const amount = all && all.checked ? list.querySelector("[data-list-results]").dataset.total : chosen;
    const words = bar.querySelector("[data-list-selected]");
    words.textContent = words.dataset.words.replace("%s", amount);
    bar.classList.toggle("has-selection", Number(amount) > 0);
    const page = list.querySelector("[data-list-page]");
    page.checked = rows.length > 0 && chosen === rows.length;
    page.indeterminate = chosen > 0 && chosen < rows.length;
    rows.forEach((row) => row.closest("tr").classList.toggle("is-selected", row.checked));
  }

  document.addEventListener("click", (event) => {
    // The key "/" of the frame clicks the search field; a click of a script does not focus it.
    if (event.target.matches(".list-search") && !event.isTrusted) event.target.focus();
    const row = event.target.closest("[data-list-row]");
    if (row) {
      const rows = rowsOf(listOf(row));
      if (event.shiftKey && last && rows.includes(last)) {
        const [from, to] = [rows.indexOf(last), rows.indexOf(row)].sort((a, b) => a - b);
        rows.slice(from, to + 1).forEach((one) => { one.checked = row.checked; });
      }
      last = row;
      count(listOf(row));
    }
    document.querySelectorAll("[data-list-menu][open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // People click anywhere in a row; the link in it stays what keyboards and readers follow.
  const OWN_CLICK = "a, button, input, select, textarea, label, summary, .cell-editing";
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.target.closest(OWN_CLICK)) return;
    const link = event.target.closest(".list-table tbody tr")?.querySelector(".list-code");
    if (!link || String(window.getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });

  // Only the results are fetched again; the menus above them show what they hold by themselves.
  function showActive(form) {
    form.querySelectorAll("[data-list-filter]").forEach((menu) => {
      const held = [...menu.querySelectorAll("input")].some((input) =>
        ["checkbox", "radio"].includes(input.type) ? input.checked && input.value : input.value);
      menu.classList.toggle("is-active", held);
    });
  }

  document.addEventListener("change", (event) => {
    const target = event.target;
    if (target.form?.matches(".list-toolbar")) showActive(target.form);
    if (target.matches("[data-list-page]")) {
      rowsOf(listOf(target)).forEach((row) => { row.checked = target.checked; });
      count(listOf(target));
    } else if (target.matches("[data-list-all]")) {
      if (target.checked) rowsOf(listOf(target)).forEach((row) => { row.checked = true; });
      count(listOf(target));
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const cancel = event.target.closest(".cell-editing")?.querySelector("[data-list-cancel]");
    if (cancel) cancel.click();
    const menu = event.target.closest("[data-list-menu][open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A browser keeps ticks over a reload; a swap brings fresh rows.
  const countAll = () => document.querySelectorAll("[data-list]").forEach(count);
  document.addEventListener("htmx:afterSwap", (event) => {
    countAll();
    const field = event.target.querySelector?.(".cell-editing input:not([type=hidden]), .cell-editing select");
    if (field) field.focus();
  });
  window.addEventListener("pageshow", countAll);
  countAll();
})();
