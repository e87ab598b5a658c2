// A face that moves. `root` holds a portrait of ours as inline SVG; `now()` tells the seconds of
// the clock by which the voice is heard, such as an AudioContext's. In a picture that has no parts
// to move, everything here does nothing.
//
//   const face = createFace(root, now);
//   face.play([{shape: "D", at: 12.34}, …]);  // what comes next; later calls go on from there
//   face.quiet();                             // stop at once, with the mouth at rest
//   face.setMood("happy");
//   face.listening(0.4);                      // how loud the user is, 0 to 1
//   face.painted;                             // [{shape, at, painted}]: what was seen, and when
//
// Nothing runs sixty times a second but what has to: speech, a blink, a change of mood. In between
// there are a few small timers, and none while the page is hidden or the face out of sight.

function createFace(root, now) {
  const BLEND = 0.03; // seconds before and after an onset in which one mouth becomes the next
  const SHORTEST = 0.016; // seconds; what is shorter than a frame is not seen
  const REST = 0.3; // seconds after which a mouth that nothing follows comes to rest
  const MOOD = 0.35; // seconds in which one mood becomes the next
  const BLINK = 0.17; // seconds; shutting takes a third of it
  const BODY = 0.6; // seconds between two movements of the body at least: each draws the whole picture
  const BREATH = 0.9; // seconds between them at most: it moves along with a blink where one falls between
  const KEPT = 2000; // entries of `painted`

  const svg = root.querySelector("svg[data-moods]");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const nothing = () => {};
  if (!svg) {
    const deaf = { setMood: nothing, play: nothing, quiet: nothing, listening: nothing };
    return { ...deaf, destroy: nothing, painted: [] };
  }

  // ---- paths: numbers between words, so that any share of two drawings can be drawn ----

  const numbers = (path) => path.match(/-?\d+(\.\d+)?/g).map(Number);
  const words = (path) => path.split(/-?\d+(?:\.\d+)?/);
  const mix = (a, b, share) => a.map((number, i) => number + (b[i] - number) * share);
  const written = (text, values) =>
    text.reduce((path, word, i) => path + values[i - 1].toFixed(2) + word);
  const all = (selector) => [...svg.querySelectorAll(selector)];
  // Only what has changed is drawn again.
  const set = (node, name, value) => {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  };
  const smooth = (share) => share * share * (3 - 2 * share);
  const share = (from, length, at) => Math.min(1, Math.max(0, (at - from) / length));

  const mouths = {}; // shape -> for each part, [numbers with flat corners, numbers with corners up]
  for (const group of all(".shape")) {
    mouths[group.dataset.shape] = [...group.children].map((part) => [
      numbers(part.getAttribute("d")),
      numbers(part.dataset.up),
    ]);
  }
  const mouth = svg.querySelector(".mouth-now");
  const parts = [...mouth.children].map((node) => ({ node, text: words(node.getAttribute("d")) }));
  const ends = (selector) =>
    all(selector).map((node) => ({
      node,
      text: words(node.dataset.from),
      from: numbers(node.dataset.from),
      to: numbers(node.dataset.to),
    }));
  const lids = ends(".lid");
  const lows = ends(".low");
  const brows = [svg.querySelector(".brow-left"), svg.querySelector(".brow-right")];
  const gazes = all(".gaze");
  const heads = all(".head");
  const shoulders = all(".shoulders");

  // ---- what is going on ----

  const seconds = () => performance.now() / 1000;
  const poses = JSON.parse(svg.dataset.moods);
  const flat = ({ brows, lids, low, corners, width, gaze, tilt }) =>
    [...brows.flat(), lids, low, corners, width, ...gaze, tilt];
  let before = poses.calm;
  let mood = poses.calm;
  let moodSince = -9;
  let blinkSince = -9;
  let bodySince = -9;
  let look = [0, 0];
  let level = 0;
  let planned = []; // {shape, at}, the earliest first; the first is the mouth of now
  let seen = { shape: "X", at: -1 };
  let owed = []; // drawn in this frame, and on the screen by the next
  const painted = [];
  let inView = true;
  let frame = 0;
  const timers = {};

  const awake = () => inView && !document.hidden;
  const later = (name, milliseconds, action) => {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(action, milliseconds);
  };

  // ---- the mouth ----

  const drawing = (shape, corners) => mouths[shape].map(([low, up]) => mix(low, up, corners / 10));
  const between = (one, other, amount) => one.map((part, i) => mix(part, other[i], amount));

  function shaped(shape, held) {
    if (shape !== "X") return drawing(shape, held.corners);
    const [one, other] = [before.rest, mood.rest].map((rest) => drawing(rest, held.corners));
    return between(one, other, held.share);
  }

  // Which mouth it is now, which comes, and how far the one has become the other. Between mouths
  // that follow each other quickly the change is quicker, so that each is seen whole.
  function heard(at) {
    while (planned.length > 1 && at >= planned[1].at + half()) planned.shift();
    const [one, other] = planned;
    if (!one) return { one: "X", other: "X", amount: 0, last: seen };
    if (!other) return { one: one.shape, other: one.shape, amount: 0, last: one };
    const changed = smooth(share(other.at - half(), 2 * half(), at));
    const amount = still.matches ? Number(at >= other.at) : changed;
    return { one: one.shape, other: other.shape, amount, last: amount >= 0.5 ? other : one };
  }

  // Seconds before and after the next onset in which the mouth changes.
  function half() {
    const [one, other, third] = planned;
    const gap = Math.min(other.at - one.at, (third?.at ?? Infinity) - other.at);
    return Math.max(0.001, Math.min(BLEND, gap / 2));
  }

  function drawMouth(held) {
    const { one, other, amount, last } = heard(now());
    const values = between(shaped(one, held), shaped(other, held), amount);
    parts.forEach(({ node, text }, i) => set(node, "d", written(text, values[i])));
    set(mouth, "transform", `scale(${held.width.toFixed(3)} 1)`);
    if (last !== seen) {
      seen = last;
      svg.dataset.mouth = last.shape;
      owed.push(last);
    }
  }

  // What was drawn in the frame before is on the screen by now: a bound from above.
  function settle() {
    for (const { shape, at } of owed) painted.push({ shape, at, painted: now() });
    owed = [];
    if (painted.length > KEPT) painted.splice(0, painted.length - KEPT);
  }

  // ---- everything else ----

  function pose(at) {
    const amount = still.matches ? 1 : smooth(share(moodSince, MOOD, at));
    const values = mix(flat(before), flat(mood), amount);
    const [l1, l2, r1, r2, lids, low, corners, width, x, y, tilt] = values;
    const brows = [[l1, l2], [r1, r2]];
    return { share: amount, brows, lids, low, corners, width, gaze: [x, y], tilt };
  }

  function drawEyes(held, at) {
    const passed = share(blinkSince, BLINK, at);
    const shut = passed < 1 / 3 ? smooth(passed * 3) : 1 - smooth((passed - 1 / 3) * 1.5);
    const morph = ({ node, text, from, to }, amount) =>
      set(node, "d", written(text, mix(from, to, amount)));
    for (const lid of lids) morph(lid, held.lids + (1 - held.lids) * shut);
    for (const low of lows) morph(low, held.low);
    const [x, y] = [held.gaze[0] + look[0], held.gaze[1] + look[1]];
    for (const gaze of gazes) set(gaze, "transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
    brows.forEach((brow, i) => {
      const lift = -held.brows[i][0] - 3 * level;
      const turn = held.brows[i][1] * (i ? 1 : -1);
      set(brow, "transform", `translate(0 ${lift.toFixed(2)}) rotate(${turn.toFixed(2)})`);
    });
  }

  // Slow waves without a common beat, so that they never seem to repeat.
  function drawBody(held, at) {
    if (at < bodySince + BODY && at > moodSince + MOOD + BODY) return;
    bodySince = at;
    const wave = (period) => (still.matches ? 0 : Math.sin((at * 2 * Math.PI) / period));
    const up = (amount) => `translate(0 ${(-amount * wave(5.3)).toFixed(1)})`;
    const turn = (held.tilt + 0.5 * wave(7.9) + 0.4 * wave(12.7)).toFixed(1);
    for (const node of heads) set(node, "transform", `${up(0.7)} rotate(${turn} 200 290)`);
    for (const node of shoulders) set(node, "transform", up(1.2));
  }

  function draw() {
    const at = seconds();
    const held = pose(at);
    drawMouth(held);
    drawEyes(held, at);
    drawBody(held, at);
  }

  // ---- when ----

  // Seconds until the mouth has to move again; none when nothing is planned.
  function speechIn() {
    if (planned.length > 1) return planned[1].at - BLEND - now();
    planned = [];
    return Infinity;
  }

  function run() {
    frame = 0;
    settle();
    draw();
    const at = seconds();
    const soon = speechIn();
    if (soon < 0.2 || owed.length || at < moodSince + MOOD) wake();
    else if (at < blinkSince + BLINK) later("next", 40, wake); // three pictures make a blink
    else if (soon < Infinity) later("next", 150, wake); // a clock that stands still costs little
  }

  function wake() {
    if (!frame && awake()) frame = requestAnimationFrame(run);
  }

  function blink() {
    if (!still.matches) {
      blinkSince = seconds();
      later("shut", (1000 * BLINK) / 3, wake); // the first of them
    }
    const again = Math.random() < 0.12 ? 350 : 2200 + Math.random() * 3800;
    later("blink", again, blink);
  }

  function glance() {
    if (!still.matches && level === 0) {
      const away = look[0] === 0 && Math.random() < 0.5;
      const before = look[0];
      look = away ? [(Math.random() - 0.5) * 5, (Math.random() - 0.5) * 2.4] : [0, 0];
      if (look[0] !== before) wake();
    }
    later("glance", look[0] ? 500 + Math.random() * 900 : 1800 + Math.random() * 3000, glance);
  }

  function breathe() {
    const left = bodySince + BREATH - seconds();
    if (left <= 0 && !frame && !still.matches) drawBody(pose(seconds()), seconds());
    later("breath", 1000 * (left > 0 ? left : BREATH), breathe);
  }

  function live() {
    Object.values(timers).forEach(clearTimeout);
    if (!awake()) return;
    later("blink", 800 + Math.random() * 2500, blink);
    later("glance", 1500, glance);
    later("breath", 1000 * BREATH, breathe);
    wake();
  }

  const watcher = new IntersectionObserver((entries) => {
    const visible = entries[entries.length - 1].isIntersecting;
    if (visible !== inView) {
      inView = visible;
      live();
    }
  });
  watcher.observe(svg);
  document.addEventListener("visibilitychange", live);
  live();

  return {
    painted,

    setMood(name) {
      if (!poses[name] || poses[name] === mood) return;
      before = { ...pose(seconds()), rest: mood.rest };
      mood = poses[name];
      moodSince = seconds();
      wake();
    },

    play(visemes) {
      if (!visemes.length) return;
      const known = visemes.map(({ shape, at }) => ({ shape: mouths[shape] ? shape : "X", at }));
      const last = known[known.length - 1];
      if (last.shape !== "X") known.push({ shape: "X", at: last.at + REST });
      const before = planned.filter(({ at }) => at < known[0].at);
      if (!before.length) before.push((seen = { shape: "X", at: -Infinity }));
      const long = ({ at }, i, line) => !(line[i + 1]?.at < at + SHORTEST);
      planned = [...before, ...known].filter(long);
      wake();
    },

    quiet() {
      planned = [];
      owed = [];
      if (seen.shape !== "X") seen = { shape: "X", at: now() };
      svg.dataset.mouth = "X";
      draw();
    },

    listening(loudness) {
      const next = Math.min(1, Math.max(0, Number(loudness) || 0));
      if (Math.abs(next - level) < 0.02 && next > 0) return;
      level = next;
      if (level > 0) look = [0, 0];
      wake();
    },

    destroy() {
      cancelAnimationFrame(frame);
      Object.values(timers).forEach(clearTimeout);
      watcher.disconnect();
      document.removeEventListener("visibilitychange", live);
      planned = [];
    },
  };
}
