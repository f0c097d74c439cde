// What is typed survives a lost connection or a reload. It stays in this tab alone; only who ticks
// the box keeps it on the device, too. Sending it, deleting it or leaving quickly ends both.
(() => {
  "use strict";
  const PREFIX = "chuku:typed:";
  const SENDING = "chuku:sending";
  const open = (name) => {
    try {
      return window[name]; // a browser that forbids storage throws here
    } catch {
      return null;
    }
  };
  const tab = open("sessionStorage");
  const device = open("localStorage");
  if (!tab || !device) return;

  const drop = (key) => [tab, device].forEach((store) => store.removeItem(key));
  const boxes = Array.from(document.querySelectorAll("[data-keep]"));
  // A later turn of the same conversation is another field.
  const keyOf = (box) => [PREFIX + location.pathname, box.dataset.keep, box.dataset.turn].join("#");

  // Sent, and the answer is another page: it arrived.
  const sent = tab.getItem(SENDING);
  tab.removeItem(SENDING);
  if (sent && !boxes.some((box) => keyOf(box) === sent)) drop(sent);

  boxes.forEach((box) => {
    const area = document.getElementById(box.dataset.keep);
    const said = box.querySelector("[role=status]");
    const choice = box.querySelector("input");
    const forget = box.querySelector("button");
    const key = keyOf(box);
    const say = (text) => {
      said.textContent = text;
    };
    const keep = () => {
      const text = area.value;
      if (!text) return drop(key);
      tab.setItem(key, text);
      if (choice.checked) device.setItem(key, text);
      else device.removeItem(key);
      return undefined;
    };

    box.hidden = false;
    const kept = device.getItem(key);
    choice.checked = kept !== null;
    const back = tab.getItem(key) ?? kept;
    if (back && !area.value) {
      area.value = back;
      area.dispatchEvent(new Event("input"));
      say(box.dataset.back);
      forget.hidden = false;
    }
    area.addEventListener("input", keep);
    choice.addEventListener("change", keep);
    forget.addEventListener("click", () => {
      drop(key);
      area.value = "";
      choice.checked = false;
      forget.hidden = true;
      say("");
      area.focus();
    });

    area.form.addEventListener(
      "submit",
      (event) => {
        keep();
        if (navigator.onLine) {
          tab.setItem(SENDING, key);
          return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        say(box.dataset.offline);
        said.focus();
      },
      true,
    );
    window.addEventListener("online", () => {
      if (said.textContent === box.dataset.offline) say(box.dataset.online);
    });
  });
})();
