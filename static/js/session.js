// A session as people feel it: the time they have spent here today, and a message that Enter sends, as in a messenger.
"use strict";

(function () {
  const STEP_SECONDS = 5;
  // Who has not touched the page for so long is not here.
  const AWAY_SECONDS = 120;
  let touched = Date.now();

  function today() {
    const now = new Date();
    return "spent:" + [now.getFullYear(), now.getMonth() + 1, now.getDate()].join("-");
  }

  function spent(more) {
    try {
      const seconds = Number(localStorage.getItem(today()) || 0) + more;
      if (more) localStorage.setItem(today(), String(seconds));
      return seconds;
    } catch (error) {
      return 0;
    }
  }

  function forgetOtherDays() {
    try {
      Object.keys(localStorage).forEach(function (key) {
        if (key.startsWith("spent:") && key !== today()) localStorage.removeItem(key);
      });
    } catch (error) {
      return;
    }
  }

  function said(number, unit) {
    const how = { style: "unit", unit: unit, unitDisplay: "short", numberingSystem: "latn" };
    return new Intl.NumberFormat(document.documentElement.lang, how).format(number);
  }

  function show() {
    const line = document.querySelector("[data-spent]");
    const minutes = Math.floor(spent(0) / 60);
    if (!line) return;
    line.hidden = minutes === 0;
    const hours = Math.floor(minutes / 60);
    const parts = hours ? [said(hours, "hour"), said(minutes % 60, "minute")] : [said(minutes, "minute")];
    line.textContent = line.dataset.spent.replace("{time}", parts.join(" "));
  }

  setInterval(function () {
    if (document.visibilityState !== "visible" || Date.now() - touched > AWAY_SECONDS * 1000) return;
    spent(STEP_SECONDS);
    show();
  }, STEP_SECONDS * 1000);

  for (const kind of ["pointerdown", "keydown", "scroll", "focusin"]) {
    document.addEventListener(kind, function () {
      touched = Date.now();
    }, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "visible") touched = Date.now();
  });

  // ---- Enter sends, where there is a keyboard of keys; Shift and Enter begin a new line ------------------------------
  document.addEventListener("keydown", function (event) {
    const box = event.target.closest("[data-enter-sends]");
    // While letters are composed of several keys, Enter takes the word that is offered.
    if (!box || event.key !== "Enter" || event.shiftKey || event.altKey || event.isComposing || event.keyCode === 229) return;
    const meant = event.ctrlKey || event.metaKey;
    if (!meant && !window.matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    box.form.requestSubmit();
  });

  document.addEventListener("DOMContentLoaded", function () {
    forgetOtherDays();
    show();
  });
})();
