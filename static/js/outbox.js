// Nothing that a person types or sends is lost: drafts in the browser and on the server, sending that waits for the
// connection, and sending again, under the same name, after a reload, a new sign-in or a restart of the browser.
"use strict";

(function () {
  const DRAFT_DELAY = 800;
  const RETRY_DELAYS = [2000, 4000, 8000, 15000];
  // Answers of a server, or of something before it, that is away for a moment.
  const AWAY = [0, 408, 425, 429, 502, 503, 504];
  const KEPT_DAYS = 30;
  const FORMS = "form[data-draft], form[data-resend]";

  // ---- what the browser remembers ------------------------------------------------------------------------------------
  // One that stores nothing (private windows) still has the server's drafts.
  function recall(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch (error) {
      return null;
    }
  }

  function remember(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch (error) {
      return;
    }
  }

  function remembered(prefix) {
    try {
      return Object.keys(localStorage).filter(function (key) {
        return key.startsWith(prefix);
      });
    } catch (error) {
      return [];
    }
  }

  // ---- one line that says what became of what was typed --------------------------------------------------------------
  function say(form, what) {
    const line = form.querySelector(".sending") || document.querySelector(".sending");
    if (!line) return;
    const words = what ? line.dataset[what] : "";
    if (line.textContent.trim() !== words) line.textContent = words;
  }

  // ---- drafts: in the browser at once, on the server soon ------------------------------------------------------------
  const timers = new WeakMap();

  function draftKey(form) {
    return "draft:" + form.dataset.draftOf;
  }

  // What a person sets themselves: {name: text, or the list of what is ticked}.
  function typed(form) {
    const values = {};
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "submit") continue;
      if (field.type === "checkbox") {
        values[field.name] = (values[field.name] || []).concat(field.checked ? [field.value] : []);
      } else if (field.type === "radio") {
        if (field.checked || !(field.name in values)) values[field.name] = field.checked ? field.value : "";
      } else {
        values[field.name] = field.value;
      }
    }
    return values;
  }

  function fill(form, values) {
    for (const field of form.elements) {
      if (!(field.name in values)) continue;
      const value = values[field.name];
      if (field.type === "checkbox") field.checked = value.includes(field.value);
      else if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
    form.dispatchEvent(new CustomEvent("filled", { bubbles: true }));
  }

  function draftBody(form, values) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("turn_number", form.dataset.turnNumber);
    for (const name of Object.keys(values)) {
      for (const value of [].concat(values[name])) body.append(name, value);
    }
    return body;
  }

  async function save(form) {
    timers.delete(form);
    const values = typed(form);
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST",
        body: draftBody(form, values),
        redirect: "manual",
        keepalive: true,
      });
      if (!form.dataset.sending) saved(form, values, answer);
    } catch (error) {
      if (!form.dataset.sending) notSaved(form);
    }
  }

  function saved(form, values, answer) {
    // Nobody is signed in any more: the way in is where such a request is sent.
    if (answer.type === "opaqueredirect") return say(form, "signedOut");
    if (AWAY.includes(answer.status)) return notSaved(form);
    if (answer.status !== 204) return;
    // What was typed since then is saved by its own turn.
    if (JSON.stringify(values) === JSON.stringify(typed(form))) {
      remember(draftKey(form), { values: values, savedAt: Number(answer.headers.get("Draft-At")) });
    }
    say(form, "saved");
  }

  function notSaved(form) {
    saveSoon(form, RETRY_DELAYS[1]);
    say(form, "waiting");
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
    remember(draftKey(form), { values: typed(form) });
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
    const kept = recall(draftKey(form));
    if (!kept || !kept.values) return;
    // Saved from here, and then from another device: that one is the newer.
    if (kept.savedAt && Number(form.dataset.draftAt) > kept.savedAt) return;
    fill(form, kept.values);
    if (!kept.savedAt) saveSoon(form, 0);
  }

  // ---- sending -------------------------------------------------------------------------------------------------------
  const attempts = new WeakMap();

  function unsentKey(form) {
    return "unsent:" + form.dataset.draftOf;
  }

  // With the key that names it, so that sent twice it is taken once.
  function keepUnsent(form) {
    if (!form.dataset.draftOf) return;
    const fields = Array.from(new FormData(form)).filter(function (pair) {
      return pair[0] !== "csrfmiddlewaretoken" && typeof pair[1] === "string";
    });
    remember(unsentKey(form), { address: form.getAttribute("hx-post"), page: form.dataset.page, fields: fields, at: Date.now() });
  }

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

  // Not event.detail.elt: that is what the event happens to, for an answer the part that it replaces.
  function sender(event) {
    const asked = event.detail.requestConfig ? event.detail.requestConfig.elt : event.detail.elt;
    return asked && asked.closest(FORMS);
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    const form = sender(event);
    if (!form) return;
    clearTimeout(timers.get(form));
    timers.delete(form);
    form.dataset.sending = "now";
    keepUnsent(form);
    if (!attempts.get(form)) say(form, "sending");
  });

  function lost(event) {
    const form = sender(event);
    if (!form) return;
    form.dataset.sending = "waiting";
    say(form, "waiting");
    tryAgainSoon(form);
  }

  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:responseError", function (event) {
    const form = sender(event);
    if (!form) return;
    if (AWAY.includes(event.detail.xhr.status)) return lost(event);
    delete form.dataset.sending;
    say(form, "failed");
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    const form = sender(event);
    if (!form || !event.detail.shouldSwap || !form.dataset.draftOf) return;
    // The server has it and has answered. What is wrong with a form is told beside what was typed, which stays.
    remember(unsentKey(form), null);
    if (event.detail.xhr.status !== 422) remember(draftKey(form), null);
  });

  // ---- sending again what a page did not live to see through ---------------------------------------------------------
  function token() {
    const field = document.querySelector("[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }

  function deliver() {
    for (const key of remembered("unsent:")) {
      const kept = recall(key);
      if (!kept || !kept.fields || Date.now() - kept.at > KEPT_DAYS * 86400000) remember(key, null);
      else deliverOne(key, kept);
    }
  }

  function deliverOne(key, kept) {
    const of = key.slice("unsent:".length);
    const form = document.querySelector('form[data-draft-of="' + of + '"]');
    if (!form) return deliverFromElsewhere(key, kept);
    if (form.dataset.sending) return tryAgain(form);
    fill(form, fieldsOf(kept));
    form.dataset.sending = "waiting";
    tryAgain(form);
  }

  function fieldsOf(kept) {
    const values = {};
    for (const [name, value] of kept.fields) values[name] = name in values ? [].concat(values[name], value) : value;
    for (const [name] of kept.fields) {
      const field = document.querySelector('[name="' + name + '"]');
      if (field && field.type === "checkbox") values[name] = [].concat(values[name]);
    }
    return values;
  }

  async function deliverFromElsewhere(key, kept) {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", token());
    for (const [name, value] of kept.fields) body.append(name, value);
    try {
      const answer = await fetch(kept.address, { method: "POST", body: body, headers: { "HX-Request": "true" } });
      if (answer.headers.get("HX-Redirect")) return;
      if (answer.ok) arrived(key, kept);
      else if ([409, 422].includes(answer.status)) refused(key, kept, await answer.text());
    } catch (error) {
      // Still away: the next page, or the connection, brings it up again.
    }
  }

  function arrived(key, kept) {
    remember(key, null);
    remember("draft:" + key.slice("unsent:".length), null);
    // Where people come back to, what follows is shown at once.
    if (document.querySelector("[data-goes-on]")) location.replace(kept.page);
  }

  // Not taken: where the conversation is shown, the server's words for it are, with what was typed.
  function refused(key, kept, html) {
    const task = document.getElementById("task");
    if (task && location.pathname === kept.page) {
      remember(key, null);
      window.htmx.swap(task, html, { swapStyle: "outerHTML" });
    } else if (document.querySelector("[data-goes-on]")) {
      location.replace(kept.page);
    }
  }

  window.addEventListener("online", function () {
    document.querySelectorAll(FORMS).forEach(function (form) {
      if (form.dataset.sending) tryAgain(form);
      else if (timers.has(form)) saveSoon(form, 0);
    });
    deliverIfKnown();
  });

  function deliverIfKnown() {
    // The way in: nobody is signed in, and what waits is told to them.
    const told = document.querySelector("[data-if-unsent]");
    if (told) told.hidden = remembered("unsent:").length === 0;
    else deliver();
  }

  // ---- leaving: what was typed is on the server, and is not left to whoever uses this browser next -------------------
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-forgets]")) return;
    for (const key of remembered("draft:").concat(remembered("notes:"))) remember(key, null);
  });

  // ---- forms that lead to another page: only once somebody answers there ---------------------------------------------
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("[data-when-connected]")) return;
    event.preventDefault();
    if (!form.dataset.sending) go(form);
  });

  async function go(form) {
    form.dataset.sending = "now";
    try {
      await fetch(form.dataset.whenConnected, { method: "HEAD", cache: "no-store" });
      form.submit();
    } catch (error) {
      say(form, "waiting");
      setTimeout(go, RETRY_DELAYS[0], form);
    }
  }

  // A page that the browser took out of its memory has sent nothing yet.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-when-connected]").forEach(function (form) {
      delete form.dataset.sending;
    });
  });

  // ---- every step ----------------------------------------------------------------------------------------------------
  function begin(root) {
    root.querySelectorAll("form[data-draft]").forEach(restore);
  }

  document.addEventListener("DOMContentLoaded", function () {
    begin(document);
    deliverIfKnown();
  });
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) begin(event.detail.elt);
  });
})();
