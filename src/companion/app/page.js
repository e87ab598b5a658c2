// Before the page is drawn: its language for screen readers, and Escape to stop the companion.
document.documentElement.lang = navigator.language.toLowerCase().startsWith("fr") ? "fr" : "en";
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("#stop")?.click();
});
