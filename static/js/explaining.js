// The box in which people say why: how much was typed, and one gentle look before it is sent. It asks once; whoever
// sends again sends. What script or mix of languages people write in is never looked at.
"use strict";

(function () {
  // As collection/quality.py and pluralism/quality.py count them.
  const SHORT_LETTERS = 8;
  const SHINGLE = 20;
  const MOSTLY_COPIED = 0.5;

  function plain(text) {
    return text.toLowerCase().split(/\s+/).filter(Boolean).join(" ");
  }

  function letters(text) {
    return (text.match(/\p{L}|\p{M}/gu) || []).length;
  }

  function covered(text, source) {
    let characters = 0;
    let reached = 0;
    for (let start = 0; start + SHINGLE <= text.length; start += 1) {
      if (!source.includes(text.slice(start, start + SHINGLE))) continue;
      characters += start + SHINGLE - Math.max(start, reached);
      reached = start + SHINGLE;
    }
    return characters;
  }

  function isCopied(text, form) {
    const sought = plain(text);
    return Array.from(form.querySelectorAll(".candidate .prose")).some(function (answer) {
      return covered(sought, plain(answer.textContent)) >= MOSTLY_COPIED * sought.length;
    });
  }

  function length(text) {
    return Array.from(text.trim()).length;
  }

  // What could be said to it, by the name of the words for it; nothing where it is fine.
  function remark(box) {
    const text = box.value.trim();
    if (!text) return "";
    if (length(text) < Number(box.dataset.least)) return "few";
    if (letters(text) < SHORT_LETTERS) return "short";
    return isCopied(text, box.form) ? "copied" : "";
  }

  function say(form, what) {
    const line = form.querySelector("[data-gentle]");
    line.textContent = what ? line.dataset[what] : "";
    line.classList.toggle("said", Boolean(what));
  }

  function count(box) {
    const line = box.form.querySelector("[data-count]");
    const least = Number(box.dataset.least);
    if (!line || !least) return;
    const typed = length(box.value);
    line.hidden = typed === 0 || typed >= least;
    line.textContent = "\u2068" + typed + " / " + least + "\u2069";
  }

  document.addEventListener("input", function (event) {
    const box = event.target;
    if (!box.matches("#id_explanation")) return;
    count(box);
    say(box.form, "");
  });

  document.addEventListener(
    "submit",
    function (event) {
      const form = event.target;
      const box = form.querySelector("#id_explanation");
      if (!form.matches("form.compare[data-draft]") || !box || form.dataset.sending) return;
      const found = remark(box);
      // Said once to the same words. Too few characters are what the study does not take: the server would say so.
      if (!found || (found !== "few" && form.dataset.remarked === box.value)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form.dataset.remarked = box.value;
      say(form, found);
      box.focus();
    },
    true,
  );
})();
