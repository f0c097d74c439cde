// The dialogue without a page load: the same forms go to the same addresses, and the answer's page
// replaces the parts of this one. New words are added one by one, so that a screen reader says only
// them; the focus stays in the field. Whatever goes wrong, the form is sent the ordinary way.
(() => {
  "use strict";
  const chat = () => document.querySelector("[data-chat]");
  if (!chat()) return;

  // Danger first, then the check from its top; else the field with all that stands above it.
  const toEnd = () => {
    const first = document.querySelector("[data-chat] > .notice.bad, [data-chat] > .check");
    const box = document.querySelector("form.say");
    if (first) first.scrollIntoView({ block: "start" });
    else if (box) box.scrollIntoView({ block: "end" });
  };

  // Lines that are the same stay where they are; from the first different one on they are new.
  const join = (list, fresh) => {
    const old = Array.from(list.children);
    const made = Array.from(fresh.children);
    let same = 0;
    const words = (item) => item.classList[0] + item.querySelector(".words").textContent;
    while (same < old.length && same < made.length && words(old[same]) === words(made[same])) {
      // What was understood stands inside its line and goes quietly once it is confirmed.
      const card = old[same].querySelector(".taken");
      const fresh = made[same].querySelector(".taken");
      if (card && !fresh) card.remove();
      else if (card && fresh) card.replaceWith(document.importNode(fresh, true));
      old[same].classList.toggle("with-card", Boolean(fresh));
      same += 1;
    }
    old.slice(same).forEach((item) => item.remove());
    old.slice(0, same).forEach((item) => item.removeAttribute("id"));
    made.slice(same).forEach((item) => list.append(document.importNode(item, true)));
    if (list.lastElementChild) {
      list.lastElementChild.id = "last";
      list.lastElementChild.tabIndex = -1;
    }
  };

  const show = (page, address, keep) => {
    const fresh = page.querySelector("[data-chat]");
    const list = document.getElementById("talk");
    if (!fresh || !list) return false;
    const made = fresh.querySelector("#talk");
    join(list, made);
    // Everything around the list is replaced; the list itself stays, or nothing would be read out.
    Array.from(chat().children).forEach((part) => part !== list && part.remove());
    let before = true;
    Array.from(fresh.children).forEach((part) => {
      if (part === made) before = false;
      else if (before) list.before(document.importNode(part, true));
      else chat().append(document.importNode(part, true));
    });
    const more = document.querySelector(".tools.more");
    const others = page.querySelector(".tools.more");
    if (more && others) more.replaceWith(document.importNode(others, true));
    if (keep) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    return true;
  };

  const read = async (answer) =>
    new DOMParser().parseFromString(await answer.text(), "text/html");

  const send = async (form, button) => {
    const data = new URLSearchParams(new FormData(form));
    if (button && button.name) data.append(button.name, button.value);
    form.querySelectorAll("button").forEach((b) => b.setAttribute("aria-disabled", "true"));
    try {
      const answer = await fetch(form.action, { method: "POST", body: data });
      const page = await read(answer);
      if (!answer.ok || !show(page, answer.url, false)) throw new Error(String(answer.status));
    } catch {
      // The ordinary way; a turn that arrived already is the same turn (its number travels along).
      if (button && button.name) {
        const pressed = document.createElement("input");
        pressed.type = "hidden";
        pressed.name = button.name;
        pressed.value = button.value;
        form.append(pressed);
      }
      form.submit();
      return;
    }
    const field = document.getElementById("text");
    if (field) field.focus({ preventScroll: true });
    toEnd();
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-say]") || event.defaultPrevented) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    send(form, event.submitter);
  }, true);

  // Enter says it, Shift+Enter is a new line; not while characters are being composed.
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    if (!field.matches(".say textarea") || !field.value.trim()) return;
    event.preventDefault();
    field.form.requestSubmit(field.form.querySelector("button.go"));
  });

  // Back and forward show the dialogue as it stood then.
  window.addEventListener("popstate", async () => {
    try {
      show(await read(await fetch(location.href)), location.href, true);
      const field = document.getElementById("text");
      if (field) field.focus({ preventScroll: true });
      toEnd();
    } catch {
      location.reload();
    }
  });

  // An officer's answer appears by itself while nothing is being typed.
  setInterval(async () => {
    const field = document.getElementById("text");
    if (document.hidden || !document.querySelector("[data-officer]") || (field && field.value)) return;
    try {
      const answer = await fetch("/assistant", { headers: { "X-Refresh": "1" } });
      const page = await read(answer);
      const made = page.querySelector("#talk");
      const list = document.getElementById("talk");
      if (answer.ok && made && list.children.length < made.children.length) join(list, made);
    } catch {
      // The next one may get through.
    }
  }, 10000);

  if (location.hash === "#last") toEnd();
})();
