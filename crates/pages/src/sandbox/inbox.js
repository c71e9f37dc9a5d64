(function () {
  var list = document.getElementById("mails");
  var state = document.getElementById("state");
  var clock = document.getElementById("clock");
  var empty = document.getElementById("empty");
  var busy = false;
  function ask() {
    if (document.hidden || busy) return;
    busy = true;
    var first = list.firstElementChild;
    fetch("/inbox/mails?after=" + (first ? first.dataset.no : 0), { cache: "no-store" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      var now = answer.headers.get("x-gerai-clock") || "";
      clock.hidden = !now;
      clock.lastElementChild.textContent = now;
      return answer.text();
    }).then(function (html) {
      state.textContent = "Live.";
      if (!html) return;
      list.insertAdjacentHTML("afterbegin", html);
      empty.hidden = true;
      while (list.children.length > 500) list.lastElementChild.remove();
    }).catch(function () {
      state.textContent = "The sandbox does not answer.";
    }).then(function () { busy = false; });
  }
  ask();
  setInterval(ask, 1000);
  document.addEventListener("visibilitychange", ask);
})();
