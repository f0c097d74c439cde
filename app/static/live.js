// Keeps a page fresh without losing what is being typed: every data-live element (with an id) is
// replaced by the server's newest one unless the person is inside it or has typed into it.
// Clocks count down in between. Without this file a page is as fresh as its last load.
(() => {
  "use strict";
  const seconds = Number(document.body.dataset.refresh || 0);

  const pad = (n) => String(n).padStart(2, "0");
  const left = (ms) => {
    const s = Math.floor(Math.abs(ms) / 1000);
    return s >= 3600
      ? `${Math.floor(s / 3600)}:${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`
      : `${Math.floor(s / 60)}:${pad(s % 60)}`;
  };
  // The server's clock counts, not this computer's.
  const skew = () => {
    const said = Date.parse(document.body.dataset.now || "");
    return Number.isNaN(said) ? 0 : said - Date.now();
  };
  const offset = skew();
  const tick = () => {
    document.querySelectorAll("time[data-due]").forEach((clock) => {
      const ms = Date.parse(clock.dateTime) - (Date.now() + offset);
      if (Math.abs(ms) > 86400000) return;
      const late = ms < 0;
      clock.textContent = (late ? clock.dataset.late : clock.dataset.left).replace("{}", left(ms));
      clock.classList.toggle("late", late);
      clock.classList.toggle("soon", !late && ms < 900000);
    });
  };

  const busy = (part) => {
    if (part.contains(document.activeElement) && document.activeElement !== document.body) {
      return true;
    }
    const open = part.querySelector("details[open]");
    const typed = Array.from(part.querySelectorAll("input, textarea, select")).some((control) => {
      if (control.type === "hidden") return false;
      if (control.type === "checkbox" || control.type === "radio") {
        return control.checked !== control.defaultChecked;
      }
      if (control.tagName === "SELECT") {
        return Array.from(control.options).some((o) => o.selected !== o.defaultSelected);
      }
      return control.value !== control.defaultValue;
    });
    return Boolean(open) || typed;
  };

  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(document.body.dataset.from || location.href, {
        headers: { "X-Refresh": "1" },
        credentials: "same-origin",
        redirect: "error",
        cache: "no-store",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      document.querySelectorAll("[data-live]").forEach((part) => {
        const other = fresh.getElementById(part.id);
        if (!other || busy(part) || other.outerHTML === part.outerHTML) return;
        part.replaceWith(document.importNode(other, true));
      });
      document.body.removeAttribute("data-stale");
    } catch {
      document.body.dataset.stale = "1";
    }
    const note = document.getElementById("stale");
    if (note) note.hidden = !document.body.dataset.stale;
    tick();
  };

  tick();
  setInterval(tick, 1000);
  if (seconds > 0) setInterval(refresh, seconds * 1000);
})();
