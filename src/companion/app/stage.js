// The stage: the companion's face, voice and ears. It speaks with the server over a line of its own
// (stage_channel.js), plays on one clock (stage_player.js) and hears (stage_microphone.js).
const words = props.words[document.documentElement.lang];
const part = (name) => element.querySelector(`.${name}`);
const PROGRESS_MS = 50;
const REST_MS = 3_000; // of silence, after which the clock is stopped: an idle page costs nothing
const TAP_MS = 300; // a shorter press is no message
const TAIL_MS = 120; // what is still on its way when the button is let go

// ---- what the visitor chose, kept in this browser where it keeps anything --------------------------

const chosen = { voice: null, captions: true };
try {
  Object.assign(chosen, JSON.parse(localStorage.getItem("companion.stage")));
} catch {
  // nothing kept, or nothing that can be read
}

function choose(what, value) {
  chosen[what] = value;
  try {
    localStorage.setItem("companion.stage", JSON.stringify(chosen));
  } catch {
    // a browser that keeps nothing
  }
  if (what === "voice") channel?.send("voice", { on: Boolean(value) });
  show();
}

// ---- the clock ------------------------------------------------------------------------------------

let context = null;
let player = null;
let resting = null;

async function audio() {
  if (!context) {
    context = new AudioContext();
    player = createPlayer(context);
  }
  clearTimeout(resting);
  if (context.state !== "running") await Promise.race([context.resume(), soon(300)]);
  return context;
}

const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const clock = () => player?.position() ?? 0; // of the words and the mouth

function rest() {
  clearTimeout(resting);
  resting = setTimeout(() => {
    if (!microphone.isOpen() && !player?.playing() && !state.answering) context?.suspend();
  }, REST_MS);
}

// ---- the parts ------------------------------------------------------------------------------------

const state = {
  tied: false, // the line to the server
  why: props.silent ? words.no_line : "", // no voice at all, for this reason
  hearing: { why: "" },
  speaking: { why: "" },
  trouble: "", // of the microphone, or of what was heard
  held: false, // the button is held
  open: false, // the microphone stays open
  muted: false,
  ear: "", // speech, understanding: what the server hears
  answering: false,
};
let channel = null;
let told = null; // how far it was heard when it was silenced here, until the server asks
const captions = createCaptions(part("captions"), clock);
const portrait = createPortrait(part("portrait"), clock, props.persona);
const code = URL.createObjectURL(new Blob([props.worklet], { type: "text/javascript" }));
const microphone = createMicrophone(audio, code, heard, lost);

function heard(sound, level) {
  const listening = state.held || (state.open && !state.muted);
  if (listening) channel.sound(sound);
  part("stage").style.setProperty("--level", listening ? Math.min(1, level * 6).toFixed(2) : 0);
  portrait.face().listening(listening ? level : 0);
}

function lost(trouble) {
  if (state.open) channel.send("microphone", { open: false });
  Object.assign(state, { trouble: words[trouble], held: false, open: false, muted: false, ear: "" });
  show();
}

async function hearing() {
  state.trouble = "";
  if (chosen.voice === null) choose("voice", true); // who talks is answered aloud, unless told not to
  try {
    await microphone.open();
    return true;
  } catch (trouble) {
    lost(trouble);
    return false;
  }
}

// ---- talking --------------------------------------------------------------------------------------

let presses = 0; // each has its number: one that was let go before the microphone came is over
let pressed = 0; // when the last one began

async function hold() {
  if (state.held || part("talk").disabled) return;
  const mine = ++presses;
  pressed = performance.now();
  state.held = true;
  silence();
  show();
  if (!(await hearing())) return;
  if (mine === presses) channel.send("talk", { on: true });
  else if (!state.held) giveBack();
  show();
}

async function release() {
  if (!state.held) return;
  const mine = presses;
  const tapped = performance.now() - pressed < TAP_MS;
  if (microphone.isOpen() && !tapped) await soon(TAIL_MS);
  if (mine !== presses) return;
  presses++;
  state.held = false;
  if (tapped) state.trouble = words.short;
  channel.send("talk", { on: false, tapped });
  giveBack();
}

function giveBack() {
  if (!state.open && !state.held) microphone.close();
  rest();
  show();
}

async function keepOpen(open) {
  if (open && !(await hearing())) return;
  Object.assign(state, { open, muted: false, ear: "" });
  channel.send("microphone", { open });
  giveBack();
}

function mute(muted) {
  state.muted = muted;
  channel.send("microphone", { open: !muted });
  show();
}

// Stops what is being said, now; the server is told how far it was heard when it asks.
function silence() {
  if (player?.turn() == null) return;
  told = player.hush();
  quiet();
  channel.send("stop");
}

function quiet() {
  portrait.face().quiet();
  captions.clear();
  clearInterval(following);
  following = 0;
  rest();
  show();
}

// ---- what the server tells ------------------------------------------------------------------------

let following = 0;

