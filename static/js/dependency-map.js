// Draws the dependency map; the list beneath says the same without it.
(() => {
  const box = document.getElementById("dependency-map");
  if (!box || typeof cytoscape !== "function") return;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const SHAPES = {
    application: "round-rectangle", database: "barrel", integration: "diamond",
    process: "ellipse", infrastructure: "hexagon", site: "round-pentagon",
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
    // The critical path of the asset that was asked about: named above the picture, too.
    { selector: "node.on-path", style: { "border-width": 5, "font-weight": 700 } },
    { selector: "edge.on-path", style: { width: 5, "line-color": token("--accent"), "target-arrow-color": token("--accent") } },
    { selector: ".chosen", style: { "border-width": 5, "border-color": token("--accent") } },
    { selector: ".aside", style: { opacity: 0.35 } },
    { selector: ".quiet", style: { opacity: 0.15 } },
  ];

  // Two taps draw an arrow (the form asks for its kind), a tap on an arrow takes it away.
  const edit = (graph) => {
    const button = document.getElementById("map-edit");
    if (!button) return () => false;
    const hint = document.getElementById("map-hint");
    let on = false;
    let first = null;
    const say = (text) => { hint.textContent = text; };
    button.addEventListener("click", () => {
      on = !on;
      first = null;
      button.setAttribute("aria-pressed", String(on));
      say(on ? button.dataset.first : "");
      graph.nodes().removeClass("chosen");
    });
    graph.on("tap", "edge", (event) => {
      if (!on || !confirm(`${event.target.data("code")}: ${button.dataset.sure}`)) return;
      const form = document.getElementById("map-unlink");
      const code = encodeURIComponent(event.target.data("code"));
      form.action = button.dataset.unlink.replace("CODE", code).replace("/0/", `/${event.target.data("pk")}/`);
      form.submit();
    });
    return (node) => {
      if (!on) return false;
      if (!first) {
        first = node;
        node.addClass("chosen");
        say(`${node.data("code")}: ${button.dataset.second}`);
      } else if (first.id() !== node.id()) {
        const link = button.dataset.link.replace("CODE", encodeURIComponent(first.data("code")));
        location.href = `${link}?depends_on=${encodeURIComponent(node.data("id"))}`;
      }
      return true;
    };
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
    if (chosen) {
      const path = graph.elements("[?is_on_path]").addClass("on-path");
      graph.elements().difference(path).addClass("aside");
    }
    const editing = edit(graph);
    graph.on("tap", "node", (event) => {
      if (editing(event.target)) return;
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
