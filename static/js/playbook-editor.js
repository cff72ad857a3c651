// Dragging steps to their place; Alt and the arrow keys do the same. Without it the buttons do.
(() => {
  const editor = document.querySelector("[data-plan-editor]");
  if (!editor) return;
  document.documentElement.classList.add("has-plan-js");
  let dragged = null;

  const outline = () => editor.querySelector("[data-plan-outline]");
  const say = (text) => {
    const line = editor.querySelector("[data-plan-said]");
    if (line) line.textContent = text;
  };
  const clear = () => editor.querySelectorAll(".drop-before, .drop-end").forEach((element) => {
    element.classList.remove("drop-before", "drop-end");
  });

  async function arrange(values, focus) {
    const token = editor.querySelector("input[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ ...values, part: "outline", csrfmiddlewaretoken: token });
    try {
      const answer = await fetch(editor.dataset.arrange, { method: "POST", body, credentials: "same-origin" });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-plan-outline]");
      if (!fresh) throw new Error("no outline");
      outline().replaceWith(document.importNode(fresh, true));
      say(editor.dataset.moved);
      const row = values.key && editor.querySelector(`[data-key="${CSS.escape(values.key)}"]`);
      const target = row && (focus ? row.querySelector(focus) : row.querySelector(".plan-row-text"));
      if (target) target.focus();
      // The open form was made for the content before the move; its words stay, its base is renewed.
      const seen = fresh.dataset.seen;
      const field = editor.querySelector("input[name=seen]");
      if (seen && field) field.value = seen;
    } catch {
      say(editor.dataset.failed);
      window.location.reload();
    }
  }

  editor.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".plan-row");
    if (!row) return;
    dragged = row;
    row.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.dataset.key);
  });
  editor.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
    clear();
  });
  editor.addEventListener("dragover", (event) => {
    const phase = dragged && event.target.closest(".plan-phase");
    if (!phase) return;
    event.preventDefault();
    clear();
    const row = event.target.closest(".plan-row");
    if (row) row.classList.add("drop-before");
    else phase.querySelector("[data-plan-list]").classList.add("drop-end");
  });
  editor.addEventListener("drop", (event) => {
    const phase = dragged && event.target.closest(".plan-phase");
    if (!phase) return;
    event.preventDefault();
    const row = event.target.closest(".plan-row");
    if (row === dragged) return;
    // Places are counted without the step that is on its way.
    const rows = [...phase.querySelectorAll(".plan-row")].filter((one) => one !== dragged);
    const place = row ? rows.indexOf(row) : rows.length;
    arrange({ do: "place", key: dragged.dataset.key, phase: phase.dataset.phase, place });
  });

  editor.addEventListener("keydown", (event) => {
    const row = event.target.closest(".plan-row");
    if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    arrange({ do: event.key === "ArrowUp" ? "up" : "down", key: row.dataset.key });
  });
  editor.addEventListener("click", (event) => {
    const button = event.target.closest("[data-arrange-button]");
    if (!button) return;
    event.preventDefault();
    const key = button.closest(".plan-row").dataset.key;
    arrange({ do: button.value, key }, `[data-arrange-button][value="${button.value}"]`);
  });
})();
