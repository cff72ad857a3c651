// Two clocks: what the server's clock would say, with an honest width; and a hybrid logical clock
// that never runs backwards and never ahead of what it has seen.
import { get, put } from "./store.js";

const DRIFT = 0.0002; // seconds a second that a cheap quartz may lose
// A clock that was set while this page was open no longer is what was compared.
let origin = Date.now() - performance.now();
const jumped = () => Math.abs(Date.now() - performance.now() - origin) > 2000;

export const measure = async (sentAt, receivedAt, serverNow) => {
  const unsure = Math.ceil((receivedAt - sentAt) / 2) + 1;
  const known = await get("meta", "clock");
  const now = Date.now();
  if (known && !jumped() && widthOf(known, now) < unsure) return;
  origin = now - performance.now();
  await put("meta", "clock", { offset: Math.round(serverNow - (sentAt + receivedAt) / 2), unsure, at: now });
};

const widthOf = (clock, now) => (now < clock.at ? Infinity : clock.unsure + Math.ceil((now - clock.at) * DRIFT));

// What a new operation says about its time; null when the clocks were never compared.
export const reading = async () => {
  const now = Date.now();
  const clock = await get("meta", "clock");
  const width = clock && !jumped() ? widthOf(clock, now) : Infinity;
  if (!Number.isFinite(width)) return { now, offset: null, unsure: null };
  return { now, offset: clock.offset, unsure: width };
};

const pad = (number, size) => String(number).padStart(size, "0");

export const tick = async (device) => {
  const { now, offset } = await reading();
  const last = (await get("meta", "hlc")) || { millis: 0, count: 0 };
  const millis = Math.max(now + (offset || 0), last.millis);
  const next = { millis, count: millis === last.millis ? last.count + 1 : 0 };
  await put("meta", "hlc", next);
  return `${pad(next.millis, 13)}-${pad(next.count, 5)}-${device}`;
};

export const witness = async (operations) => {
  const last = (await get("meta", "hlc")) || { millis: 0, count: 0 };
  for (const { hlc } of operations) {
    const [millis, counted] = hlc.split("-").map(Number);
    if (millis > last.millis || (millis === last.millis && counted > last.count)) {
      Object.assign(last, { millis, count: counted });
    }
  }
  await put("meta", "hlc", last);
};
