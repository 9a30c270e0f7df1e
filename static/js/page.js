// Small things that every page shares. No page needs them to work.
"use strict";

(function () {
  // Copy buttons: <button data-copy="id of an input or element" data-copied="Copied" hidden>.
  function text(element) {
    return "value" in element ? element.value : element.textContent.trim();
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const done = function () {
      button.textContent = button.dataset.copied;
    };
    if (navigator.clipboard) {
      navigator.clipboard.writeText(text(source)).then(done, function () {
        if (source.select) source.select();
      });
    } else if (source.select) {
      source.select();
      if (document.execCommand("copy")) done();
    }
  });

  // A menu closes when something else is clicked, or by Escape.
  function closeMenus(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(except)) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) {
    closeMenus(event.target);
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details.menu[open]");
    closeMenus(null);
    if (menu) menu.querySelector("summary").focus();
  });

  // The focus goes to what is new: the part of a page, or the error, that is marked for it.
  function focusOn(root) {
    const target = root.querySelector("[data-focus]");
    // Nobody is taken away from where they write.
    if (target && !document.activeElement.matches("[data-keep-focus]")) target.focus();
  }

  function begin(root) {
    root.querySelectorAll("[data-needs-script]").forEach(function (element) {
      element.hidden = false;
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    begin(document);
    focusOn(document);
  });
  document.addEventListener("htmx:load", function (event) {
    begin(event.detail.elt);
  });
  document.addEventListener("htmx:afterSettle", function (event) {
    focusOn(event.detail.elt);
  });

  // A form marked data-once is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });

  // A page that the browser kept for its back button shows what was true then: look again.
  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });

  // Events for parts of a page that look at the server again and again: only while somebody can see the page.
  // <div hx-get="…" hx-trigger="look" data-look-every="2">
  function look() {
    if (document.visibilityState !== "visible") return;
    document.querySelectorAll("[data-look-every]").forEach(function (element) {
      const now = Date.now();
      const last = Number(element.dataset.lookedAt || now);
      if (!element.dataset.lookedAt) element.dataset.lookedAt = String(now);
      if (now - last < Number(element.dataset.lookEvery) * 1000) return;
      element.dataset.lookedAt = String(now);
      if (window.htmx) window.htmx.trigger(element, "look");
    });
  }

  setInterval(look, 500);
  document.addEventListener("visibilitychange", look);
})();
