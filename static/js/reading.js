// The size of letters, the length of lines, light or dark: seen at once, and kept in the cookie that the server reads.
"use strict";

(function () {
  const SETTINGS = ["text", "lines", "theme"];

  document.addEventListener("change", function (event) {
    const form = event.target.closest("[data-reading]");
    if (!form) return;
    const values = SETTINGS.map(function (name) {
      return form.elements[name].value;
    });
    SETTINGS.forEach(function (name, number) {
      document.documentElement.dataset[name] = values[number];
    });
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "reading=" + values.join(".") + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
    document.dispatchEvent(new Event("reading"));
  });

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-without-script]").forEach(function (element) {
      element.hidden = true;
    });
  });
})();
