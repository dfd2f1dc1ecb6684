(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("llmlab.theme");
  } catch {
    // A browser that keeps nothing: the system's choice holds.
  }
  var dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
