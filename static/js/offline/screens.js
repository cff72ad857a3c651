// What the offline pages show, made from the pack, the outbox and the fold; they change nothing.
import { button, clockTime, h, interval, say } from "./dom.js";
import { fold } from "./fold.js";

// The state of a run here: what the server told, and what this device has not sent yet.
export const stateOf = (run, waiting, me) => fold([
  ...run.operations,
  ...waiting.filter((op) => op.run === run.id).map((op) => asTold(op, me)),
]);

const asTold = (op, me) => ({
  id: op.op_id, kind: op.kind, step: op.step ? String(op.step) : "", actor: me, device: "", hlc: op.hlc,
  at: Date.parse(op.client_time) + (op.offset_ms ?? 0), unsure: op.uncertainty_ms ?? -1, base: op.base,
  payload: op.payload,
});

export const statusOf = (step, state) => {
  const told = state.steps[String(step.id)];
  const touched = told && (told.status !== "open" || told.taken_back.length);
  return touched ? told.status : step.status;
};

const card = (title, ...children) => (
  h("section", { class: "card" }, title && h("div", { class: "card-header" }, h("h2", { class: "card-title" }, title)), h("div", { class: "card-body stack-sm" }, children))
);

export const home = ({ pack, waiting, refused, filesLeft, go, act }) => [
  pack.incidents.length
    ? pack.incidents.map((incident) => h("a", { class: "card offline-incident", href: `#${incident.code}`, onclick: () => go(incident.code) },
      h("div", { class: "card-body split" },
        h("span", {}, h("strong", { class: "code" }, incident.code), ` ${incident.title}`, incident.is_exercise ? ` · ${say("exercise")}` : ""),
        h("span", { class: `badge severity-${incident.severity}` }, `S${incident.severity} ${incident.status_label}`))))
    : h("p", { class: "muted" }, say("no_incidents")),
  outbox({ waiting, refused, filesLeft, pack, act }),
  conflicts(pack),
  contacts(pack),
  sites(pack),
];

// Settled online only; here they say who has to be asked about what, and by when.
const conflicts = (pack) => (pack.conflicts?.length ? card(say("conflicts"), h("ul", { class: "offline-list" }, pack.conflicts.map((one) => h("li", { class: "split" },
  h("span", {}, h("strong", { class: "code" }, one.code), ` ${one.record}`),
  h("span", { class: "muted small" }, [one.why, one.sites.join(", "), say("due_at", clockTime(one.due))].filter(Boolean).join(" · ")))))) : null);

export const contacts = (pack) => card(say("contacts"), h("ul", { class: "offline-list" }, pack.contacts.map((person) => h("li", { class: "split" },
  h("span", {}, h("strong", {}, person.name), h("span", { class: "muted small" }, ` ${person.why}`)),
  h("span", { class: "cluster" },
    person.phone && h("a", { href: `tel:${person.phone}` }, person.phone),
    person.mail && h("a", { href: `mailto:${person.mail}` }, person.mail))))));

export const sites = (pack) => card(say("sites"), h("ul", { class: "offline-list" }, pack.sites.map((site) => h("li", { class: "split" },
  h("span", {}, h("strong", { class: "code" }, site.code), ` ${site.name}`),
  h("span", { class: "muted small" }, [site.state, site.since && clockTime(site.since), site.phone].filter(Boolean).join(" · "))))));

const outbox = ({ waiting, refused, filesLeft, pack, act }) => {
  if (!waiting.length && !refused.length && !filesLeft) return null;
  const steps = new Map(pack.incidents.flatMap((one) => one.runs).flatMap((run) => run.phases).flatMap((phase) => phase.steps).map((step) => [step.id, step.text]));
  const line = (op) => h("li", {}, `${clockTime(Date.parse(op.client_time) + (op.offset_ms ?? 0))} ${say(op.kind)} `,
    steps.get(op.step) ?? "", ` ${op.payload.text || op.payload.reason || ""}`, op.detail ? h("span", { class: "muted" }, ` ${op.detail}`) : "");
  return card(say("unsent", waiting.length + filesLeft),
    h("ul", { id: "outbox-list" }, waiting.map(line)),
    refused.length ? [h("h3", {}, say("refused")), h("ul", {}, refused.map(line)), button(say("forget_refused"), act.forgetRefused)] : null,
    waiting.length || filesLeft ? button(say("export"), act.export) : null);
};

