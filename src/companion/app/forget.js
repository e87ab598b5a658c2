// Asks before the bin, which is Gradio's, throws a conversation away. A <dialog> holds the focus,
// closes with Escape and gives the focus back by itself.
const words = props.words[document.documentElement.lang];
const dialog = element.querySelector("dialog");
const [keep, forget] = dialog.querySelectorAll("button");
let bin = null;
let sure = false;

dialog.querySelector("strong").textContent = words.forget;
dialog.querySelector("p").textContent = words.forget_hint;
keep.textContent = words.forget_no;
forget.textContent = words.forget_yes;

document.addEventListener(
  "click",
  (event) => {
    const pressed = event.target.closest("#chat .top-panel button");
    if (!pressed || sure) return;
    event.stopImmediatePropagation();
    bin = pressed;
    dialog.returnValue = "keep"; // what Escape means
    dialog.showModal();
  },
  { capture: true },
);

dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "forget") return;
  sure = true;
  bin.click();
  sure = false;
  window.talk.write();
});
