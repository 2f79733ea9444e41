"use strict";
// Without this the page works too: it opens what a link leads into, where the
// browser does not, and all files for printing; it filters, and leads from one
// finding to the next.
(function () {
  var files = Array.from(document.querySelectorAll("details.file"));
  var notes = Array.from(document.querySelectorAll(".file .notes > li[tabindex]"));
  var filter = document.getElementById("filter");
  var status = document.getElementById("status");
  var keys = document.getElementById("keys");
  var texts = null; // of the files and their findings, from the first use of the filter on

  function all(open) {
    files.forEach(function (d) { d.open = open; });
  }

  function reveal() {
    var at = location.hash && document.getElementById(location.hash.slice(1));
    var d = at && at.closest("details");
    if (d) {
      d.hidden = false;
      d.open = true;
      at.scrollIntoView();
    }
  }

  // read returns the words that a file can be found by: its name, and those of its
  // classes and their members. Its diff is not searched: it has most words of all files.
  function read() {
    function low(e) { return e.textContent.toLowerCase(); }
    var rows = {};
    document.querySelectorAll(".list a").forEach(function (a) { rows[a.hash.slice(1)] = a.closest("tr"); });
    return files.map(function (d) {
      return {
        file: d,
        row: rows[d.id],
        name: low(d.querySelector("h3")),
        rest: Array.from(d.querySelectorAll(".class, .members th")).map(low).join("\n"),
        lists: Array.from(d.querySelectorAll(".notes")),
        notes: Array.from(d.querySelectorAll(".notes > li")).map(function (n) { return {note: n, text: low(n)}; })
      };
    });
  }

  function sift() {
    var words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    texts = texts || read();
    var shown = 0, found = 0;
    texts.forEach(function (t) {
      function has(text) {
        return !words.some(function (w) { return text.indexOf(w) < 0 && t.name.indexOf(w) < 0; });
      }
      var named = has(t.name);
      var some = 0;
      t.notes.forEach(function (n) {
        n.note.hidden = !named && !has(n.text);
        some += n.note.hidden ? 0 : 1;
      });
      t.lists.forEach(function (l) {
        l.hidden = l.previousElementSibling.hidden = !l.querySelector("li:not([hidden])");
      });
      t.file.hidden = !named && some === 0 && !has(t.rest);
      if (t.row) t.row.hidden = t.file.hidden;
      shown += t.file.hidden ? 0 : 1;
      found += some;
    });
    status.textContent = words.length === 0 ? "" :
      shown + " of " + files.length + (files.length === 1 ? " file" : " files") + ", " + found + (found === 1 ? " finding" : " findings");
  }

  // go leads to the next finding that is shown, or to the one before, from where the
  // focus is; after the last one comes the first.
  function go(step) {
    var list = notes.filter(function (n) { return !n.hidden && !n.closest("details").hidden; });
    if (list.length === 0) {
      status.textContent = "no finding is shown";
      return;
    }
    var at = list.indexOf(document.activeElement.closest("li[tabindex]"));
    if (at < 0 && go.last) at = list.indexOf(go.last);
    at = at < 0 ? (step > 0 ? 0 : list.length - 1) : (at + step + list.length) % list.length;
    go.last = list[at];
    go.last.closest("details").open = true;
    go.last.focus({preventScroll: true});
    go.last.scrollIntoView({block: go.last.offsetHeight < innerHeight - 160 ? "center" : "start"});
    status.textContent = "finding " + (at + 1) + " of " + list.length;
  }

  function on(id, what) {
    var e = document.getElementById(id);
    if (e) e.addEventListener("click", what);
  }
  on("open", function () { all(true); });
  on("close", function () { all(false); });
  on("next", function () { go(1); });
  on("prev", function () { go(-1); });
  filter.addEventListener("input", sift);
  filter.addEventListener("keydown", function (e) {
    if (e.key === "Escape") {
      filter.value = "";
      sift();
      filter.blur();
    }
  });
  addEventListener("keydown", function (e) {
    if (!keys.checked || e.ctrlKey || e.metaKey || e.altKey || e.target === filter) return;
    if (e.key === "n") go(1);
    else if (e.key === "p") go(-1);
    else if (e.key === "/") filter.focus();
    else return;
    e.preventDefault();
  });
  document.querySelector(".tools").hidden = files.length === 0;
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", function () { all(true); });
  if (filter.value) sift(); // the browser kept it over a reload
  reveal();
})();