const on = {
  tied: () => ({ voice: Boolean(chosen.voice), open: state.open && !state.muted }),

  cut() {
    Object.assign(state, { tied: false, ear: "" });
    show();
  },

  hello({ hearing, speaking }) {
    Object.assign(state, { tied: true, hearing, speaking });
    show();
  },

  // A turn begins; what was said before has been silenced.
  async turn({ turn, aloud }) {
    Object.assign(state, { answering: true, ear: "", trouble: "" });
    told = null;
    portrait.face().setMood("thinking");
    show();
    if (!aloud) return;
    audio();
    player.begin(turn);
    captions.clear();
  },

  sentence: ({ turn, number, text }) => turn === player?.turn() && captions.sentence(number, text),

  speech({ turn, number, rate, words, visemes }, sound) {
    const at = player?.add(turn, sound, rate) ?? null;
    if (at === null) return;
    captions.spoken(number, at, words.map(([text, start]) => [text, at + start]));
    portrait.face().play(visemes.map(([shape, start]) => ({ shape, at: at + start })));
    if (!following) begun();
  },

  // The turn's words and sounds are complete.
  done({ turn }) {
    state.answering = false;
    player?.finish(turn);
    portrait.face().setMood("calm");
    if (!following) rest();
    show();
  },

  hush({ turn }) {
    const far = told ?? player?.hush() ?? { turn: null, seconds: 0 };
    told = null;
    channel.send("hushed", { turn, seconds: far.turn === turn ? far.seconds : 0 });
    state.answering = false;
    portrait.face().setMood("calm");
    quiet();
  },

  // Somebody may be about to interrupt.
  pause: () => player?.pause(),
  resume: () => player?.resume(),

  ear({ hears }) {
    state.ear = hears;
    if (hears) state.trouble = "";
    show();
  },

  misheard({ why }) {
    Object.assign(state, { ear: "", trouble: why ?? words.misheard });
    show();
  },
};

function begun() {
  portrait.face().setMood("calm");
  following = setInterval(follow, PROGRESS_MS);
  show();
}

let beats = 0;

function follow() {
  captions.draw();
  if (++beats % 5 === 0) channel.send("playing", { turn: player.turn(), seconds: player.position() });
  if (!player.over()) return;
  told = player.hush();
  channel.send("ended", told);
  quiet();
}

// ---- what is seen ---------------------------------------------------------------------------------

function saying() {
  if (state.why) return state.why;
  if (state.trouble) return state.trouble;
  if (!state.tied) return words.voice_cut;
  if (state.held) return microphone.isOpen() ? words.listening_held : words.opening;
  if (state.ear) return words[`ear_${state.ear}`];
  if (following && state.hearing.why) return words.speaking_only;
  if (following) return state.open ? words.speaking_open : words.speaking;
  if (state.answering) return words.voice_thinking;
  if (state.muted) return words.muted;
  if (state.open) return words.listening_open;
  return state.hearing.why || state.speaking.why || words.voice_idle;
}

function show() {
  const hears = state.tied && !state.hearing.why;
  const speaks = state.tied && !state.speaking.why;
  const line = saying();
  if (part("state").textContent !== line) part("state").textContent = line;
  const busy = state.held ? "listening" : following ? "speaking" : state.open ? "open" : "idle";
  part("stage").dataset.now = state.trouble ? "trouble" : busy;
  part("talk").disabled = part("open").disabled = !hears;
  part("voice").disabled = !speaks;
  part("mute").disabled = !state.open;
  press("open", state.open);
  press("mute", state.muted);
  press("voice", Boolean(chosen.voice) && !state.speaking.why);
  press("caption", chosen.captions);
  part("captions").hidden = !chosen.captions;
  part("about-ear").textContent = state.hearing.about ?? state.hearing.why;
  part("about-mouth").textContent = state.speaking.about ?? state.speaking.why;
  part("keys").hidden = !hears;
  part("controls").hidden = Boolean(state.why);
  part("limits").hidden = Boolean(state.why);
}

const press = (name, on) => part(name).setAttribute("aria-pressed", String(on));

for (const name of ["talk", "open", "mute", "voice", "caption"]) {
  part(name).querySelector("span").textContent = words[`button_${name}`];
  part(name).title = words[`button_${name}`];
}
part("stage").setAttribute("aria-label", words.stage);
part("controls").setAttribute("aria-label", words.stage_controls);
part("limits").querySelector("summary").textContent = words.limits;
part("keys").textContent = words.keys;

// ---- hands ----------------------------------------------------------------------------------------

const talk = part("talk");
const SPEAKING_KEYS = [" ", "Enter"];

talk.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  talk.setPointerCapture(event.pointerId);
  hold();
});
for (const gone of ["pointerup", "pointercancel", "lostpointercapture"])
  talk.addEventListener(gone, release);
talk.addEventListener("contextmenu", (event) => event.preventDefault());

// Space is the button's own key, and that of the page where no other control has the focus.
const free = () => [document.body, talk, null].includes(document.activeElement);

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") silence();
  const own = event.target === talk && event.key === "Enter";
  if (!(own || (event.key === " " && free())) || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (!event.repeat) hold();
});
document.addEventListener("keyup", (event) => {
  if (!state.held || !SPEAKING_KEYS.includes(event.key)) return;
  event.preventDefault();
  release();
});
window.addEventListener("blur", release);

part("open").addEventListener("click", () => keepOpen(!state.open));
part("mute").addEventListener("click", () => mute(!state.muted));
part("voice").addEventListener("click", () => {
  if (chosen.voice) silence();
  choose("voice", !chosen.voice);
  audio().then(rest);
});
part("caption").addEventListener("click", () => choose("captions", !chosen.captions));
document.addEventListener("click", ({ target }) => target.closest("#stop") && silence(), true);

// A browser plays nothing before the first touch of the page.
for (const touch of ["pointerdown", "keydown"])
  document.addEventListener(touch, () => chosen.voice && audio().then(rest), { once: true });

// ---- the line -------------------------------------------------------------------------------------

function tie() {
  if (channel || !props.value || state.why) return;
  channel = createChannel(props.value, on);
}

watch("value", tie);
tie();
show();
window.stage = {
  state,
  player: () => player,
  channel: () => channel,
  microphone,
  get face() {
    return portrait.face();
  },
};
window.persona.on(portrait.wear);
