// Keyboard help for the desk: j/k move through rows, Enter opens, / goes to the search field,
// ? shows the keys. Everything is also reachable by Tab.
(() => {
  "use strict";
  const typing = () => {
    const here = document.activeElement;
    return here && (/^(INPUT|TEXTAREA|SELECT)$/.test(here.tagName) || here.isContentEditable);
  };
  const rows = () => Array.from(document.querySelectorAll("[data-rows] a[data-row]"));
  const move = (by) => {
    const links = rows();
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by;
    links[Math.max(0, Math.min(links.length - 1, next))].focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing()) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") {
      const search = document.querySelector("input[type=search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
    } else if (event.key === "?") {
      const help = document.getElementById("keys");
      if (help) {
        help.open = !help.open;
        help.querySelector("summary").focus();
      }
    }
  });
})();
