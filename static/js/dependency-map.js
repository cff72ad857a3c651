// Draws the dependency map; the list beneath says the same without it.
(() => {
  const box = document.getElementById("dependency-map");
  if (!box || typeof cytoscape !== "function") return;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const SHAPES = {
    application: "round-rectangle", database: "barrel", integration: "diamond",
    process: "ellipse", infrastructure: "hexagon", site: "round-pentagon",
    device_class: "tag", people: "octagon",
  };

  const style = () => [
    { selector: "node", style: {
      shape: (node) => SHAPES[node.data("kind")] || "ellipse",
      label: "data(code)", "font-size": 11, color: token("--ink"), "text-valign": "bottom",
      "text-margin-y": 4, width: "data(size)", height: "data(size)",
      "background-color": token("--panel-high"), "border-width": 2,
      "border-color": (node) => token({ feasible: "--ok", infeasible: "--act" }[node.data("standing")] || "--unknown"),
      "border-style": (node) => (node.data("is_third_party") ? "dashed" : "solid"),
    } },
    { selector: "edge", style: {
      "curve-style": "bezier", "target-arrow-shape": "triangle", "arrow-scale": 0.8,
      width: (edge) => (edge.data("is_critical") ? 3 : 1.2),
      "line-color": token("--line-strong"), "target-arrow-color": token("--line-strong"),
      "line-style": (edge) => ({ hard: "solid", degraded: "dashed", data: "dotted" })[edge.data("kind")],
    } },
    // Alternatives say how many of how many are needed, and of what.
    { selector: "edge[alternatives != '']", style: {
      label: "data(alternatives)", "font-size": 10, color: token("--ink-2"), "text-rotation": "autorotate",
      "text-background-color": token("--panel"), "text-background-opacity": 1, "text-background-padding": 2,
    } },
    // The critical path of the asset that was asked about: named above the picture, too.
    { selector: "node.on-path", style: { "border-width": 5, "font-weight": 700 } },
    { selector: "edge.on-path", style: { width: 5, "line-color": token("--accent"), "target-arrow-color": token("--accent") } },
    { selector: ".chosen", style: { "border-width": 5, "border-color": token("--accent") } },
    { selector: "node.here", style: { "outline-width": 3, "outline-offset": 3, "outline-color": token("--accent") } },
    { selector: "edge.here", style: { width: 6, "line-color": token("--accent"), "target-arrow-color": token("--accent") } },
    { selector: ".aside", style: { opacity: 0.35 } },
    { selector: ".quiet", style: { opacity: 0.15 } },
  ];

  // The facts of an arrow beside the picture: kind, group, how many of the group; or away with it.
  const change = (arrow) => {
    const dialog = document.getElementById("map-arrow");
    const form = dialog.querySelector("form");
    const facts = arrow.data();
    const to = (address) => address.replace("CODE", encodeURIComponent(facts.code)).replace("/0/", `/${facts.pk}/`);
    dialog.querySelector("h2").textContent = `${arrow.source().data("code")} → ${arrow.target().data("code")}`;
    form.action = to(form.dataset.change);
    form.querySelector("[formaction]").formAction = to(form.dataset.unlink);
    ["kind", "group", "needed"].forEach((name) => { form.elements[name].value = facts[name]; });
    const groups = arrow.source().outgoers("edge").map((one) => one.data("group")).filter(Boolean);
    dialog.querySelector("datalist").replaceChildren(...[...new Set(groups)].map((name) => new Option(name, name)));
    dialog.showModal();
  };

  // Two taps draw an arrow (the form asks for its kind), a tap on an arrow opens its facts.
  const edit = (graph) => {
    const button = document.getElementById("map-edit");
    if (!button) return { say: () => {}, tapped: () => false };
    const hint = document.getElementById("map-hint");
    let on = false;
    let first = null;
    const say = (text) => { hint.textContent = text; };
    const turn = () => {
      on = !on;
      first = null;
      button.setAttribute("aria-pressed", String(on));
      say(on ? button.dataset.first : "");
      graph.nodes().removeClass("chosen");
    };
    button.addEventListener("click", turn);
    if ("on" in button.dataset) turn();
    const tapped = (one) => {
      if (!on) return false;
      if (one.isEdge()) {
        change(one);
      } else if (!first) {
        first = one;
        one.addClass("chosen");
        say(`${one.data("code")}: ${button.dataset.second}`);
      } else if (first.id() !== one.id()) {
        const link = button.dataset.link.replace("CODE", encodeURIComponent(first.data("code")));
        location.href = `${link}&depends_on=${encodeURIComponent(one.data("id"))}`;
      }
      return true;
    };
    return { say, tapped };
  };

  // The same by keyboard: arrow keys go to the nearest asset that way, A through its arrows.
  const keys = (graph, say) => {
    let here = graph.collection();
    const MOVES = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    const nearest = ([x, y]) => {
      const from = (here.isNode() ? here : here.source()).position();
      const away = (node) => {
        const [dx, dy] = [node.position("x") - from.x, node.position("y") - from.y];
        const ahead = dx * x + dy * y;
        return ahead > 1 ? ahead + 2 * Math.abs(dx * y + dy * x) : Infinity;
      };
      const best = graph.nodes().min(away);
      return best.value < Infinity ? best.ele : here;
    };
    const next = () => {
      const from = here.isNode() ? here : here.source();
      const arrows = from.outgoers("edge");
      const at = here.isEdge() ? arrows.indexOf(here) + 1 : 0;
      return arrows.length ? arrows[at % arrows.length] : here;
    };
    const go = (one) => {
      here.removeClass("here");
      here = one.addClass("here");
      const near = graph.extent();
      const { x, y } = one.isNode() ? one.position() : one.midpoint();
      if (x < near.x1 || x > near.x2 || y < near.y1 || y > near.y2) graph.center(one);
      say(one.isNode() ? `${one.data("code")} ${one.data("name")}`
        : `${one.source().data("code")} → ${one.target().data("code")}: ${one.data("words")}`);
    };
    box.addEventListener("keydown", (event) => {
      const named = event.key.toLowerCase() === "a";
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (!(event.key in MOVES) && !named && event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      if (here.empty()) go(graph.nodes().first());
      else if (event.key === "Enter") here.emit("tap");
      else go(named ? next() : nearest(MOVES[event.key]));
    });
    box.addEventListener("blur", () => here.removeClass("here"));
    box.addEventListener("focus", () => here.addClass("here"));
  };

  // A rank of thirty tills is broken into rows, so that the whole picture stays wide enough to read.
  const ROW = box.clientWidth < 600 ? 5 : 13;
  const GAP = 92;
  const folded = (graph) => {
    const ranks = new Map();
    graph.nodes().sort((a, b) => a.position("x") - b.position("x")).forEach((node) => {
      const height = Math.round(node.position("y"));
      ranks.set(height, [...(ranks.get(height) || []), node]);
    });
    const span = graph.elements().boundingBox({ includeLabels: false });
    let top = 0;
    [...ranks].sort(([a], [b]) => a - b).forEach(([, nodes]) => {
      const rows = Math.ceil(nodes.length / ROW);
      let last = -Infinity;
      const places = nodes.map((node, index) => {
        const wished = rows > 1 ? index / (nodes.length - 1) : (node.position("x") - span.x1) / (span.w || 1);
        last = Math.max(wished * ROW * GAP, last + GAP / rows);
        return last;
      });
      const over = Math.max(0, last - ROW * GAP);
      nodes.forEach((node, index) => node.position({ x: places[index] - over / 2, y: top + (index % rows) * 64 }));
      top += (rows - 1) * 64 + 110;
    });
    graph.fit(undefined, 24);
  };

  const draw = ({ nodes, arrows, chosen }) => {
    const elements = [
      ...nodes.map((node) => ({ data: { ...node, size: 44 - 6 * node.criticality } })),
      ...arrows.map((arrow, index) => ({ data: { id: `a${index}`, ...arrow } })),
    ];
    const name = nodes.length <= 800 ? "dagre" : "breadthfirst";
    const graph = cytoscape({
      container: box, elements, style: style(), maxZoom: 1.6,
      layout: { name, rankDir: "TB", nodeSep: 14, rankSep: 54, animate: false },
    });
    if (name === "dagre") folded(graph);
    if (chosen) {
      const path = graph.elements("[?is_on_path]").addClass("on-path");
      graph.elements().difference(path).addClass("aside");
    }
    const { say, tapped } = edit(graph);
    keys(graph, say);
    graph.on("tap", "edge", (event) => tapped(event.target));
    graph.on("tap", "node", (event) => {
      if (tapped(event.target)) return;
      location.href = box.dataset.page.replace("CODE", encodeURIComponent(event.target.data("code")));
    });
    graph.on("mouseover", "node", (event) => {
      const near = event.target.predecessors().union(event.target.successors()).union(event.target);
      graph.elements().difference(near).addClass("quiet");
    });
    graph.on("mouseout", "node", () => graph.elements().removeClass("quiet"));
    new MutationObserver(() => graph.style(style())).observe(document.documentElement, {
      attributes: true, attributeFilter: ["data-bs-theme"],
    });
  };

  fetch(box.dataset.source, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then(draw)
    .catch(() => box.classList.add("dependency-map-failed"));
})();
