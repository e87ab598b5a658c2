// The list of conversations. `props.value` is the one on the page, as JSON text: Gradio streams the
// changes of an object piece by piece and mixes up lists that become shorter. page.js keeps them all.
const words = props.words[document.documentElement.lang];
const shelf = element.querySelector("details");
const narrow = window.matchMedia("(max-width: 800px)");

const shown = () => (props.value ? JSON.parse(props.value) : null);

// Only what changed is drawn: a button that is being pressed, or has the focus, stays.
let drawn = "";

function draw() {
  const current = shown()?.id;
  const kept = window.kept.all();
  const looks = JSON.stringify([current, kept.map(({ id, turns }) => [id, turns[0].user])]);
  if (looks === drawn) return;
  drawn = looks;
  const focused = document.activeElement.dataset.conversation;
  element.querySelector("ul").replaceChildren(...kept.map((one) => item(one, current)));
  if (focused) element.querySelector(`[data-conversation="${focused}"]`)?.focus();
}

function item(conversation, current) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.conversation = conversation.id;
  button.textContent = conversation.turns[0].user;
  if (conversation.id === current) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => choose(window.kept.read(conversation.id)));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

// What is chosen by hand folds the list away on a phone; the focus must not go with it.
function choose(conversation) {
  if (narrow.matches) shelf.open = false;
  if (!conversation) window.talk.write();
  else if (narrow.matches) element.querySelector("summary").focus();
  open(conversation);
}

const open = (conversation) => trigger("open", { conversation });

// Whoever says something sees it, also after scrolling up to read.
let seen = "";

function follow() {
  const { id, turns } = shown() ?? { turns: [] };
  const now = `${id} ${turns.length}`;
  if (now !== seen) window.talk.toEnd();
  seen = now;
}

// A browser may keep nothing (no room left, a page framed by another site): say so, and go on.
function keeping(work) {
  const note = element.querySelector(".kept");
  try {
    work();
    note.textContent = words.kept;
  } catch {
    note.textContent = words.not_kept;
  }
}

const unfold = () => (shelf.open = !narrow.matches);
narrow.addEventListener("change", unfold);
unfold();

element.querySelector("summary").textContent = words.conversations;
const fresh = element.querySelector(".new");
fresh.textContent = words.new;
fresh.addEventListener("click", () => choose(null));
keeping(draw);

watch("value", () =>
  keeping(() => {
    window.kept.save(shown());
    draw();
    follow();
  }),
);

// Another tab wrote: follow it if it shows the same conversation, at the end of each turn.
window.addEventListener("storage", (event) => {
  keeping(draw);
  const current = shown()?.id;
  const conversation = event.key === window.kept.key(current) && window.kept.read(current);
  if (conversation && conversation.turns.at(-1).state !== "open") open(conversation);
});
