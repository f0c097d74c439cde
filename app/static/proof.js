// The waiting page works without this file: one counts the seconds and presses the button. With
// it the browser finds the number that the ticket asks for and sends the complaint by itself.
(() => {
  "use strict";
  const form = document.querySelector("form[data-proof]");
  if (!form) return;
  const bits = Number(form.dataset.bits);
  const bar = form.querySelector("progress");
  const BATCH = 256; // digests in flight: one by one, the promises would cost more than the hashes

  form.querySelector("[data-plain]").hidden = true;
  form.querySelector("[data-busy]").hidden = false;

  let sent = false;
  const send = (answer) => {
    if (sent) return;
    sent = true;
    form.elements.answer.value = answer;
    form.requestSubmit();
  };
  form.addEventListener("submit", () => {
    sent = true;
  });

  const zeros = (digest) => {
    let count = 0;
    for (const byte of new Uint8Array(digest)) {
      count += Math.clz32(byte) - 24;
      if (byte) break;
    }
    return count;
  };

  const solve = async () => {
    const encoder = new TextEncoder();
    const digest = (n) =>
      crypto.subtle.digest("SHA-256", encoder.encode(`${form.dataset.proof}.${n}`));
    for (let first = 0; !sent; first += BATCH) {
      const tries = Array.from({ length: BATCH }, (_, i) => digest(first + i));
      const found = (await Promise.all(tries)).findIndex((d) => zeros(d) >= bits);
      if (found >= 0) send(String(first + found));
      // Half of all tickets are solved at 0.69 times 2^bits; the bar never claims to be full.
      bar.value = 1 - Math.exp(-first / 2 ** bits);
      await new Promise((next) => setTimeout(next)); // buttons and readers of the screen live on
    }
  };

  // Whichever is first; without https there is no crypto.subtle, and waiting does as well.
  setTimeout(() => send(""), (Number(form.dataset.seconds) + 1) * 1000);
  if (window.crypto && crypto.subtle) solve();
})();
