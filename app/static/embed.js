// For resource pages of the platforms: <script src="…/embed.js" data-resource="R0042" defer></script>
// puts a "Complain" link (Art. 17: 便捷的投诉举报入口) where the script stands. When it is pressed, the
// moment of the video or sound on the page goes along (data-media="#player" says which one), or the
// page of the document (data-page="12", or #page=12 in this page's address). data-qr adds a QR code.
// It reads nothing else, sends nothing and sets no cookie.
(() => {
  "use strict";
  const script = document.currentScript;
  if (!script) return;
  const portal = new URL(script.src).origin;
  const said = script.dataset;
  const ref = encodeURIComponent(said.resource || "");
  const base = `${portal}/complain?resource=${ref}`;
  const link = document.createElement("a");
  link.href = base;
  link.className = "chuku-complain";
  link.rel = "noreferrer";
  link.textContent = document.documentElement.lang.startsWith("en") ? "Complain" : "投诉举报";

  const place = () => {
    const all = Array.from(document.querySelectorAll(said.media || "video, audio"));
    // What runs, else what was begun: people pause before they complain.
    const media = all.find((m) => !m.paused && m.currentTime) || all.find((m) => m.currentTime);
    if (media) return `&t=${Math.floor(media.currentTime)}`;
    const page = said.page || (/[#&]page=(\d{1,5})/.exec(location.hash) || [])[1];
    return page ? `&page=${encodeURIComponent(page)}` : "";
  };
  // By mouse, finger, keyboard and "open in a new tab" alike: the address is right before it is used.
  for (const sign of ["pointerdown", "focus", "click", "contextmenu"]) {
    link.addEventListener(sign, () => {
      link.href = base + place();
    });
  }
  script.after(link);
  if ("qr" in said) {
    const code = document.createElement("img");
    code.src = `${portal}/complain/qr/${ref}.svg`;
    code.className = "chuku-complain-qr";
    code.alt = link.textContent;
    code.width = code.height = 120;
    link.after(code);
  }
})();
