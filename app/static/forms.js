// Forms work without this file. It adds: focus on the error summary, one press of a button = one
// sending, a count of characters left, upload progress, printing, and focus on the newest words.
(() => {
  "use strict";
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const fill = (pattern, value) => pattern.replace("{}", value);

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();

  all("button[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  all("textarea[data-count]").forEach((area) => {
    const said = document.getElementById(area.id + "-count");
    if (!said) return;
    const limit = Number(area.maxLength);
    const show = () => {
      const left = limit - area.value.length;
      said.textContent = left < limit / 2 ? fill(area.dataset.count, left) : "";
    };
    area.addEventListener("input", show);
    show();
  });

  all("[data-shows]").forEach((control) => {
    const more = document.getElementById(control.dataset.shows);
    if (!more) return;
    const show = () => {
      more.hidden = !control.checked;
    };
    const name = CSS.escape(control.name);
    all(`input[name="${name}"]`).forEach((other) => other.addEventListener("change", show));
    show();
  });

  const upload = (form, submitter) => {
    const bar = form.querySelector("progress");
    const said = form.querySelector("[data-progress]");
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable || !bar) return;
      bar.hidden = false;
      bar.value = event.loaded / event.total;
      if (said) {
        said.textContent = fill(said.dataset.progress, Math.round(bar.value * 100) + "%");
      }
    });
    request.addEventListener("load", () => {
      // The answer is the next page (303 followed); another page says what is wrong with all of it.
      if (request.status < 400) {
        location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = document.importNode(page.querySelector("main"), true);
      document.querySelector("main").replaceWith(main);
      document.title = page.title;
      main.tabIndex = -1;
      main.focus();
    });
    request.addEventListener("error", () => form.submit());
    request.send(new FormData(form, submitter));
  };

  // Said before minutes are spent on sending it; the server looks again.
  all("input[data-most]").forEach((input) => {
    const said = input.parentElement.querySelector("[data-progress]");
    input.addEventListener("change", () => {
      const large = Array.from(input.files).filter((f) => f.size > Number(input.dataset.most));
      said.textContent = large.map((f) => fill(input.dataset.tooLarge, f.name)).join(" ");
      if (large.length) input.value = "";
    });
  });

  all("form").forEach((form) => {
    if (form.hasAttribute("data-again")) return; // a file to keep: as often as one likes
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "1";
      const files = form.querySelector('input[type="file"]');
      if (form.hasAttribute("data-upload") && files && files.files.length) {
        event.preventDefault();
        upload(form, event.submitter);
      }
      // After the values were collected, so that the pressed button's own value is still sent.
      setTimeout(() => {
        form.querySelectorAll("button").forEach((button) => {
          button.setAttribute("aria-disabled", "true");
        });
      }, 0);
    });
  });
  // Coming back by the browser's back button must not leave a dead form.
  window.addEventListener("pageshow", () => {
    all("form").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((b) => b.removeAttribute("aria-disabled"));
    });
  });
})();
