(function () {
  var card = document.getElementById("standing");
  var left = document.getElementById("left");
  if (!card || card.dataset.standing !== "pending") return;
  // The deadline counts from the server's clock: a phone's may be wrong.
  var ends = performance.now() + Number(card.dataset.left);
  function two(number) { return (number < 10 ? "0" : "") + number; }
  function tick() {
    var seconds = Math.max(0, Math.round((ends - performance.now()) / 1000));
    var days = Math.floor(seconds / 86400);
    var rest = two(Math.floor(seconds / 3600) % 24) + ":" + two(Math.floor(seconds / 60) % 60) +
      ":" + two(seconds % 60);
    left.textContent = (days ? days + " " + left.dataset.days + " " : "") + rest;
  }
  function ask() {
    if (document.hidden) return;
    fetch(card.dataset.ask, { cache: "no-store" }).then(function (answer) {
      return answer.ok ? answer.text() : card.dataset.standing;
    }).then(function (standing) {
      if (standing !== card.dataset.standing) location.reload();
    }).catch(function () {});
  }
  document.getElementById("again").hidden = true;
  tick();
  setInterval(tick, 1000);
  setInterval(ask, 2000);
  document.addEventListener("visibilitychange", ask);
})();
