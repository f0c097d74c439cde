// Search while typing: the same page is asked for and its list of found cards is put in place. The
// form's button does the same without this file.
(() => {
  "use strict";
  const field = document.querySelector("form[data-find] input[type=search]");
  const here = document.getElementById("found");
  if (!field || !here) return;
  const form = field.form;
  let timer = 0;
  let running = null;
  let shown = field.value.trim();

  const ask = async () => {
    const wanted = field.value.trim();
    if (wanted === shown) return;
    if (running) running.abort();
    running = new AbortController();
    const query = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(`${form.action}?${query}`, {
        credentials: "same-origin",
        signal: running.signal,
      });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("found");
      if (!found || field.value.trim() !== wanted) return;
      shown = wanted;
      here.replaceChildren(...Array.from(found.childNodes, (n) => document.importNode(n, true)));
      const said = document.getElementById("found-said");
      const heading = here.querySelector("h2");
      if (said) said.textContent = heading ? heading.textContent : "";
      history.replaceState(null, "", wanted ? `${form.action}?${query}` : form.action);
    } catch {
      // The button still works.
    }
  };
  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    // While characters are composed from pinyin, what stands in the field is not meant yet.
    if (!event.isComposing) timer = setTimeout(ask, 250);
  });
  field.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 100);
  });
})();
