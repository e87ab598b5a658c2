// The shelf of conversations. This browser keeps them, one key each in localStorage, so that two
// open tabs never write over each other's; props.value is the conversation on the page.
const KEY = "companion.conversation.";
const CURRENT = "companion.current";
const words = props.words[document.documentElement.lang] || props.words.en;
const shelf = element.querySelector("details");
const list = element.querySelector("ul");
const kept = element.querySelector(".kept");

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

function all() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(KEY));
  const found = keys.map((key) => parsed(localStorage.getItem(key)));
  return found.filter((one) => one?.turns?.length).sort((a, b) => b.touched - a.touched);
}

function save(conversation) {
  sessionStorage.setItem(CURRENT, conversation.id);
  const key = KEY + conversation.id;
  if (!conversation.turns.length) localStorage.removeItem(key);
  else if (JSON.stringify(parsed(localStorage.getItem(key))?.turns) !== JSON.stringify(conversation.turns))
    localStorage.setItem(key, JSON.stringify({ ...conversation, touched: Date.now() }));
}

function draw() {
  list.replaceChildren(
    ...all().map((conversation) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = conversation.turns[0].user;
      if (conversation.id === props.value?.id) button.setAttribute("aria-current", "true");
      button.addEventListener("click", () => open(conversation));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
}

function open(conversation) {
  if (narrow.matches) shelf.open = false;
  trigger("open", { conversation });
}

// A browser may keep nothing (a full disk, a page framed by another site): say so, and go on.
function storing(work) {
  try {
    work();
    kept.textContent = words.kept;
  } catch (error) {
    kept.textContent = words.not_kept;
  }
}

const narrow = window.matchMedia("(max-width: 800px)");
const unfold = () => (shelf.open = !narrow.matches);
narrow.addEventListener("change", unfold);
unfold();

element.querySelector("summary").textContent = words.conversations;
const fresh = element.querySelector(".new");
fresh.textContent = words.new;
fresh.addEventListener("click", () => open(null));

watch("value", () =>
  storing(() => {
    save(props.value);
    draw();
  }),
);

// Another tab wrote: follow it if it shows the same conversation, at the end of each turn.
window.addEventListener("storage", (event) => {
  draw();
  const conversation = event.key === KEY + props.value?.id ? parsed(event.newValue) : null;
  if (conversation && conversation.turns.at(-1).state !== "open") open(conversation);
});

storing(() => {
  const current = sessionStorage.getItem(CURRENT);
  const conversation = parsed(localStorage.getItem(KEY + current)) ?? (current ? null : all()[0]);
  open(conversation ?? null);
  draw();
});
