// The review desk: keys, decisions, sign-off. Talks only to the page it came from.
"use strict";

const cards = [...document.querySelectorAll(".picture")];
const form = document.getElementById("sign");
const help = document.getElementById("help");
const STATES = { approve: "approved", reject: "rejected", "": "not decided" };
let revision = document.body.dataset.revision;
let current = -1;
let closed = false;
let lastAlive = Date.now();

async function post(address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The review has ended. Run casereport review again: decisions so far are kept.");
  }
  const text = await answer.text();
  let said = {};
  try {
    said = JSON.parse(text);
  } catch {
    said = { problem: text };
  }
  if (!answer.ok) throw new Error([said.problem, said.fix].filter(Boolean).join(" · "));
  return said;
}

function tell(place, words) {
  place.textContent = words;
  place.hidden = !words;
}

function show(card, decision) {
  card.dataset.decision = decision;
  card.querySelector("[data-state]").textContent = STATES[decision];
  card.querySelector(".reason").hidden = decision !== "reject";
  for (const radio of card.querySelectorAll("input[type=radio]")) radio.checked = radio.value === decision;
}

async function decide(card, decision, { goOn = false } = {}) {
  const reason = card.querySelector(".reason input");
  const problem = card.querySelector(".problem");
  if (decision === "reject" && !reason.value.trim()) {
    // Not kept before there is a reason; the state line says so.
    card.querySelector(".reason").hidden = false;
    for (const radio of card.querySelectorAll("input[type=radio]")) radio.checked = radio.value === "reject";
    card.querySelector("[data-state]").textContent = "say why";
    reason.focus();
    return;
  }
  try {
    const said = await post("/decide", { picture: card.dataset.id, decision, reason: reason.value });
    revision = said.revision;
    show(card, decision);
    tell(problem, "");
    document.getElementById("count").textContent = `${said.decided} of ${said.all} pictures decided`;
    document.getElementById("progress").value = said.decided;
    if (goOn) move(1);
  } catch (error) {
    show(card, card.dataset.decision);
    tell(problem, error.message);
  }
}

function go(index) {
  current = index;
  cards[index].focus({ preventScroll: true });
  cards[index].scrollIntoView({ block: "start" });
}

function move(by) {
  const to = current + by;
  if (to >= 0 && to < cards.length) go(to);
  else if (to >= cards.length) document.getElementById("h-words").scrollIntoView({ block: "start" });
}

for (const [index, card] of cards.entries()) {
  card.addEventListener("focusin", () => { current = index; });
  for (const radio of card.querySelectorAll("input[type=radio]"))
    radio.addEventListener("change", () => decide(card, radio.value));
  const reason = card.querySelector(".reason input");
  reason.addEventListener("change", () => decide(card, "reject"));
  reason.addEventListener("keydown", (event) => {
    if (event.key === "Enter") card.focus();
  });
  for (const picture of card.querySelectorAll("img")) {
    const explain = async () => {
      let words = "The review has ended.";
      try {
        words = await (await fetch(picture.src)).text();
      } catch { /* the server is gone: the words above say so */ }
      tell(picture.closest("figure").querySelector(".unshown"), words);
      picture.closest("a").hidden = true;
    };
    picture.addEventListener("error", explain);
    if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) explain();
  }
}

// The pixel under the pointer, as `at`, `crop` and `inset` of the record count them.
for (const picture of document.querySelectorAll(".copy img")) {
  const told = picture.closest("figure").querySelector(".pixel");
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const [width, height] = [picture.naturalWidth, picture.naturalHeight];
    const scale = Math.min(box.width / width, box.height / height); // object-fit: contain, in the middle
    const x = Math.floor((event.clientX - box.left - (box.width - width * scale) / 2) / scale);
    const y = Math.floor((event.clientY - box.top - (box.height - height * scale) / 2) / scale);
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    told.textContent = inside ? `pixel ${x}, ${y} of ${width} × ${height}` : "";
  });
  picture.addEventListener("pointerleave", () => { told.textContent = ""; });
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  a: () => current >= 0 && decide(cards[current], "approve", { goOn: true }),
  r: () => current >= 0 && decide(cards[current], "reject"),
  u: () => current >= 0 && decide(cards[current], ""),
  o: () => current >= 0 && cards[current].querySelector(".copy a").click(),
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox])");
  const on = document.getElementById("keys-on").checked || event.key === "?";
  if (closed || typing || help.open || !on || event.ctrlKey || event.metaKey || event.altKey) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

document.getElementById("help-open").addEventListener("click", () => help.showModal());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = document.getElementById("sign-problem");
  const answers = {};
  for (const box of form.querySelectorAll(".questions input")) answers[box.name] = box.checked;
  const boxes = {};
  for (const asked of document.querySelectorAll("[data-box]"))
    boxes[asked.dataset.box] = asked.querySelector("input:checked")?.value ?? "";
  try {
    const said = await post("/sign", {
      name: form.elements.name.value,
      role: form.elements.role.value,
      answers,
      boxes,
      revision,
    });
    finish(said);
  } catch (error) {
    tell(problem, error.message);
    problem.scrollIntoView({ block: "center" });
  }
});

function finish(said) {
  closed = true;
  const words = said.rejected.length
    ? `Kept. The case stays closed because of ${said.rejected.join(", ")}. Change the record, then review again.`
    : "Signed. The package can be made: casereport submit. You may close this page.";
  const done = document.getElementById("done");
  tell(done, words);
  done.classList.toggle("closed", said.rejected.length > 0);
  for (const element of document.querySelectorAll("main input, main button")) element.disabled = true;
  done.scrollIntoView({ block: "center" });
}

// The server stops after 15 minutes without a sign of life: reading and scrolling are signs of life.
for (const sign of ["pointermove", "keydown", "scroll", "touchstart"])
  document.addEventListener(sign, () => {
    if (closed || Date.now() - lastAlive < 60_000) return;
    lastAlive = Date.now();
    post("/alive", {}).catch(() => {});
  }, { passive: true });
