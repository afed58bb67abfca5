"use strict";
// Draws the charts of the report, and again where the dress of the page changes.
(function () {
  var charts = JSON.parse(document.getElementById("charts").textContent);
  var isPrinting = false;

  function draw() {
    Object.keys(charts).forEach(function (name) {
      gatecastCharts.draw(document.getElementById(name), charts[name], isPrinting);
    });
  }

  function open(all) {
    document.querySelectorAll("details").forEach(function (one) {
      if (all) { one.dataset.was = one.open ? "open" : ""; one.open = true; } else { one.open = one.dataset.was === "open"; }
    });
  }

  draw();
  gatecastCharts.prefersDark.addEventListener("change", draw);
  window.addEventListener("beforeprint", function () { isPrinting = true; open(true); draw(); });
  window.addEventListener("afterprint", function () { isPrinting = false; open(false); draw(); });
})();
