// What the page does by itself, before and beside Gradio.

// Its language, for screen readers and for the words that scripts write.
document.documentElement.lang = navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  document.querySelector("#stop")?.click();
});

// Where the next word is written, and where the last one stands.
window.talk = {
  box: () => document.querySelector("#message textarea"),

  write() {
    this.box().focus();
  },

  // Gradio follows a reply only for somebody who is at the end already.
  toEnd() {
    const log = document.querySelector("#chat [role=log]");
    requestAnimationFrame(() => log?.scrollTo({ top: log.scrollHeight }));
  },

  // Said before the beginning is drawn, too, else Gradio goes to the end after it. What was pressed
  // for it goes away, and the focus must not go with it.
  toBeginning() {
    const log = document.querySelector("#chat [role=log]");
    log.tabIndex = -1;
    log.focus();
    requestAnimationFrame(() => log.scrollTo({ top: 0 }));
    return [];
  },
};

// An earlier message is rewritten with the keys that write a new one: Gradio gives it none.
document.addEventListener("keydown", (event) => {
  const kind = { Enter: 0, Escape: 1 }[event.key];
  const editor = event.target.closest?.("#chat .edit-textarea");
  if (!editor || kind === undefined || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.stopPropagation();
  const buttons = editor.closest(".message-row").nextElementSibling;
  buttons?.querySelectorAll("button")[kind]?.click();
  window.talk.write();
});

// A text of the page is written anew in its own place: Enter, or going elsewhere, keeps what was
// written, Escape leaves it. `done` gets the new text, "" for none; `back` the focus after a key.
window.rewrite = (shown, { value, label, most }, back, done) => {
  const input = document.createElement("input");
  input.className = shown.className;
  input.maxLength = most;
  input.value = value;
  input.setAttribute("aria-label", label);
  shown.replaceWith(input);
  input.focus();
  input.select();
  let over = false;
  const end = (kept) => {
    if (over) return;
    over = true;
    input.replaceWith(shown);
    const written = input.value.trim();
    done(kept && written !== value ? written : "");
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault(); // else the same Enter presses what gets the focus
    end(event.key === "Enter");
    back.focus();
  });
  input.addEventListener("blur", () => end(true));
};

// A small button that is a drawing; `path` is a key of these.
const DRAWINGS = {
  pencil: "M4 20l1-4L16.500 4.500l3 3L8 19z",
  cross: "M6 6l12 12M18 6L6 18",
  bin: "M4.500 7h15M9.500 7V4.500h5V7M6.500 7l1 12.500h9l1-12.500M10 11v5M14 11v5",
};
window.icon = (path, label) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `icon ${path}`;
  button.title = label;
  button.setAttribute("aria-label", label);
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${DRAWINGS[path]}" /></svg>`;
  return button;
};

// What Gradio says to screen readers in English alone, or not at all.
function name() {
  const log = document.querySelector("#chat [role=log]");
  log?.setAttribute("aria-label", "Conversation");
  log?.setAttribute("aria-busy", String(Boolean(document.querySelector("#stop")))); // read when it is whole
  const names = {
    user: window.words[document.documentElement.lang].you,
    bot: document.querySelector("#who h1")?.textContent ?? "",
  };
  for (const said of document.querySelectorAll("#chat :is([data-testid=user], [data-testid=bot])")) {
    said.setAttribute("role", "group"); // else nobody hears whose words they are
    said.setAttribute("aria-label", names[said.dataset.testid]);
  }
  for (const example of document.querySelectorAll("#chat .example[aria-label]"))
    example.removeAttribute("aria-label"); // its own text names it
  const label = document.querySelector("#message label span")?.textContent.trim();
  document.querySelector("#chat .edit-textarea")?.setAttribute("aria-label", label);
}
new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true });

// Whom one talks with: the panel says it, and the stage wears it, whichever of them is there first.
window.persona = {
  id: "",
  listener: null,

  wear(id) {
    this.id = id;
    this.listener?.(id);
  },

  on(listener) {
    this.listener = listener;
    if (this.id) listener(this.id);
  },
};

// Which conversation this tab shows, by its id; what was said in it is kept by the server.
window.kept = {
  current: () => sessionStorage.getItem("companion.current") ?? "",
  show: (id) => sessionStorage.setItem("companion.current", id),
};

// What was typed and not yet sent when the page was loaded again.
function restoreDraft() {
  const box = window.talk.box();
  const text = sessionStorage.getItem("companion.draft");
  sessionStorage.removeItem("companion.draft");
  if (!text || box.value) return;
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
window.addEventListener("pagehide", () => {
  const text = window.talk.box()?.value;
  if (text) sessionStorage.setItem("companion.draft", text);
});

// The stream from the server: it beats every few seconds. A page whose stream was cut (the server
// was started again, the computer slept) loads itself again once the server answers.
window.stream = {
  last: Date.now(),
  silent: () => Date.now() - window.stream.last > 6_000,

  beat() {
    this.last = Date.now();
    restoreDraft();
  },

  async watch() {
    document.querySelector("#pulse")?.toggleAttribute("data-cut", this.silent());
    if (this.silent() && (await fetch("gradio_api/app_id").catch(() => null))?.ok) {
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      if (this.silent()) location.reload();
    }
    setTimeout(() => this.watch(), 1_000);
  },
};
window.stream.watch();
