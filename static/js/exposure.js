// What was seen of each answer: as which one it came on the screen, for how long, and how much of it. It is sent with
// the choice, in one small field; where it is missing, nothing else is.
"use strict";

(function () {
  const LOOK_EVERY = 250;
  // So long on the screen, and an answer counts as opened: a swipe passes over more quickly.
  const OPENED_AFTER = 500;
  // An answer whose edge looks in from the side is not on the screen.
  const LEAST_WIDTH = 0.6;
  const LEAST_HEIGHT = 48;

  const kept = new WeakMap();

  function key(form) {
    return "seen:" + form.dataset.draftOf;
  }

  function remember(form, seen) {
    try {
      sessionStorage.setItem(key(form), JSON.stringify(seen));
    } catch (error) {
      return;
    }
  }

  // A reload goes on where it was.
  function recall(form) {
    try {
      return JSON.parse(sessionStorage.getItem(key(form)));
    } catch (error) {
      return null;
    }
  }

  function seenOf(form) {
    const answers = Array.from(form.querySelectorAll(".candidate .prose"));
    let seen = kept.get(form) || recall(form);
    if (!seen || seen.length !== answers.length) {
      seen = answers.map(function () {
        return { order: 0, milliseconds: 0, percent: 0 };
      });
    }
    kept.set(form, seen);
    return seen;
  }

  // On a phone a bar with the choices covers the end of the screen.
  function lowest(form) {
    const bar = form.querySelector(".ballot").getBoundingClientRect();
    return bar.height && bar.top > 0 ? Math.min(bar.top, window.innerHeight) : window.innerHeight;
  }

  // How much of a text is on the screen now, from its beginning, in percent; 0 where it is not.
  function reach(text) {
    const box = text.getBoundingClientRect();
    const row = text.closest(".candidates").getBoundingClientRect();
    const width = Math.min(box.right, row.right, window.innerWidth) - Math.max(box.left, row.left, 0);
    const bottom = Math.min(box.bottom, lowest(text.closest("form")));
    const height = bottom - Math.max(box.top, 0);
    if (width < box.width * LEAST_WIDTH || height < Math.min(LEAST_HEIGHT, box.height)) return 0;
    return Math.min(100, Math.round((100 * (bottom - box.top)) / Math.max(1, text.scrollHeight)));
  }

  function look(form, elapsed) {
    const seen = seenOf(form);
    form.querySelectorAll(".candidate .prose").forEach(function (text, place) {
      const percent = reach(text);
      if (!percent) return;
      const one = seen[place];
      one.milliseconds += elapsed;
      one.percent = Math.max(one.percent, percent);
      if (!one.order && one.milliseconds >= OPENED_AFTER) {
        one.order = 1 + Math.max(...seen.map(function (each) {
          return each.order;
        }));
      }
    });
    nudge(form, seen);
  }

  let last = performance.now();

  function lookAtAll() {
    const now = performance.now();
    // A computer that slept has shown nothing meanwhile.
    const elapsed = Math.min(now - last, 4 * LOOK_EVERY);
    last = now;
    if (document.visibilityState !== "visible") return;
    document.querySelectorAll("form.compare[data-draft]").forEach(function (form) {
      look(form, elapsed);
    });
  }

  setInterval(lookAtAll, LOOK_EVERY);

  // ---- whoever has chosen is told what was not on the screen yet: a line, and nothing that holds them ----------------
  function nudge(form, seen) {
    const line = form.querySelector("[data-unread]");
    if (!line) return;
    const names = Array.from(form.querySelectorAll(".candidate-name"));
    const unread = names.filter(function (name, place) {
      return !seen[place].order || !isRead(name.closest(".candidate"), seen[place]);
    });
    const chosen = form.elements.choice.value !== "";
    const labels = unread.map(function (name) {
      return name.dataset.label;
    });
    const words = chosen && labels.length ? line.dataset.unread.replace("{answers}", listed(labels)) : "";
    if (line.textContent.trim() !== words) line.textContent = words;
    line.classList.toggle("said", Boolean(words));
  }

  function listed(labels) {
    return window.Intl.ListFormat ? new Intl.ListFormat(document.documentElement.lang).format(labels) : labels.join(", ");
  }

  // Folded, and never unfolded.
  function isRead(candidate, seen) {
    return !candidate.classList.contains("cut") || seen.percent >= 80;
  }

  // ---- with the choice -----------------------------------------------------------------------------------------------
  document.addEventListener(
    "submit",
    function (event) {
      const form = event.target;
      if (!form.matches("form.compare[data-draft]") || !form.elements.exposure) return;
      lookAtAll();
      form.elements.exposure.value = seenOf(form)
        .map(function (one) {
          return [one.order, Math.round(one.milliseconds), one.percent].join();
        })
        .join(";");
    },
    true,
  );

  window.addEventListener("pagehide", function () {
    document.querySelectorAll("form.compare[data-draft]").forEach(function (form) {
      remember(form, seenOf(form));
    });
  });
})();
