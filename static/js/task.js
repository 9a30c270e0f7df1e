// The task's page: what is measured while a person reads and writes.
"use strict";

(function () {
  // ---- what is measured: the kind of device, how long the page could be seen, how much was pasted (never what) -------
  const measures = new WeakMap();

  function remembered(form, measure) {
    // A reload must not make a pasted text a typed one, nor a long look a short one.
    try {
      const key = "measured:" + form.dataset.draftOf;
      if (measure === null) sessionStorage.removeItem(key);
      else if (measure) sessionStorage.setItem(key, JSON.stringify(measure));
      else return JSON.parse(sessionStorage.getItem(key));
    } catch (error) {
      return null;
    }
    return null;
  }

  function device() {
    if (!window.matchMedia("(pointer: coarse)").matches) return "computer";
    return Math.min(window.screen.width, window.screen.height) < 600 ? "phone" : "tablet";
  }

  function measure(form) {
    const now = Date.now();
    const known = measures.get(form) || remembered(form) || { seconds: 0, pasted: 0 };
    if (known.since) known.seconds += (now - known.since) / 1000;
    known.since = document.visibilityState === "visible" ? now : 0;
    measures.set(form, known);
    remembered(form, { seconds: known.seconds, pasted: known.pasted });
    return known;
  }

  function measureAll() {
    document.querySelectorAll("form[data-draft]").forEach(measure);
  }

  document.addEventListener("visibilitychange", measureAll);
  window.addEventListener("pagehide", measureAll);

  document.addEventListener("paste", function (event) {
    const form = event.target.closest("form[data-draft]");
    if (!form || !event.clipboardData) return;
    const known = measure(form);
    known.pasted += event.clipboardData.getData("text").length;
    measure(form);
  });

  // Before htmx reads the form.
  document.addEventListener(
    "submit",
    function (event) {
      const form = event.target;
      if (!form.matches("form[data-draft]") || !form.elements.device) return;
      const known = measure(form);
      form.elements.device.value = device();
      form.elements.seconds_visible.value = known.seconds.toFixed(1);
      form.elements.pasted.value = String(known.pasted);
    },
    true,
  );

  document.addEventListener("htmx:beforeSwap", function (event) {
    const form = event.detail.requestConfig && event.detail.requestConfig.elt.closest("form[data-draft]");
    if (form && event.detail.xhr.status !== 422 && event.detail.shouldSwap) remembered(form, null);
  });

  // A part that looks the same again is left alone, so that nothing is read out twice.
  let seen = "";
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (!event.detail.target.matches("[data-keep-if-same]")) return;
    if (event.detail.serverResponse === seen) event.detail.shouldSwap = false;
    seen = event.detail.serverResponse;
  });

  // ---- every step ----------------------------------------------------------------------------------------------------
  function begin(root) {
    root.querySelectorAll("form[data-draft]").forEach(measure);
  }

  document.addEventListener("DOMContentLoaded", function () {
    begin(document);
  });
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) begin(event.detail.elt);
  });
})();
