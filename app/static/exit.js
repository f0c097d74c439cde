// Quick exit: the link works alone; with JavaScript the page disappears at once and three presses of
// Shift within five seconds do the same.
(() => {
  "use strict";
  const link = document.querySelector("a[data-exit]");
  if (!link) return;
  const leave = () => {
    document.body.hidden = true;
    document.title = " ";
    // What keep.js kept; over plain http no Clear-Site-Data does it.
    try {
      [sessionStorage, localStorage].forEach((store) => store.clear());
    } catch {
      // a browser that keeps nothing
    }
    location.replace(link.href);
  };
  link.addEventListener("click", (event) => {
    event.preventDefault();
    leave();
  });
  let presses = [];
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift") {
      presses = [];
      return;
    }
    const now = Date.now();
    presses = presses.filter((moment) => now - moment < 5000);
    presses.push(now);
    if (presses.length === 3) leave();
  });
})();
