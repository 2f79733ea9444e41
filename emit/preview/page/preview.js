"use strict";
// Without this the page works too: it opens what a link leads into, where the
// browser does not, and all files for printing.
(function () {
  var files = document.querySelectorAll("details.file");
  function all(open) {
    files.forEach(function (d) { d.open = open; });
  }
  function reveal() {
    var at = location.hash && document.getElementById(location.hash.slice(1));
    var d = at && at.closest("details");
    if (d) {
      d.open = true;
      at.scrollIntoView();
    }
  }
  document.getElementById("open").addEventListener("click", function () { all(true); });
  document.getElementById("close").addEventListener("click", function () { all(false); });
  document.querySelector(".tools").hidden = files.length === 0;
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", function () { all(true); });
  reveal();
})();
