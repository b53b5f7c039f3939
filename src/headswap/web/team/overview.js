// The team's credits, what it states and chooses, and what the server takes.

import { post } from "../api.js";
import { announce, button, el, fill, freshId } from "../dom.js";
import { ask } from "../parts/dialog.js";
import { notice, trouble } from "../parts/states.js";
import { linkTo } from "../route.js";
import { team } from "../team.js";
import { counted, credits, fullMoment, number } from "../words.js";

/** @returns {Promise<Node>} */
export async function part() {
  const found = await team(true);
  const host = el("div.stack.loose");
  draw(host, found);
  return host;
}

function draw(host, found) {
  const again = () => team(true).then((fresh) => draw(host, fresh));
  fill(host,
    el("div.tiles", {}, purse(found), limits(found)),
    consent(found, again),
    removal(found, again),
    label(found, again),
    el("p.hint", {}, `Team ${found.name}, `, el("code", {}, found.team_id)));
}

function purse({ credit, held, prices }) {
  return el("section.card", { "aria-labelledby": "purse" },
    el("h2", { id: "purse" }, "Credits"),
    el("p.large.figures", {}, number(credit)),
    el("p.hint", {}, held ? `${credits(held)} more held for swaps at work.` : "Nothing is held for swaps at work."),
    el("p.hint", {}, Object.entries(prices)
      .map(([name, price]) => `${name}: ${number(price)} for each second begun`).join(" · ")),
    el("p", {}, el("a", { href: linkTo("team", "credits") }, "Every movement")));
}

function limits({ limits: most, retention }) {
  return el("section.card", { "aria-labelledby": "limits" },
    el("h2", { id: "limits" }, "This server"),
    el("dl.facts", {},
      el("dt", {}, "Videos"),
      el("dd", {}, `${number(most.min_s)} to ${number(most.max_s)} s, ${most.max_mb} MB, ${number(most.max_fps)} frames a second`),
      el("dt", {}, "Photos"), el("dd", {}, `${most.photo_mb} MB`),
      el("dt", {}, "People"), el("dd", {}, `${most.mappings} in one swap`),
      el("dt", {}, "Results stay"), el("dd", {}, counted(retention.results, "day")),
      el("dt", {}, "Videos and photos stay"), el("dd", {}, `${counted(retention.sources, "day")} at most`)));
}

/** A form with a button, which says how it went. */
function form(title, says, fields, save, { label: word = "Save", more } = {}) {
  const told = el("div", { "aria-live": "polite" });
  const press = el("button.button.primary", { type: "submit" }, word);
  const heading = el("h2", { tabindex: "-1", id: freshId("part") }, title);
  const shown = el("form.stack", { novalidate: true, on: { submit: async (event) => {
    event.preventDefault();
    press.disabled = true;
    fill(told);
    try {
      const at = [...document.querySelectorAll("main section")].indexOf(heading.parentNode);
      announce(await save());
      // All is drawn anew; whoever uses the keyboard is where they were.
      document.querySelectorAll("main section")[at]?.querySelector("h2")?.focus({ preventScroll: true });
    } catch (error) {
      fill(told, trouble(error));
      press.disabled = false;
    }
  } } }, fields, told, el("div.row", {}, press, more));
  return el("section.card", { "aria-labelledby": heading.id }, heading, el("p.soft", {}, says), shown);
}

function field(name, text, given = {}, hint = null) {
  const id = `team-${name}`;
  const input = el(given.rows ? "textarea" : "input", { id, autocomplete: "off", ...given });
  return { input, node: el("div.field", {}, el("label", { for: id }, text), input, hint && el("p.hint", {}, hint)) };
}

function consent({ consent: stated }, again) {
  const by = field("by", "Who states it", { value: stated?.by ?? "", maxlength: 200 });
  const says = field("says", "What is stated",
    { value: stated?.statement ?? "", rows: 2, maxlength: 2000, placeholder: "Everybody shown in our photos agreed" });
  const scope = field("scope", "What for", { value: stated?.scope ?? "", maxlength: 500, placeholder: "our trailers" });
  const save = async () => {
    const body = { by: by.input.value, statement: says.input.value, scope: scope.input.value };
    await post("api/console/consent", body);
    await again();
    return "The consent is stated.";
  };
  const withdraw = async () => {
    const sure = await ask({
      title: "Withdraw the consent?", says: "From now on it has to be stated with each photo.",
      yes: "Withdraw it", danger: true,
    });
    if (!sure) return;
    await post("api/console/consent/withdraw", {});
    await again();
    announce("The consent is withdrawn.");
  };
  const now = stated
    ? notice("good", `${stated.by} stated it on ${fullMoment(Date.parse(stated.since))}`)
    : notice("plain", "", el("p", {}, "Nothing is stated: consent is asked for with each photo."));
  return form("Consent for all swaps",
    "State once that the people in your photos agreed, and to what. It is kept with every swap.",
    [now, by.node, says.node, scope.node], save,
    { label: stated ? "State it anew" : "State it", more: stated && button("Withdraw", withdraw, { kind: "danger" }) });
}

function removal({ sources, retention }, again) {
  const choice = (value, text, hint) => el("label.tick", {},
    el("input", { type: "radio", name: "sources", value, checked: value === sources }),
    el("span", {}, text, el("br"), el("span.hint", {}, hint)));
  const days = counted(retention.sources, "day");
  const fields = el("fieldset.plain-set", {}, el("legend.unseen", {}, "When videos and photos are removed"),
    choice("retention", `After ${days}`, "A video can be used for further swaps until then."),
    choice("task-end", "As soon as a swap ends", "A further swap of the video needs it sent again."));
  return form("Videos and photos", `When what you send is removed, with all that was found in it.`, fields, async () => {
    await post("api/console/sources", { sources: fields.querySelector(":checked").value });
    await again();
    return "Saved.";
  });
}

function label({ label: drawn }, again) {
  const text = field("label", "Text", { value: drawn, maxlength: 80, placeholder: "Made with AI" },
    "Drawn small in the upper left corner of every frame. Leave it empty for none.");
  return form("Visible label", "Every result says invisibly that it was made here. It can say so visibly as well.",
    text.node, async () => {
      await post("api/console/label", { label: text.input.value.trim() });
      await again();
      return "Saved.";
    });
}