export const incident = ({ pack, incident: one, waiting, act }) => [
  card("", h("p", {}, `S${one.severity} · ${one.status_label} · ${say("began")} ${clockTime(one.began)} · ${say("commander")}: ${one.commander || "–"}`),
    one.summary && h("p", {}, one.summary), h("p", { class: "muted small" }, one.sites.join(", ")),
    pack.can_work && one.runs.length ? proposals(pack, one, act) : null),
  one.runs.map((run) => runCard(run, stateOf(run, waiting, pack.person.id), pack, act)),
  pack.can_work && one.runs.length ? noteForm(one.runs[0], act) : null,
  card(say("timeline"), h("ol", { class: "offline-list" }, one.timeline.map((entry) => h("li", {},
    h("span", { class: "muted num" }, `${clockTime(entry.at)} `), entry.text, h("span", { class: "muted small" }, ` ${entry.who}`))))),
  contacts(pack),
];

const proposals = (pack, one, act) => h("div", { class: "cluster" }, ["contain", "recover", "close"].map((what) => (
  button(say(`propose_${what}`), () => act.propose(one.runs[0], what), "btn-ghost"))),
  pack.orders?.length && pack.sites.length ? button(say("propose_order"), () => act.order(one.runs[0]), "btn-ghost") : null,
  button(say("assign"), () => act.assign(one.runs[0], one), "btn-ghost"));

const noteForm = (run, act) => card(say("note"), h("form", { class: "stack-sm", id: "note-form", onsubmit: (event) => {
  event.preventDefault();
  const field = event.target.elements.text;
  if (field.value.trim()) act.note(run, field.value.trim());
} }, h("textarea", { class: "form-control", name: "text", rows: 2, "aria-label": say("note") }),
h("div", { class: "cluster" }, h("button", { class: "btn btn-sm" }, say("add_note")), button(say("evidence"), () => act.evidence(run), "btn-ghost"))));

const runCard = (run, state, pack, act) => card(`${run.code} ${run.title}`,
  state.clashes.filter((clash) => clash.open).map((clash) => h("p", { class: "offline-clash", role: "status" }, say("clash", say(clash.holds)))),
  run.phases.map((phase) => h("details", { open: phase.place !== "done" }, h("summary", {}, phase.name),
    h("ol", { class: "offline-steps" }, phase.steps.map((step) => stepLine(run, step, state, pack, act))))),
  state.notes.length ? h("ul", { class: "offline-list" }, state.notes.map((note) => h("li", {}, h("span", { class: "muted num" }, `${clockTime(note.at)} `), note.text))) : null);

const stepLine = (run, step, state, pack, act) => {
  const told = state.steps[String(step.id)];
  const status = statusOf(step, state);
  const open = status === "open" || status === "waiting";
  const doer = told?.done && run.operations.find((op) => op.id === told.done.id)?.who;
  const proposed = state.proposals.filter((one) => one.step === String(step.id) && !one.answer).at(-1);
  return h("li", { class: `offline-step offline-step-${status}`, "data-step": step.id, "data-status": status },
    h("div", { class: "split" }, h("span", {}, h("span", { class: "offline-mark", "aria-hidden": "true" }), ` ${step.text}`, step.two ? h("span", { class: "muted small" }, ` ${say("two")}`) : ""),
      h("span", { class: "muted small" }, told?.done ? `${doer || ""} ${interval(told.done.at, told.done.unsure)}` : say(status))),
    step.instructions && h("details", {}, h("summary", { class: "small muted" }, say("how")), h("p", { class: "offline-how" }, step.instructions)),
    told?.corroborated.length ? h("p", { class: "small muted" }, say("corroborated", told.corroborated.length)) : null,
    proposed ? h("p", { class: "small" }, `${say("proposed")} ${proposed.chosen}`) : null,
    pack.can_work ? h("div", { class: "cluster" }, open
      ? [button(step.decision || step.two ? say("propose") : say("tick"), () => act.tick(run, step), "btn-primary", { "data-act": "tick" }), button(say("skip"), () => act.skip(run, step), "btn-ghost", { "data-act": "skip" })]
      : button(say("untick"), () => act.untick(run, step, told), "btn-ghost", { "data-act": "untick" })) : null);
};
