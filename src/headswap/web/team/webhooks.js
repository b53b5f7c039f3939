// Messages to the webhooks of swaps: what was sent, what was answered, sending one again.

import { post } from "../api.js";
import { announce, button, el, fill } from "../dom.js";
import { trouble } from "../parts/states.js";
import { linkTo } from "../route.js";
import { counted, fullMoment, moment } from "../words.js";
import { pages, table } from "./pages.js";

const STATES = { waiting: ["busy", "Waiting"], sent: ["good", "Taken"], failed: ["bad", "Given up"] };

/** @param {import("../route.js").Place} place @returns {Promise<Node[]>} */
export async function part({ signal }) {
  const told = el("div", { "aria-live": "polite" });
  const resend = async (id) => {
    try {
      await post("api/console/webhooks/resend", { message_id: id });
      announce("The message is sent again.");
      list.renew();
    } catch (error) {
      if (error.name !== "AbortError") fill(told, trouble(error));
    }
  };
  const list = await pages({
    path: "api/console/webhooks", signal,
    draw: (messages) => el("ul.messages", {}, messages.map((one) => message(one, resend))),
    nothing: ["bell", "No webhooks yet", "A swap that a program starts can name an address to be told when it ends."],
  });
  const says = "An address that a swap was started with is told when it ends, and again for a day until it answers 200.";
  return [el("div", {}, el("p.soft", {}, says), told), list];
}

function message(one, resend) {
  const [kind, word] = STATES[one.state];
  return el("li.card.message", {},
    el("div.spread", {},
      el("div", {}, el("p", {}, el("code", {}, one.url)),
        el("p.hint", {}, el("time", { title: fullMoment(one.create_time) }, moment(one.create_time)), " · ",
          el("a", { href: linkTo("task", one.task_id) }, "the swap"),
          one.next_time && ` · next try ${moment(one.next_time)}`)),
      el("div.row", {}, el(`span.pill.${kind}`, {}, word),
        button("Send again", () => resend(one.message_id), { kind: "small", icon: "again" }))),
    one.tries.length ? tries(one) : el("p.hint", {}, "Not tried yet."),
    el("details", {}, el("summary", {}, "What it says"),
      el("pre", {}, JSON.stringify(one.payload, null, 2)),
      el("p.hint", {}, "It is sealed with the key that the swap was started with.")));
}

function tries(one) {
  return el("details", { open: one.state === "failed" },
    el("summary", {}, counted(one.tries.length, "try", "tries")),
    table(`Tries of the message to ${one.url}`, ["When", "Took", "Answer", "It said"], one.tries.map((sent) => [
      el("time", { title: fullMoment(sent.time) }, moment(sent.time)),
      `${sent.took_ms} ms`,
      sent.http_status ?? "none",
      el("span.said", {}, sent.answer || "–"),
    ]), [1]));
}
