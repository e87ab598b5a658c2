// Whom one talks with. `props.value` is what there is to show, as JSON text.
const words = props.words[document.documentElement.lang];
const part = (selector) => element.querySelector(selector);
const summary = part("summary");
const note = part(".note");
const bring = part(".bring");
const file = part("input");
const narrow = window.matchMedia("(max-width: 800px)");
const picture = (id) => `personas/portrait?id=${encodeURIComponent(id)}`;

// What became of a card that was brought; it stays until somebody is chosen.
let news = "";
let drawn = "";

function draw() {
  if (!props.value || props.value === drawn) return;
  drawn = props.value;
  const { current, name, characters, note: told, keeps } = JSON.parse(drawn);
  const focused = document.activeElement.dataset.character;
  part("ul").replaceChildren(...characters.map((one) => item(one, current)));
  if (focused) part(`[data-character="${focused}"]`)?.focus();
  summary.querySelector("span").textContent = words.cast.replace("{name}", name);
  summary.querySelector("img").src = picture(current);
  note.textContent = [news, told].filter(Boolean).join(" ");
  bring.hidden = part(".formats").hidden = !keeps;
  document.title = name;
  window.persona.wear(current); // the stage's face
}

function item({ id, name, facts, brought }, current) {
  const button = made("button", "choose");
  button.type = "button";
  button.dataset.character = id;
  button.setAttribute("aria-pressed", String(id === current));
  const face = made("img", "");
  face.alt = "";
  face.src = picture(id);
  const told = made("small", "facts");
  for (const fact of facts) told.append(made("span", "", fact), " ");
  button.append(face, made("span", "name", name), told);
  button.addEventListener("click", () => {
    if (narrow.matches) fold();
    choose(id);
  });
  const item = made("li", "");
  item.append(button);
  if (brought) item.append(cross(id, name));
  return item;
}

function cross(id, name) {
  const button = window.icon("cross", words.cast_remove.replace("{name}", name));
  button.addEventListener("click", () => {
    news = "";
    summary.focus();
    trigger("pick", { character: id, dismiss: true });
  });
  return button;
}

function made(tag, name, text = "") {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = text;
  return node;
}

// On a phone the list folds away, so that the greeting is seen; the focus must not go with it.
function fold() {
  part("details").open = false;
  summary.focus();
}

function choose(id) {
  news = "";
  trigger("pick", { character: id });
}

// ---- a card from a file ---------------------------------------------------------------------------

bring.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  file.click();
});

file.addEventListener("change", async () => {
  const body = file.files[0];
  if (!body) return;
  const asked = `personas/import?name=${encodeURIComponent(body.name)}`;
  const answer = await fetch(asked, { method: "POST", body }).catch(() => null);
  file.value = "";
  note.toggleAttribute("data-trouble", !answer?.ok);
  if (!answer?.ok) {
    note.textContent = answer ? await answer.text() : words.cut;
    return;
  }
  const { id, note: told } = await answer.json();
  choose(id);
  note.textContent = news = told;
});

summary.querySelector("span").textContent = words.cast.replace("{name}", "…");
bring.querySelector("span").textContent = words.cast_bring;
part(".formats").textContent = words.cast_formats;
watch("value", draw);
draw();
