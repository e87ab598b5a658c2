// The list of conversations, which the server keeps. `props.value` is what there is to show, as JSON
// text: Gradio streams the changes of an object piece by piece and mixes up lists that get shorter.
const words = props.words[document.documentElement.lang];
const shelf = element.querySelector("details");
const search = element.querySelector(".search");
const narrow = window.matchMedia("(max-width: 800px)");

const shown = () => (props.value ? JSON.parse(props.value) : null);

// What became of a file that was brought; it stays until something is looked for or chosen.
let news = "";

// Only what changed is drawn: a button that is being pressed, or has the focus, stays, and nothing is
// drawn over a title that is being written.
let drawn = "";
let renaming = false;

function draw({ id, turns, kept, conversations, searched, found, note, trouble }) {
  const looks = JSON.stringify([id, conversations, searched, found, note, kept]);
  if (looks === drawn || renaming) return;
  drawn = looks;
  if (!conversations.length) tell(""); // all was forgotten
  const asked = searched && search.value.trim() === searched;
  const rows = asked
    ? found.map(([name, title, snippet, hits]) => item(name, marked(snippet, hits), id, title))
    : conversations.map(([name, title]) => withTools(item(name, [title], id, title), name, title));
  const { className, dataset } = document.activeElement;
  element.querySelector("ul").replaceChildren(...rows);
  if (dataset.conversation)
    element
      .querySelector(`[data-conversation="${dataset.conversation}"][class="${className}"]`)
      ?.focus();
  element.querySelector(".none").textContent = asked && !found.length ? words.search_none : news;
  const told = element.querySelector(".kept");
  told.textContent = note;
  told.toggleAttribute("data-trouble", trouble);
  const one = element.querySelector(".export-one");
  one.hidden = !kept;
  one.href = `memory/conversation.md?id=${id}`;
  element.querySelector(".export").hidden = !conversations.length;
  search.hidden = !conversations.length && !search.value;
}

function tell(what, trouble = false) {
  news = what;
  const line = element.querySelector(".none");
  line.textContent = news;
  line.toggleAttribute("data-trouble", trouble);
}

function item(name, content, current, title) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "one";
  button.dataset.conversation = name;
  button.title = title;
  button.append(...content);
  if (name === current) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => choose(name));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

// Its title can be written anew, and it can be thrown away, which is asked about first.
function withTools(row, name, title) {
  const pencil = window.icon("pencil", words.rename.replace("{title}", title));
  const bin = window.icon("bin", words.drop.replace("{title}", title));
  for (const tool of [pencil, bin]) tool.dataset.conversation = name;
  pencil.addEventListener("click", () => rename(row.firstChild, name, title, pencil));
  bin.addEventListener("click", () => window.forgetting.ask(name, title));
  row.append(pencil, bin);
  return row;
}

function rename(button, name, title, pencil) {
  renaming = true;
  window.rewrite(button, { value: title, label: words.title, most: 120 }, pencil, (written) => {
    renaming = false;
    if (written) {
      button.textContent = written;
      trigger("rename", { conversation: name, title: written });
    }
    show();
  });
}

// What was found, its words in bold.
function marked(snippet, hits) {
  const letters = Array.from(snippet); // the server counts characters, not their UTF-16 halves
  const parts = [];
  let at = 0;
  for (const [start, end] of hits) {
    const bold = document.createElement("b");
    bold.textContent = letters.slice(start, end).join("");
    parts.push(letters.slice(at, start).join(""), bold);
    at = end;
  }
  return [...parts, letters.slice(at).join("")];
}

// What is chosen by hand folds the list away on a phone; the focus must not go with it.
function choose(name) {
  tell("");
  if (narrow.matches) shelf.open = false;
  if (!name) window.talk.write();
  else if (narrow.matches) element.querySelector("summary").focus();
  trigger("open", { conversation: name });
}

// Whoever says something sees it, also after scrolling up to read; who asks for the beginning, that.
let seen = "";
let begun = 0;

function follow({ id, turns, first }) {
  const now = `${id} ${turns}`;
  if (now !== seen) window.talk.toEnd();
  else if (first < begun) window.talk.toBeginning();
  [seen, begun] = [now, first];
}

const unfold = () => (shelf.open = !narrow.matches);
narrow.addEventListener("change", unfold);
unfold();

element.querySelector("nav").setAttribute("aria-label", words.conversations);
element.querySelector("summary").textContent = words.conversations;
element.querySelector(".export").textContent = words.export;
element.querySelector(".export-one").textContent = words.export_one;
element.querySelector(".import span").textContent = words.import;
const fresh = element.querySelector(".new");
fresh.textContent = words.new;
fresh.addEventListener("click", () => choose(""));

search.placeholder = words.search;
search.setAttribute("aria-label", words.search);
let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  tell("");
  typing = setTimeout(() => trigger("search", { words: search.value.trim() }), 200);
});

// A file that is brought back; what became of it is told below the list.
const file = element.querySelector(".import input");
element.querySelector(".import").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") file.click();
});
file.addEventListener("change", async () => {
  const body = file.files[0];
  if (!body) return;
  const answer = await fetch("memory/import", { method: "POST", body }).catch(() => null);
  tell(answer ? await answer.text() : words.cut, !answer?.ok);
  file.value = "";
});

function show() {
  const now = shown();
  if (!now) return;
  window.kept.show(now.id);
  draw(now);
  follow(now);
}
watch("value", show);
show();
