// Elements without HTML strings: what people wrote can never become markup.
export const words = JSON.parse(document.body.dataset.words || "{}");
export const say = (name, ...values) => values.reduce((text, value) => text.replace("%s", value), words[name] ?? name);

export const h = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return element;
};

export const button = (label, act, kind = "", properties = {}) => (
  h("button", { type: "button", class: `btn btn-sm ${kind}`, onclick: act, ...properties }, label)
);

export const clockTime = (millis, { seconds = false } = {}) => (millis ? new Date(millis).toLocaleTimeString("en-GB", {
  hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}),
}) : "–");

export const interval = (at, unsure) => {
  if (unsure < 0 || unsure === null) return say("own_clock", clockTime(at));
  if (unsure < 1000) return clockTime(at, { seconds: true });
  return `${clockTime(at - unsure, { seconds: true })}–${clockTime(at + unsure, { seconds: true })}`;
};

// A question with a field or two; answers null when the person thinks better of it.
export const askFor = (title, fields, submit) => new Promise((resolve) => {
  const dialog = h("dialog", { class: "ask" });
  const inputs = fields.map(({ name, label, type = "text", value = "", required = true, options = null }) => {
    const input = options
      ? h("select", { class: "form-select", name, required }, options.map(([key, shown]) => h("option", { value: key }, shown)))
      : h("input", { class: "form-control", name, type, value, required, autocomplete: "off" });
    return [name, input, h("label", {}, label, input)];
  });
  const form = h("form", { method: "dialog", class: "stack-sm" }, h("h2", {}, title), inputs.map(([, , label]) => label),
    h("div", { class: "form-buttons" },
      h("button", { class: "btn btn-primary", value: "yes" }, submit),
      h("button", { class: "btn", value: "", formnovalidate: true }, say("cancel"))));
  dialog.append(form);
  dialog.addEventListener("close", () => {
    const files = Object.fromEntries(inputs.map(([name, input]) => [name, input.type === "file" ? input.files[0] : input.value]));
    dialog.remove();
    resolve(dialog.returnValue === "yes" ? files : null);
  });
  document.body.append(dialog);
  dialog.showModal();
});
