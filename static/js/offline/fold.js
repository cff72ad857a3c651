// The state of a run as a fold of its operations: the same fold as incidents/offline/fold.py and
// clashes.py. Both reproduce the same recorded vectors; a change here is a change there.

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byClock = (a, b) => byText(a.hlc, b.hlc) || byText(a.id, b.id);
const byTime = (a, b) => a.at - b.at || byText(a.id, b.id);
const undoes = (op) => op.payload.undoes ?? [];
const isFull = (op) => op.kind === "tick" && (op.payload.part ?? 2) !== 1;
// What the plan left out by itself contradicts nobody.
const byPerson = (skip) => !skip.payload.plan;
const told = (ops, kind) => ops.filter((op) => op.kind === kind).sort(byTime);

export const inOrder = (operations) => {
  const once = new Map();
  for (const op of operations) if (!once.has(op.id)) once.set(op.id, op);
  return [...once.values()].sort(byClock);
};

const said = (op, ...fields) => {
  const plain = {};
  for (const name of ["id", "actor", "device", "at", "unsure", "step"]) plain[name] = op[name];
  for (const field of fields) plain[field] = op.payload[field] ?? "";
  return plain;
};

const statusOf = (full, ticks, skips) => {
  if (full.length) return skips.some(byPerson) ? "disputed" : "done";
  if (skips.length) return "skipped";
  return ticks.length ? "waiting" : "open";
};

const foldStep = (ops, undone) => {
  const standing = ops.filter((op) => !undone.has(`${op.step} ${op.id}`));
  const ticks = told(standing, "tick");
  const full = ticks.filter(isFull);
  const skips = told(standing, "skip");
  return {
    status: statusOf(full, ticks, skips),
    done: full.length ? said(full[0], "chosen", "note") : null,
    corroborated: full.slice(1).map((op) => said(op, "chosen", "note")),
    first_half: ticks.filter((op) => !isFull(op)).map((op) => said(op, "chosen")),
    skipped: skips.length ? said(skips[0], "reason") : null,
    taken_back: ops.filter((op) => op.kind === "untick")
      .map((op) => ({ ...said(op, "reason"), undoes: [...undoes(op)].sort(byText) })),
  };
};

const foldRoles = (ops) => {
  const held = {};
  for (const op of ops) if (op.kind === "assign") held[op.payload.role] = said(op, "user");
  return held;
};

const foldProposals = (ops) => {
  const answers = new Map();
  for (const op of ops) {
    if (op.kind === "answer" && !answers.has(op.payload.proposal)) answers.set(op.payload.proposal, op);
  }
  const answer = (op) => (op ? { ...said(op, "reason"), accepted: Boolean(op.payload.accepted) } : null);
  return ops.filter((op) => op.kind === "propose")
    .map((op) => ({ ...said(op, "what", "chosen", "reason"), answer: answer(answers.get(op.id)) }));
};

// -- contradictions
const orderIsCertain = (sides) => {
  if (sides.some((op) => op.unsure < 0)) return false;
  const spans = sides.map((op) => [op.at - op.unsure, op.at + op.unsure])
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return spans.every((span, index) => !index || spans[index - 1][1] < span[0]);
};
const clashOf = (kind, step, sides, holds, key = `${kind}:${step}`) => (
  { key, kind, step, sides: sides.map((op) => op.id), holds, certain: orderIsCertain(sides) }
);
const notTakenBack = (ops) => {
  const undone = new Set(ops.filter((op) => op.kind === "untick").flatMap(undoes));
  return ops.filter((op) => !undone.has(op.id));
};

const doneAndSkipped = (step, ops) => {
  const standing = notTakenBack(ops);
  const ticks = standing.filter(isFull);
  const skips = standing.filter((op) => op.kind === "skip" && byPerson(op));
  if (!ticks.length || !skips.length) return [];
  const overruled = new Set(ops.filter((op) => op.kind === "settle").flatMap(undoes));
  const holds = ticks.some((op) => !overruled.has(op.id)) ? "done" : "skipped";
  return [clashOf("done_skipped", step, [...ticks, ...skips], holds)];
};

const takenBackUnseen = (step, ops) => {
  const standing = notTakenBack(ops).filter(isFull);
  const ticks = ops.filter(isFull);
  return ops.filter((op) => op.kind === "untick").flatMap((back) => {
    const undone = new Set(undoes(back));
    if (!ticks.some((op) => undone.has(op.id))) return [];
    const unseen = standing.filter((op) => op.hlc < back.hlc);
    if (!unseen.length) return [];
    return [clashOf("taken_back", step, [back, ...unseen], "done", `taken_back:${step}:${back.id}`)];
  });
};

const twoChoices = (step, ops) => {
  const answered = new Set(ops.filter((op) => op.kind === "answer").map((op) => op.payload.proposal));
  const waiting = ops.filter((op) => op.kind === "propose" && !answered.has(op.id));
  const choices = new Set(waiting.map((op) => op.payload.chosen ?? ""));
  return choices.size > 1 ? [clashOf("choice", step, waiting, "nothing")] : [];
};

const twoHolders = (ops) => {
  const groups = new Map();
  for (const op of ops.filter((one) => one.kind === "assign")) {
    const { role, was = "" } = op.payload;
    const key = JSON.stringify([role, was]);
    if (!groups.has(key)) groups.set(key, { role, was, rivals: [] });
    groups.get(key).rivals.push(op);
  }
  return [...groups.values()]
    .sort((a, b) => byText(a.role, b.role) || byText(a.was, b.was))
    .filter(({ rivals }) => new Set(rivals.map((op) => op.payload.user)).size > 1)
    .map(({ role, was, rivals }) => (
      clashOf("role", "", rivals, String(rivals.at(-1).payload.user), `role:${role}:${was}`)
    ));
};

const findClashes = (steps, ops) => {
  const settled = ops.filter((op) => op.kind === "settle");
  const found = steps.flatMap(([step, own]) => [
    ...doneAndSkipped(step, own), ...takenBackUnseen(step, own), ...twoChoices(step, own),
  ]).concat(twoHolders(ops));
  for (const clash of found) {
    clash.open = !settled.some((op) => {
      const seen = new Set(op.payload.seen ?? []);
      return op.payload.clash === clash.key && clash.sides.every((side) => seen.has(side));
    });
  }
  return found;
};

export const fold = (operations) => {
  const ops = inOrder(operations);
  const undone = new Set(ops.filter((op) => ["untick", "settle"].includes(op.kind))
    .flatMap((op) => undoes(op).map((id) => `${op.step} ${id}`)));
  const groups = new Map();
  for (const op of ops) {
    if (!op.step) continue;
    if (!groups.has(op.step)) groups.set(op.step, []);
    groups.get(op.step).push(op);
  }
  const steps = [...groups].sort((a, b) => byText(a[0], b[0]));
  return {
    steps: Object.fromEntries(steps.map(([step, own]) => [step, foldStep(own, undone)])),
    notes: told(ops, "note").map((op) => said(op, "text")),
    evidence: told(ops, "evidence").map((op) => said(op, "text", "sha256")),
    roles: foldRoles(ops),
    proposals: foldProposals(ops),
    clashes: findClashes(steps, ops),
    size: ops.length,
  };
};

// Sorted keys, no spaces: equal states give equal text, here and in Python.
export const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort(byText).map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
};

export const stateHash = async (state) => {
  const bytes = new TextEncoder().encode(canonical(state));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};
