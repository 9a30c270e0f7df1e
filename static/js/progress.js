// While answers are written: the server tells how far they are, in words, and says when they are there. Where it cannot
// (no room, a proxy in between), the page asks every two seconds, as it does without this file.
"use strict";

(function () {
  const ASK_EVERY_SECONDS = 2;
  // Beside a stream, in case it has fallen silent.
  const STILL_ASK_EVERY_SECONDS = 20;

  let stream = null;
  // Streams that the server would not give; not asked for again.
  const refused = new Set();

  function waiting() {
    return document.querySelector("#waiting[data-events]");
  }

  function askEvery(seconds) {
    const part = waiting();
    if (part) part.dataset.lookEvery = String(seconds);
  }

  function stop() {
    if (stream) stream.close();
    stream = null;
    askEvery(ASK_EVERY_SECONDS);
  }

  // One stream for the page that is seen, none for one that is not.
  function follow() {
    const part = waiting();
    if (!part || document.visibilityState !== "visible" || refused.has(part.dataset.events)) return stop();
    if (stream && stream.address === part.dataset.events) return;
    stop();
    stream = new EventSource(part.dataset.events);
    stream.address = part.dataset.events;
    stream.addEventListener("progress", told);
    stream.addEventListener("over", over);
    stream.addEventListener("error", broken);
  }

  function told(event) {
    askEvery(STILL_ASK_EVERY_SECONDS);
    const words = document.getElementById("waiting-words");
    const said = document.createElement("div");
    said.innerHTML = event.data;
    // What has not changed is not read out again.
    if (words && said.textContent.replace(/\s+/g, " ").trim() !== words.textContent.replace(/\s+/g, " ").trim()) {
      words.replaceChildren(...said.childNodes);
    }
  }

  function over() {
    stop();
    const part = waiting();
    if (part && window.htmx) window.htmx.trigger(part, "look");
  }

  // The browser asks for a stream that broke off again by itself; for one that was refused it does not.
  function broken() {
    askEvery(ASK_EVERY_SECONDS);
    if (!stream || stream.readyState !== EventSource.CLOSED) return;
    refused.add(stream.address);
    stop();
  }

  document.addEventListener("DOMContentLoaded", follow);
  document.addEventListener("htmx:load", follow);
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", stop);
})();
