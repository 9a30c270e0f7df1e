// Comparing answers: keys, clicks on an answer, the row of answers on a phone, and long texts folded at one height.
// Without it everything can still be read, chosen, explained and sent.
"use strict";

(function () {
  function choose(form, value) {
    const radio = form.querySelector('[name="choice"][value="' + value + '"]');
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
  }

  document.addEventListener("click", function (event) {
    const candidate = event.target.closest(".candidate");
    if (!candidate || event.target.closest("a, label, button, input, summary, .acceptable")) return;
    // Whoever marks words to copy them does not choose.
    if (String(window.getSelection())) return;
    choose(candidate.closest("form"), candidate.dataset.place);
  });

  // ---- keys ----------------------------------------------------------------------------------------------------------
  function remembered(name, value) {
    try {
      if (value === undefined) return localStorage.getItem(name);
      localStorage.setItem(name, value);
    } catch (error) {
      return null;
    }
    return null;
  }

  // The digit of a key in any layout: French keyboards want Shift for it, Arabic and Hindi ones write their own.
  function digit(event) {
    if (/^[0-8]$/.test(event.key)) return event.key;
    const code = event.shiftKey ? null : /^(?:Digit|Numpad)([0-8])$/.exec(event.code);
    return code ? code[1] : "";
  }

  // While a word is composed, its keys belong to whoever composes it.
  function isComposing(event) {
    return event.isComposing || event.keyCode === 229;
  }

  // Enter: first to the box in which to say why, then off.
  function goOn(form) {
    const box = form.querySelector("#id_explanation");
    if (box && !box.value.trim() && !form.dataset.shownWhy) {
      form.dataset.shownWhy = "yes";
      box.focus();
      box.scrollIntoView({ block: "center" });
    } else {
      send(form);
    }
  }

  function send(form) {
    const button = form.querySelector("[data-send]");
    if (!button.disabled) form.requestSubmit(button);
  }

  function pressed(event, form) {
    const dialog = document.querySelector("dialog.keys");
    if (event.key === "?" || event.key === "؟") return dialog.showModal(), true;
    if (event.key === "Enter" && form.elements.choice.value && !event.target.closest("a, button, summary, [type=button]")) {
      return goOn(form), true;
    }
    const number = digit(event);
    if (number) choose(form, number === "0" ? "none" : String(Number(number) - 1));
    return Boolean(number);
  }

  document.addEventListener("keydown", function (event) {
    const form = document.querySelector("form.compare");
    if (!form || isComposing(event) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return send(form);
    }
    if (event.ctrlKey || event.metaKey || event.altKey || remembered("keys") === "off") return;
    if (event.target.closest("textarea, select, input:not([type=radio], [type=button])")) return;
    if (pressed(event, form)) event.preventDefault();
  });

  document.addEventListener("click", function (event) {
    const dialog = document.querySelector("dialog.keys");
    if (!dialog) return;
    if (event.target.closest("[data-keys-open]")) dialog.showModal();
    // The rest of the page closes it as well.
    if (event.target.closest("[data-keys-close]") || event.target === dialog) dialog.close();
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-keys-on]")) remembered("keys", event.target.checked ? "on" : "off");
  });

  // ---- the row of answers on a narrow screen -------------------------------------------------------------------------
  function follow(form) {
    const row = form.querySelector(".candidates");
    const tabs = form.querySelectorAll(".candidate-tabs a");
    const inTheMiddle = new Set();
    const observer = new IntersectionObserver(
      function (entries) {
        entries.forEach(function (entry) {
          if (entry.isIntersecting) inTheMiddle.add(entry.target.dataset.place);
          else inTheMiddle.delete(entry.target.dataset.place);
        });
        // Several are there between two answers, and where a wide screen that shows all has just become a narrow one.
        const current = [...inTheMiddle].sort()[0];
        if (current === undefined) return;
        tabs.forEach(function (tab) {
          if (tab.dataset.place === current) tab.setAttribute("aria-current", "true");
          else tab.removeAttribute("aria-current");
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

  // ---- long texts: all of them folded at one height, and all of them unfolded ----------------------------------------
  // A few lines more than the height are no reason to fold.
  const MUCH_MORE = 1.2;

  function fold(form) {
    const row = form.querySelector(".candidates");
    row.classList.remove("folded");
    const texts = Array.from(row.querySelectorAll(".candidate .prose"));
    const height = parseFloat(getComputedStyle(row).getPropertyValue("--fold")) * rem();
    const isLong = texts.some(function (text) {
      return text.scrollHeight > height * MUCH_MORE;
    });
    texts.forEach(function (text) {
      const cut = isLong && text.scrollHeight > height;
      text.closest(".candidate").classList.toggle("cut", cut);
      if (cut && !text.nextElementSibling.matches(".unfold")) text.after(unfolder());
    });
    setFolded(row, isLong && !row.dataset.unfolded);
  }

  function unfolder() {
    const button = document.createElement("input");
    button.type = "button";
    button.className = "button quiet small unfold";
    return button;
  }

  function rem() {
    return parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  function setFolded(row, folded) {
    row.classList.toggle("folded", folded);
    row.querySelectorAll(".unfold").forEach(function (button) {
      button.value = folded ? row.dataset.unfold : row.dataset.fold;
    });
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest(".unfold");
    if (!button) return;
    const row = button.closest(".candidates");
    row.dataset.unfolded = row.classList.contains("folded") ? "yes" : "";
    setFolded(row, !row.dataset.unfolded);
    if (!row.dataset.unfolded) button.closest(".candidate").scrollIntoView({ block: "nearest" });
  });

  // Turned, zoomed, or with letters of another size.
  let width = window.innerWidth;
  function foldAgain() {
    document.querySelectorAll("form.compare").forEach(fold);
  }
  window.addEventListener("resize", function () {
    // Bars of a phone's browser that come and go change the height alone.
    if (window.innerWidth !== width) foldAgain();
    width = window.innerWidth;
  });
  document.addEventListener("reading", foldAgain);

  // ---- every step ----------------------------------------------------------------------------------------------------
  function begin(root) {
    root.querySelectorAll("form.compare").forEach(follow);
    root.querySelectorAll("form.compare").forEach(fold);
    root.querySelectorAll("[data-keys-on]").forEach(function (box) {
      box.checked = remembered("keys") !== "off";
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    begin(document);
  });
  document.addEventListener("htmx:load", function (event) {
    if (event.detail.elt !== document.body) begin(event.detail.elt);
  });
})();
