(function () {
  var field = document.getElementById("code");
  var retailer = document.getElementById("retailer");
  var told = document.getElementById("told");
  var screen = document.getElementById("screen");
  var wires = { counter: document.getElementById("counter"), merchant: document.getElementById("merchant") };
  var buttons = document.querySelectorAll("button[data-act]");
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
  function press(button) {
    var wanted = field.value.replace(/\s/g, "") || "latest";
    var body = retailer.value ? { retailer: retailer.value } : {};
    buttons.forEach(function (other) { other.disabled = true; });
    told.textContent = "…";
    fetch("/sandbox/v1/payments/" + encodeURIComponent(wanted) + "/" + button.dataset.act, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    }).then(function (answer) { return answer.json(); }).then(function (said) {
      if (said.error) { told.textContent = said.message || said.error; return null; }
      if (said.payment_code !== code) { code = said.payment_code; clear(); }
      field.value = code;
      told.textContent = said.meaning || "";
      return look();
    }).catch(function () {
      told.textContent = "The sandbox does not answer.";
    }).then(function () {
      buttons.forEach(function (other) { other.disabled = false; });
      button.focus();
    });
  }
  buttons.forEach(function (button) {
    button.addEventListener("click", function () { press(button); });
  });
  field.addEventListener("keydown", function (event) {
    // A scanner ends a code with this.
    if (event.key === "Enter") press(buttons[0]);
  });
  var given = new URLSearchParams(location.search).get("code");
  if (given) { field.value = given; code = given; look(); }
  setInterval(look, 700);
})();
