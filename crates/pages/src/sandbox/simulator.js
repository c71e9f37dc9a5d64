(function () {
  var field = document.getElementById("code");
  var retailer = document.getElementById("retailer");
  var clock = document.getElementById("clock");
  var told = document.getElementById("told");
  var screen = document.getElementById("screen");
  var wires = { counter: document.getElementById("counter"), merchant: document.getElementById("merchant") };
  var cashier = document.getElementById("cashier");
  var buttons = document.querySelectorAll("button[data-act]");
  var steps = document.querySelectorAll("button[data-step]");
  // Of a refund code whose cash is reserved: the sale's number.
  var reserved = "";
  // The payment that is looked at: a code, where the last answer named one.
  var code = "";
  var busy = false;
  var shown = "";
  function first(list) { return list.firstElementChild ? list.firstElementChild.dataset.no : 0; }
  function clear() {
    Object.keys(wires).forEach(function (name) {
      wires[name].textContent = "";
      document.getElementById("no-" + name).hidden = false;
    });
  }
  function add(name, html) {
    if (!html) return;
    wires[name].insertAdjacentHTML("afterbegin", html);
    while (wires[name].children.length > 100) wires[name].lastElementChild.remove();
    document.getElementById("no-" + name).hidden = true;
  }
  function look() {
    if (!code || document.hidden || busy) return Promise.resolve();
    busy = true;
    var asked = code;
    return fetch("/simulator/payments/" + encodeURIComponent(asked) + "?counter=" + first(wires.counter) +
      "&merchant=" + first(wires.merchant), { cache: "no-store" }).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      var now = answer.headers.get("x-gerai-clock") || "";
      clock.hidden = !now;
      clock.lastElementChild.textContent = now;
      return answer.json();
    }).then(function (news) {
      if (asked !== code) return;
      if (news.screen && shown !== news.screen) {
        shown = news.screen;
        screen.innerHTML = news.screen;
      }
      add("counter", news.counter);
      add("merchant", news.merchant);
    }).catch(function () {}).then(function () { busy = false; });
  }
  // A button far below its answer, as on a phone, brings the answer into view.
  function show() {
    var place = cashier.getBoundingClientRect();
    if (place.top < 0 || place.top > innerHeight / 2) cashier.scrollIntoView();
  }
  function enable(is_on) {
    buttons.forEach(function (button) { button.disabled = !is_on; });
    steps.forEach(function (button, index) { button.disabled = !is_on || (index > 0 && !reserved); });
  }
  function send(button, path, body, done) {
    if (retailer.value) body.retailer = retailer.value;
    enable(false);
    told.textContent = "…";
    fetch("/sandbox/v1/" + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    }).then(function (answer) { return answer.json(); }).then(function (said) {
      if (said.error) { told.textContent = said.message || said.error; return null; }
      var about = said.refund_code || said.payment_code;
      if (about !== code) { code = about; clear(); }
      done(said);
      told.textContent = said.meaning || "";
      return look();
    }).catch(function () {
      told.textContent = "The sandbox does not answer.";
    }).then(function () {
      enable(true);
      button.focus({ preventScroll: true });
      show();
    });
  }
  function press(button) {
    var wanted = field.value.replace(/\s/g, "") || "latest";
    send(button, "payments/" + encodeURIComponent(wanted) + "/" + button.dataset.act, {}, function () {
      field.value = code;
    });
  }
  function step(button) {
    var wanted = document.getElementById("refund").value.replace(/\s/g, "");
    var pin = document.getElementById("pin");
    var body = button === steps[0] ? { pin: pin.value } : { sale: reserved };
    send(button, "refunds/" + encodeURIComponent(wanted || "-") + "/" + button.dataset.step, body, function (said) {
      var last = said.messages[said.messages.length - 1];
      var is_held = button === steps[0] && last.answer && last.answer.code === "00";
      reserved = is_held ? said.sale : "";
      pin.value = "";
    });
  }
  buttons.forEach(function (button) {
    button.addEventListener("click", function () { press(button); });
  });
  steps.forEach(function (button) {
    button.addEventListener("click", function () { step(button); });
  });
  field.addEventListener("keydown", function (event) {
    // A scanner ends a code with this.
    if (event.key === "Enter") press(buttons[0]);
  });
  var given = new URLSearchParams(location.search).get("code");
  if (given) { field.value = given; code = given; look(); }
  setInterval(look, 700);
})();
