"use strict";
// Draws a chart of the library in the dress of the page: light or dark, and light on paper.
var gatecastCharts = (function () {
  var light = {
    text: "#1f2328", grid: "#dfe3e8", data: "#5f6873", quiet: "#b4bac2", forecast: "#007A5A", model: "#0072B2",
    contrast: "#C65200", open: "#6b6b6b", page: "#ffffff",
    m0: "#0072B2", m1: "#D55E00", m2: "#B0578D", m3: "#2A8FC4", m4: "#B97F00", m5: "#5B4A9C", m6: "#6d6d6d", m7: "#8C4A2F"
  };
  var dark = {
    text: "#e8eaed", grid: "#3a414c", data: "#aab2bd", quiet: "#6a7380", forecast: "#4fd1a5", model: "#62b5f0",
    contrast: "#ff9d5c", open: "#a8a8a8", page: "#1d2128",
    m0: "#62b5f0", m1: "#ff9d5c", m2: "#e9a3cb", m3: "#9ad8ff", m4: "#f0c14b", m5: "#b4a5f5", m6: "#bcbcbc", m7: "#d99c80"
  };
  var prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  // as wide as a page of A4 or Letter between its margins
  var paper = 660;

  // "@role" is a color, and "@role/0.2" one that is seen through
  function colored(text, colors) {
    var parts = text.slice(1).split("/");
    if (text.charAt(0) !== "@" || !Object.prototype.hasOwnProperty.call(colors, parts[0])) { return text; }
    var hex = colors[parts[0]];
    var rgb = [1, 3, 5].map(function (k) { return parseInt(hex.slice(k, k + 2), 16); });
    return parts.length > 1 ? "rgba(" + rgb.concat(parts[1]).join(",") + ")" : hex;
  }

  function dressed(value, colors) {
    if (typeof value === "string") { return colored(value, colors); }
    if (Array.isArray(value)) {
      return value.map(function (item) { return dressed(item, colors); });
    }
    if (value && typeof value === "object") {
      var made = {};
      Object.keys(value).forEach(function (key) { made[key] = dressed(value[key], colors); });
      return made;
    }
    return value;
  }

  function layoutOf(chart, colors, width, isPrinting) {
    var narrow = width < 520;
    var base = {
      template: {}, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", autosize: true,
      font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 11 : 12, color: colors.text },
      margin: { l: narrow ? 45 : 60, r: narrow ? 8 : 20, t: 12, b: 45 },
      legend: { orientation: "h", y: -0.2, yanchor: "top", x: 0, traceorder: "normal" },
      hoverlabel: { bgcolor: colors.page, bordercolor: colors.grid, font: { color: colors.text }, namelength: 40 },
      dragmode: narrow ? false : "zoom"
    };
    var layout = Object.assign(base, dressed(chart.layout, colors));
    ["xaxis", "yaxis"].forEach(function (name) {
      layout[name] = Object.assign(
        { gridcolor: colors.grid, linecolor: colors.grid, zerolinecolor: colors.grid, automargin: true, zeroline: false },
        layout[name]
      );
    });
    if (isPrinting) {
      layout.autosize = false;
      layout.width = paper;
    }
    return layout;
  }

  return {
    prefersDark: prefersDark,
    draw: function (place, chart, isPrinting) {
      var colors = prefersDark.matches && !isPrinting ? dark : light;
      var data = dressed(chart.data, colors);
      data.forEach(function (trace) {
        if (trace.type === "heatmap") { trace.colorbar.outlinecolor = colors.grid; }
      });
      var options = { responsive: true, displaylogo: false, displayModeBar: false };
      return window.Plotly.react(place, data, layoutOf(chart, colors, place.clientWidth, isPrinting), options);
    }
  };
})();
