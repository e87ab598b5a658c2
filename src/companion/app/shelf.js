// The list of conversations. `props.value` is the one on the page, as JSON text: Gradio streams the
// changes of an object piece by piece and mixes up lists that become shorter. page.js keeps them all.
const words = props.words[document.documentElement.lang];
const shelf = element.querySelector("details");
const narrow = window.matchMedia("(max-width: 800px)");

const shown = () => (props.value ? JSON.parse(props.value) : null);

function draw() {
  const current = shown()?.id;
  const buttons = window.kept.all().map((conversation) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = conversation.turns[0].user;
    if (conversation.id === current) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => open(conversation));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  element.querySelector("ul").replaceChildren(...buttons);
}

function open(conversation) {
  if (narrow.matches) shelf.open = false;
  trigger("open", { conversation });
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
fresh.addEventListener("click", () => open(null));
keeping(draw);

watch("value", () =>
  keeping(() => {
    window.kept.save(shown());
    draw();
  }),
);

// Another tab wrote: follow it if it shows the same conversation, at the end of each turn.
window.addEventListener("storage", (event) => {
  keeping(draw);
  const current = shown()?.id;
  const conversation = event.key === window.kept.key(current) && window.kept.read(current);
  if (conversation && conversation.turns.at(-1).state !== "open") open(conversation);
});
