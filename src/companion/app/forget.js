// Asks before a conversation is thrown away. A <dialog> holds the focus, closes with Escape and gives
// the focus back by itself.
const words = props.words[document.documentElement.lang];
const dialog = element.querySelector("dialog");
const [keep, forget] = dialog.querySelectorAll("button");
let asked = "";

dialog.querySelector("p").textContent = words.forget_hint;
keep.textContent = words.forget_no;
forget.textContent = words.forget_yes;

window.forgetting = {
  ask(conversation, title) {
    asked = conversation;
    dialog.querySelector("strong").textContent = words.forget.replace("{title}", title);
    dialog.returnValue = "keep"; // what Escape means
    dialog.showModal();
  },
};

dialog.addEventListener("close", () => {
  if (dialog.returnValue !== "forget") return;
  trigger("drop", { conversation: asked, drop: true });
  window.talk.write();
});
