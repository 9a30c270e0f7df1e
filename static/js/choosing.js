// Comparing answers: keys, clicks on an answer, and the row of answers on a phone.
// Without it everything can still be read, chosen, explained and sent.
"use strict";

(function () {
  function choose(form, value) {
    const radio = form.querySelector('[name="choice"][value="' + value + '"]');
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener("keydown", function (event) {
    const form = document.querySelector("form.compare");
    if (!form || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("textarea, select, input:not([type=radio])")) return;
    if (/^[0-8]$/.test(event.key)) {
      choose(form, event.key === "0" ? "none" : String(Number(event.key) - 1));
    }
  });

  document.addEventListener("click", function (event) {
    const candidate = event.target.closest(".candidate");
    if (!candidate || event.target.closest("a, label, button, summary")) return;
    // Whoever marks words to copy them does not choose.
    if (String(window.getSelection())) return;
    choose(candidate.closest("form"), candidate.dataset.place);
  });

  // ---- the row of answers on a narrow screen -------------------------------------------------------------------------
  function follow(form) {
    const row = form.querySelector(".candidates");
    const tabs = form.querySelectorAll(".candidate-tabs a");
    const observer = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          if (!entry.isIntersecting) return;
          tabs.forEach(function (tab) {
            if (tab.dataset.place === entry.target.dataset.place) tab.setAttribute("aria-current", "true");
            else tab.removeAttribute("aria-current");
          });
        });
      },
      { root: row, rootMargin: "0px -45% 0px -45%" },
    );
    row.querySelectorAll(".candidate").forEach(function (candidate) {
      observer.observe(candidate);
    });
  }

  document.addEventListener("click", function (event) {
    const tab = event.target.closest(".candidate-tabs a");
    if (!tab) return;
    // Along the row only: the lines keep their height, so that answers can be compared at one glance.
    event.preventDefault();
    const row = tab.closest("form").querySelector(".candidates");
    const candidate = row.querySelector('[data-place="' + tab.dataset.place + '"]');
    const shift = candidate.getBoundingClientRect().left - row.firstElementChild.getBoundingClientRect().left;
    row.scrollTo({ left: shift });
  });

  // ---- every step ----------------------------------------------------------------------------------------------------
  function begin(root) {
    root.querySelectorAll("form.compare").forEach(follow);
  }

  document.addEventListener("DOMContentLoaded", function () {
    begin(document);
  });
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) begin(event.detail.elt);
  });
})();
