// Signing in with a key.

import { tryKey } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { trouble } from "../parts/states.js";
import { Unreachable } from "../sentences.js";
import { begin, session } from "../session.js";

const SAYS = "Put the head of a photo on a person in a video. It all stays on this server.";

export const page = {
  title: "Sign in",
  /** @param {HTMLElement} host */
  show(host) {
    const told = el("div", { "aria-live": "assertive" });
    if (session.reason) fill(told, el("p.notice.plain", {}, icon("info"), el("span", {}, session.reason)));
    const input = el("input", {
      id: "key", type: "password", required: true, autocomplete: "current-password",
      spellcheck: "false", autocapitalize: "off", "aria-describedby": "key-says",
    });
    const stay = el("input", { type: "checkbox", id: "stay" });
    const submit = el("button.button.primary.wide", { type: "submit" }, "Sign in");
    const form = el(
      "form.card.signin", { novalidate: true },
      el("h1", {}, "Sign in"),
      el("p.soft", {}, SAYS),
      told,
      el("div.field", {},
        el("label", { for: "key" }, "Your key"),
        input,
        el("p.hint", { id: "key-says" }, "It was shown once when the server started first (",
          el("code", {}, "first-key.json"), " in its data folder), or whoever runs the server gave it to you.")),
      el("label.tick", {}, stay, el("span", {}, "Stay signed in on this computer")),
      submit,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      signIn({ input, stay, submit, told });
    });
    fill(host, form);
    if (matchMedia("(hover: hover)").matches) input.focus();
  },
};

async function signIn({ input, stay, submit, told }) {
  const secret = input.value.trim();
  const problem = !secret ? "Enter your key." : isHeader(secret) ? "" : "A key has no such characters; copy it again.";
  if (problem) {
    refuse(input, told, problem);
    return;
  }
  submit.disabled = true;
  submit.textContent = "Signing in…";
  try {
    await tryKey("api/console/team", secret);
    begin(secret, stay.checked);
  } catch (error) {
    refuse(input, told, error);
    if (!(error instanceof Unreachable)) input.select();
  } finally {
    submit.disabled = false;
    submit.textContent = "Sign in";
  }
}

/** Whether a text can be sent as a header: anything else is no key. */
function isHeader(text) {
  return /^[\x21-\x7e]+$/.test(text);
}

function refuse(input, told, problem) {
  input.setAttribute("aria-invalid", "true");
  fill(told, typeof problem === "string"
    ? el("p.notice.bad", {}, icon("alert"), el("span", {}, problem))
    : trouble(problem));
  input.focus();
}
