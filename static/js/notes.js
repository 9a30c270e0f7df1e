// Notes that people write for themselves while they read and wait: in this browser alone, as long as the conversation.
"use strict";

(function () {
  let box = null;
  let key = "";

  function kept(value) {
    // A browser that stores nothing has them until the page is left.
    try {
      if (value === null) localStorage.removeItem(key);
      else if (value !== undefined) localStorage.setItem(key, value);
      return localStorage.getItem(key) || "";
    } catch (error) {
      return "";
    }
  }

  function panel() {
    return document.querySelector(".notes");
  }

  function look() {
    const task = document.getElementById("task");
    box = document.getElementById("my-notes");
    if (!task || !box) return;
    const before = key;
    key = "notes:" + task.dataset.task;
    if (task.dataset.step === "done") kept(null);
    if (key !== before || task.dataset.step === "done") {
      box.value = kept();
      box.closest("details").open = box.value !== "";
    }
    panel().hidden = task.dataset.step === "done";
  }

  function tell(arrived) {
    const news = document.querySelector("[data-news]");
    if (news) news.hidden = !arrived;
  }

  document.addEventListener("input", function (event) {
    if (event.target === box) kept(box.value || null);
  });
  document.addEventListener("focusin", function (event) {
    if (event.target.closest("#task")) tell(false);
  });

  document.addEventListener("DOMContentLoaded", look);
  document.addEventListener("htmx:load", function (event) {
    look();
    // Who writes goes on writing; that the answers are there stands beside.
    tell(document.activeElement === box && event.detail.elt.dataset.step === "compare");
  });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-news]")) return;
    event.preventDefault();
    const there = document.querySelector("#task [data-focus]");
    if (there) there.focus();
  });
})();
