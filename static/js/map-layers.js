// How the map is drawn: land, failover paths, regions in trouble, sites as shapes with letters, and
// labels that are placed one after the other so that none lies on another.
window.SiagaMap = (() => {
  const SIZE = { fine: [0, 13, 10, 8, 6], act: [0, 19, 17, 15, 13] };
  const DASH = { ready: [5, 5], degraded: [2, 4], active: "solid", down: [1, 6] };
  const PATH_TONE = { ready: "info", degraded: "watch", active: "ok", down: "act" };
  const SYMBOL = { circle: "circle", triangle: "triangle", rect: "rect", diamond: "diamond", ring: "circle" };

  const palette = () => {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    return Object.fromEntries(["ok", "watch", "act", "info", "calm", "unknown", "panel", "ink", "ink-2", "ink-3",
      "line", "land", "land-edge", "land-far", "sea", "bg"].map((name) => [name, read(name)]));
  };
  const hatch = (color, ground) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const pen = canvas.getContext("2d");
    pen.fillStyle = ground;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = color;
    pen.lineWidth = 3;
    [-8, 0, 8].forEach((shift) => {
      pen.beginPath();
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
      pen.stroke();
    });
    return { image: canvas, repeat: "repeat" };
  };
  const isFine = (site) => site.state === "online";
  // Where hundreds are well they step back, so that the others are seen.
  let crowd = 1;
  const setCrowd = (count) => { crowd = Math.max(0.45, Math.min(1, Math.sqrt(150 / Math.max(1, count)))); };
  const sizeOf = (site) => (isFine(site) ? (SIZE.fine[site.criticality] || 8) * crowd : SIZE.act[site.criticality] || 13);

  // -- labels: the gravest first, each at the first free place around its point
  const pen = document.createElement("canvas").getContext("2d");
  const BENEATH = [14, 26, 40, 56].flatMap((down) => [0, -60, 60, -120, 120].map((aside) => [aside, down]));
  const PLACES = [];
  [0, 14, 30, 52, 78].forEach((far) => {
    [0, 180, -35, 35, 145, -145, -75, 75, 105, -105].forEach((angle) => PLACES.push([far, (angle * Math.PI) / 180]));
  });
  const clash = (box, boxes) => boxes.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
  const layLabels = (wishes, toPixel, frame) => {
    const taken = wishes.filter((wish) => wish.size).map((wish) => {
      const [x, y] = toPixel(wish.at);
      const half = wish.size / 2 + 1;
      return [x - half, y - half, x + half, y + half];
    });
    taken.push([frame.width - 168, frame.height - 48, frame.width, frame.height]); // the buttons
    return wishes.map((wish) => {
      pen.font = `600 ${wish.font}px Inter, sans-serif`;
      const wide = pen.measureText(wish.text).width + 6;
      const high = wish.font + 5;
      const [x, y] = toPixel(wish.at);
      const reach = (wish.size || 0) / 2 + 3;
      const tries = wish.below
        ? BENEATH.map(([aside, down]) => [x + aside, y + reach + down, false])
        : PLACES.map(([far, angle]) => [x + Math.cos(angle) * (reach + far + wide / 2), y + Math.sin(angle) * (reach + far + high / 2), far > 0]);
      for (const [cx, cy, led] of tries) {
        const box = [cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2];
        const inside = box[0] > 2 && box[1] > 2 && box[2] < frame.width - 2 && box[3] < frame.height - 2;
        if (inside && !clash(box, taken)) {
          taken.push(box);
          return { ...wish, x, y, cx, cy, led };
        }
      }
      return null;
    });
  };

  const labelSeries = (wishes, colors, chart) => {
    let placed = [];
    return {
      type: "custom",
      coordinateSystem: "geo",
      silent: true,
      z: 6,
      animation: false,
      data: wishes.map((wish) => wish.at),
      renderItem: (params, api) => {
        if (params.dataIndexInside === 0) {
          placed = layLabels(wishes, (at) => api.coord(at), { width: chart.getWidth(), height: chart.getHeight() });
        }
        const label = placed[params.dataIndex];
        if (!label) return null;
        const children = [{
          type: "text",
          x: label.cx,
          y: label.cy,
          style: { text: label.text, font: `600 ${label.font}px Inter, sans-serif`, fill: label.color, align: "center",
            verticalAlign: "middle", stroke: colors.sea, lineWidth: 3 },
        }];
        if (label.led) {
          children.unshift({ type: "line", shape: { x1: label.x, y1: label.y, x2: label.cx, y2: label.cy },
            style: { stroke: colors["ink-3"], lineWidth: 1, opacity: 0.7 } });
        }
        return { type: "group", children };
      },
    };
  };

  const letterSeries = (sites, looks, colors) => ({
    type: "custom",
    coordinateSystem: "geo",
    silent: true,
    z: 5,
    animation: false,
    data: sites.map((site) => [site.lon, site.lat]),
    renderItem: (params, api) => {
      const site = sites[params.dataIndex];
      const [tone, shape, letter, hatched] = looks[site.state];
      const [x, y] = api.coord([site.lon, site.lat]);
      const hollow = shape === "ring" || hatched;
      return { type: "text", x, y: shape === "triangle" ? y + 2 : y, style: { text: letter, align: "center", verticalAlign: "middle",
        font: `700 ${Math.max(8, sizeOf(site) - 8)}px Inter, sans-serif`, fill: hollow ? colors.ink : colors.bg,
        stroke: hollow ? colors.bg : colors[tone], lineWidth: hollow ? 2.5 : 0 } };
    },
  });

  const ellipseSeries = (regions, colors) => ({
    type: "custom",
    coordinateSystem: "geo",
    silent: true,
    z: 2,
    animation: false,
    data: regions.map((region) => region.at),
    renderItem: (params, api) => {
      const points = regions[params.dataIndex].points.map((point) => api.coord(point));
      const xs = points.map(([x]) => x);
      const ys = points.map(([, y]) => y);
      const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
      return { type: "ellipse",
        shape: { cx: (left + right) / 2, cy: (top + bottom) / 2, rx: (right - left) * 0.72 + 16, ry: (bottom - top) * 0.72 + 16 },
        style: { fill: colors.act, opacity: 0.13, stroke: colors.act, lineWidth: 1, lineDash: [4, 3] } };
    },
  });

  const dots = (sites, looks, colors) => sites.map((site) => {
    const [tone, shape, , hatched] = looks[site.state];
    const hollow = shape === "ring";
    return {
      value: [site.lon, site.lat],
      code: site.code,
      name: `${site.code} ${site.name} · ${looks[site.state][4]}`,
      symbol: SYMBOL[shape],
      symbolSize: sizeOf(site),
      itemStyle: {
        color: hatched ? hatch(colors[tone], colors.sea) : hollow ? "transparent" : colors[tone],
        borderColor: hatched || hollow ? colors[tone] : colors.sea,
        borderWidth: hatched || hollow ? 2 : 1,
      },
    };
  });

  // What just changed carries a ring for ten seconds; it does not move.
  const haloSeries = (sites, colors) => ({
    type: "scatter",
    coordinateSystem: "geo",
    silent: true,
    z: 3,
    animation: false,
    data: sites.map((site) => ({ value: [site.lon, site.lat], symbol: "circle", symbolSize: sizeOf(site) + 14,
      itemStyle: { color: "transparent", borderColor: colors.ink, borderWidth: 2 } })),
  });

  return { palette, setCrowd, haloSeries, isFine, sizeOf, dots, labelSeries, letterSeries, ellipseSeries, DASH, PATH_TONE };
})();
