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
  // What the page says now, in the place of what it said. The card itself stays, so that whoever has it read
  // aloud hears what changes in it.
  function show(html) {
    var now = new DOMParser().parseFromString(html, "text/html").getElementById("standing");
    if (!now || now.dataset.standing === card.dataset.standing) return;
    timers.forEach(clearInterval);
    document.removeEventListener("visibilitychange", ask);
    var page = card.parentNode;
    var isBehind = false;
    Array.from(page.children).forEach(function (part) { if (part !== card) part.remove(); });
    Array.from(now.parentNode.children).forEach(function (part) {
      if (part === now) isBehind = true;
      else page.insertBefore(part, isBehind ? null : card);
    });
    card.className = now.className;
    card.dataset.standing = now.dataset.standing;
    while (card.firstChild) card.firstChild.remove();
    while (now.firstChild) card.appendChild(now.firstChild);
  }
  function text(url) {
    return fetch(url, { cache: "no-store" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.text();
    });
  }
  function ask() {
    if (document.hidden) return;
    text(card.dataset.ask).then(function (standing) {
      if (standing !== card.dataset.standing) return text(location.href).then(show);
    }).catch(function () {});
  }
  document.getElementById("again").hidden = true;
  tick();
  var timers = [setInterval(tick, 1000), setInterval(ask, 2000)];
  document.addEventListener("visibilitychange", ask);
})();
