// The task's page: drafts, what is measured, and sending that survives a lost connection.
// Without it everything can still be read, chosen, explained and sent.
"use strict";

(function () {
  const DRAFT_DELAY = 800;
  const RETRY_DELAYS = [2000, 4000, 8000, 15000];
  // Answers of a server, or of something before it, that is away for a moment.
  const AWAY = [0, 408, 425, 429, 502, 503, 504];

  // ---- one line that says what became of what was typed --------------------------------------------------------------
  function say(form, what) {
    const line = form.querySelector(".sending");
    if (!line) return;
    const words = what ? line.dataset[what] : "";
    if (line.textContent.trim() !== words) line.textContent = words;
  }

  // ---- drafts: in the browser at once, on the server soon ------------------------------------------------------------
  const timers = new WeakMap();

  function store(action, form, value) {
    // A browser that stores nothing (private windows) still has the server's drafts.
    try {
      const key = "draft:" + form.dataset.draftOf;
      if (action === "read") return JSON.parse(localStorage.getItem(key));
      if (action === "keep") localStorage.setItem(key, JSON.stringify(value));
      if (action === "forget") localStorage.removeItem(key);
    } catch (error) {
      return null;
    }
    return null;
  }

  function typed(form) {
    const values = {};
    for (const name of ["message", "explanation", "choice"]) {
      const field = form.elements[name];
      if (field) values[name] = field.value;
    }
    return values;
  }

  function fill(form, values) {
    for (const name of Object.keys(values)) {
      const field = form.elements[name];
      if (field) field.value = values[name];
    }
  }

  async function save(form) {
    timers.delete(form);
    const values = typed(form);
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("turn_number", form.dataset.turnNumber);
    for (const name of Object.keys(values)) body.set(name, values[name]);
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body: body, redirect: "manual", keepalive: true });
      if (form.dataset.sending) return;
      if (answer.status === 204) {
        // What was typed since then is saved by its own turn.
        if (JSON.stringify(values) === JSON.stringify(typed(form))) {
          store("keep", form, { values: values, savedAt: Number(answer.headers.get("Draft-At")) });
        }
        say(form, "saved");
      } else if (AWAY.includes(answer.status)) {
        saveSoon(form, RETRY_DELAYS[1]);
        say(form, "waiting");
      }
    } catch (error) {
      if (form.dataset.sending) return;
      saveSoon(form, RETRY_DELAYS[1]);
      say(form, "waiting");
    }
  }

  function saveSoon(form, delay) {
    clearTimeout(timers.get(form));
    timers.set(form, setTimeout(function () {
      if (form.isConnected) save(form);
    }, delay));
  }

  function changed(event) {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    store("keep", form, { values: typed(form) });
    say(form, "");
    saveSoon(form, DRAFT_DELAY);
  }

  document.addEventListener("input", changed);
  document.addEventListener("change", changed);

  // What is typed and not saved yet goes out with the page.
  document.addEventListener("visibilitychange", function () {
    if (document.visibilityState === "visible") return;
    document.querySelectorAll("form[data-draft]").forEach(function (form) {
      if (timers.has(form)) {
        clearTimeout(timers.get(form));
        save(form);
      }
    });
  });

  function restore(form) {
    const kept = store("read", form);
    if (!kept || !kept.values) return;
    // Saved from here, and then from another device: that one is the newer.
    if (kept.savedAt && Number(form.dataset.draftAt) > kept.savedAt) return;
    fill(form, kept.values);
    if (!kept.savedAt) saveSoon(form, 0);
  }

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

  // ---- sending -------------------------------------------------------------------------------------------------------
  const attempts = new WeakMap();

  function tryAgainSoon(form) {
    const attempt = attempts.get(form) || 0;
    attempts.set(form, attempt + 1);
    const delay = RETRY_DELAYS[Math.min(attempt, RETRY_DELAYS.length - 1)];
    setTimeout(function () {
      tryAgain(form);
    }, delay);
  }

  function tryAgain(form) {
    if (!form.isConnected || form.dataset.sending !== "waiting") return;
    form.dataset.sending = "now";
    window.htmx.trigger(form, "submit");
  }

  function sender(event) {
    return event.detail.elt && event.detail.elt.closest("form[data-draft]");
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    const form = sender(event);
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.delete(form);
    form.dataset.sending = "now";
    if (!attempts.get(form)) say(form, "sending");
  });

  function lost(event) {
    const form = sender(event);
    if (!form) return plainly(event);
    form.dataset.sending = "waiting";
    say(form, "waiting");
    tryAgainSoon(form);
  }

  // Nothing on the page is lost by leaving it: the browser itself says that nobody answers.
  function plainly(event) {
    const form = event.detail.elt.closest("form[data-plainly]");
    if (form) form.submit();
  }

  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", function (event) {
    const form = sender(event);
    if (!form) return plainly(event);
    if (AWAY.includes(event.detail.xhr.status)) return lost(event);
    delete form.dataset.sending;
    say(form, "failed");
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    const form = sender(event);
    // Taken, or known to be too late: what the browser kept of it has done its service.
    if (form && event.detail.xhr.status !== 422 && event.detail.shouldSwap) {
      store("forget", form);
      remembered(form, null);
    }
  });
  window.addEventListener("online", function () {
    document.querySelectorAll("form[data-draft]").forEach(function (form) {
      if (form.dataset.sending) tryAgain(form);
      else if (timers.has(form)) saveSoon(form, 0);
    });
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
    root.querySelectorAll("form[data-draft]").forEach(restore);
    root.querySelectorAll("form[data-draft]").forEach(measure);
  }

  document.addEventListener("DOMContentLoaded", function () {
    begin(document);
  });
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) begin(event.detail.elt);
  });
})();
