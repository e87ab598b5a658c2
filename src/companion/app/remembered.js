// What is remembered of the user. `props.value` is what there is to show, as JSON text.
const words = props.words[document.documentElement.lang];
const dialog = element.querySelector("dialog");
const list = element.querySelector("ul");
const all = element.querySelector(".all");

element.querySelector("summary").textContent = words.remembered;
element.querySelector(".nothing").textContent = words.nothing_known;
all.textContent = words.forget_all;
const [keep, forget] = dialog.querySelectorAll("button");
keep.textContent = words.forget_keep;
forget.textContent = words.forget_do;
// By the user's clock: the server may stand in another time zone.
const clock = new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium", timeStyle: "short" });

let drawn = "";
let mending = false; // a value is being written: nothing is drawn over it

function draw() {
  if (!props.value || mending || props.value === drawn) return;
  drawn = props.value;
  const { facts, keeps } = JSON.parse(drawn);
  element.querySelector("details").hidden = !keeps;
  element.querySelector(".nothing").hidden = facts.length > 0;
  list.replaceChildren(...facts.map(item));
}

function item(fact) {
  const item = document.createElement("li");
  const what = part("span", "what", fact.what);
  const value = part("span", "value", fact.value);
  const told = `${fact.what} ${fact.value}`;
  const pencil = window.icon("pencil", words.correct.replace("{what}", told));
  const cross = window.icon("cross", words.forget_fact.replace("{what}", told));
  pencil.addEventListener("click", () => mend(fact, value, pencil));
  const question = [words.forget_fact_title, words.forget_fact_hint];
  cross.addEventListener("click", () => ask(question, { fact: fact.id, forget: true }));
  const source = fact.source.replace("{when}", clock.format(fact.at * 1000));
  item.append(what, pencil, cross, value, part("small", "source", source));
  return item;
}

function part(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function mend(fact, value, pencil) {
  if (mending) return;
  mending = true;
  const how = { value: fact.value, label: fact.what, most: 120 };
  window.rewrite(value, how, pencil, (written) => {
    mending = false;
    if (written) {
      value.textContent = written;
      trigger("mend", { fact: fact.id, value: written });
    }
    draw();
  });
}

let asked = null;

function ask([title, hint], what) {
  asked = what;
  dialog.querySelector("strong").textContent = title;
  dialog.querySelector("p").textContent = hint;
  dialog.returnValue = "keep"; // what Escape means
  dialog.showModal();
}

dialog.addEventListener("close", () => {
  if (dialog.returnValue === "forget") trigger("mend", asked);
});
const everything = [words.forget_all_title, words.forget_all_hint];
all.addEventListener("click", () => ask(everything, { forget: true }));

watch("value", draw);
draw();
