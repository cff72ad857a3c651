// The live stream: hears which topics changed, has the parts that follow them fetched again, marks
// what is new, and says honestly in the lamp how old the page is.
(() => {
  const address = document.body.dataset.live;
  const lamp = document.getElementById("lamp");
  if (!address || !lamp || !window.EventSource) return;
  const words = JSON.parse(document.body.dataset.words || "{}");
  const QUIET = 25000; // the stream beats more often than this
  const OLD = 15000;
  const SETTLE = 150;
  const MARKED = 10000;
  let stream = null;
  let heard = Date.now();
  let everOpen = false;
  let tries = 0;
  let retry = null;

  // -- what must be fetched again
  const waiting = new Set();
  let timer = null;
  const concerns = (element, topic) => element.dataset.liveTopics.split(/\s+/).some(
    (wanted) => wanted === topic || wanted === topic.split(":")[0],
  );
  // A button that is exchanged between press and release swallows the press: its part waits. The
  // time ends a press whose release nobody saw.
  const PRESS = 2000;
  let pressed = { on: null, at: 0 };
  const press = (event) => {
    if (event.type === "keydown" && event.key !== " ") return;
    pressed = { on: event.target, at: Date.now() };
    setTimeout(() => waiting.size && soon(), PRESS + 10);
  };
  const lift = () => setTimeout(() => { // after the click that the release makes
    pressed = { on: null, at: 0 };
    if (waiting.size) soon();
  });
  ["pointerdown", "keydown"].forEach((name) => document.addEventListener(name, press, true));
  ["pointerup", "pointercancel", "keyup"].forEach((name) => document.addEventListener(name, lift, true));
  const busy = (element) => {
    const active = document.activeElement;
    return element.matches("details[open]")
      || (Date.now() - pressed.at < PRESS && element.contains(pressed.on))
      || (element.contains(active) && active.matches("input:not([type=checkbox]), textarea, select"));
  };
  const flush = () => {
    timer = null;
    if (document.hidden) return;
    [...waiting].forEach((element) => {
      if (!element.isConnected) waiting.delete(element);
      else if (!busy(element)) {
        waiting.delete(element);
        window.htmx?.trigger(element, "live");
      }
    });
  };
  const soon = () => { timer ??= setTimeout(flush, SETTLE); };
  const refresh = (test) => {
    document.querySelectorAll("[data-live-topics]").forEach((element) => {
      if (test(element)) waiting.add(element);
    });
    if (waiting.size) soon();
  };
  // What was asked for before somebody pressed or typed is asked for again when they are done.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { elt, triggeringEvent } = event.detail.requestConfig;
    if (triggeringEvent && triggeringEvent.type !== "live") return;
    if (!event.detail.target.isConnected || !busy(event.detail.target)) return;
    event.detail.shouldSwap = false;
    if (elt.dataset.liveTopics) waiting.add(elt);
  });
  document.addEventListener("visibilitychange", () => waiting.size && soon());
  document.addEventListener("focusout", () => waiting.size && soon());

  // -- what is new in it
  const marks = new Map();
  const learn = (show) => {
    document.querySelectorAll("[id][data-mark]").forEach((element) => {
      const known = marks.get(element.id);
      if (known === element.dataset.mark) return;
      marks.set(element.id, element.dataset.mark);
      if (!show) return;
      element.classList.add("just-changed");
      setTimeout(() => document.getElementById(element.id)?.classList.remove("just-changed"), MARKED);
    });
  };
  learn(false);
  document.addEventListener("htmx:afterSettle", (event) => {
    const cause = event.detail.requestConfig?.elt;
    learn(Boolean(cause?.dataset?.liveTopics && event.detail.requestConfig.triggeringEvent?.type === "live"));
  });

  // -- the lamp
  const say = (state, text) => {
    if (lamp.dataset.state !== state) {
      lamp.dataset.state = state;
      document.dispatchEvent(new CustomEvent("siaga:lamp", { detail: { state } }));
    }
    const word = lamp.querySelector(".lamp-word");
    if (word.textContent !== text) word.textContent = text;
  };
  const look = () => {
    const age = Date.now() - heard;
    const open = stream?.readyState === EventSource.OPEN;
    if (open && age < QUIET) return say("live", words.live);
    if (!everOpen && age < OLD) return say("connecting", words.connecting);
    if (age < OLD) return say("old", words.old.replace("%s", `${Math.max(1, Math.round(age / 1000))} ${words.s}`));
    if (open) connect(); // silent beyond its beat: the line is dead, whatever the browser believes
    const since = new Date(heard).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    return say("lost", words.lost.replace("%s", since));
  };

  // -- the stream
  const hear = (event) => {
    heard = Date.now();
    let news;
    try { news = JSON.parse(event.data); } catch { return; }
    if (!news?.topic) return;
    document.dispatchEvent(new CustomEvent("siaga:live", { detail: news }));
    refresh((element) => concerns(element, news.topic));
  };
  function connect() {
    clearTimeout(retry);
    stream?.close();
    stream = new EventSource(address);
    stream.onopen = () => {
      const returned = everOpen;
      heard = Date.now();
      everOpen = true;
      tries = 0;
      look();
      if (returned) refresh(() => true); // whatever was missed meanwhile
    };
    stream.addEventListener("live", hear);
    stream.addEventListener("pulse", () => { heard = Date.now(); });
    stream.addEventListener("resync", () => { heard = Date.now(); refresh(() => true); });
    stream.onerror = () => {
      look();
      if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
      clearTimeout(retry);
      retry = setTimeout(connect, Math.min(30000, 1000 * 2 ** tries++) * (0.7 + 0.6 * Math.random()));
    };
  }
  window.addEventListener("online", connect);
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  window.addEventListener("pagehide", () => stream?.close());
  setInterval(look, 1000);
  connect();
})();
