// Elements: made, filled, and told of. Data becomes text or an attribute, never markup.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = new URL("icons.svg", import.meta.url).href;

/**
 * An element with what is inside it.
 * @param {string} tag its name, with classes behind points: "button.quiet.small".
 * @param {Object<string, unknown>} [given] attributes. `on` holds listeners by event, `style`
 *   custom properties by name; true sets an attribute without a value, false and null none.
 * @param {...unknown} inside nodes, texts, lists of them; null, undefined and false are nothing.
 * @returns {HTMLElement}
 */
export function el(tag, given = {}, ...inside) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [attribute, value] of Object.entries(given)) set(element, attribute, value);
  element.append(...nodes(inside));
  return element;
}

function set(element, attribute, value) {
  if (attribute === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (attribute === "style") {
    // By the object model, which the content security policy lets through.
    for (const [name, text] of Object.entries(value)) element.style.setProperty(name, text);
  } else if (attribute === "class") {
    element.classList.add(...String(value).split(" ").filter(Boolean));
  } else if (attribute === "value" || attribute === "checked") {
    element[attribute] = value;
  } else if (value !== false && value !== null && value !== undefined) {
    element.setAttribute(attribute, value === true ? "" : String(value));
  }
}

function nodes(inside) {
  return inside.flat(Infinity)
    .filter((one) => one !== null && one !== undefined && one !== false)
    .map((one) => (one instanceof Node ? one : String(one)));
}

/** Puts `inside` in the place of all that `element` holds. */
export function fill(element, ...inside) {
  element.replaceChildren(...nodes(inside));
  return element;
}

/**
 * A picture of icons.svg, hidden from screen readers: the text beside it says it all.
 * @param {string} name the symbol's id.
 * @param {string} [classes]
 * @returns {SVGElement}
 */
export function icon(name, classes = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `icon ${classes}`.trim());
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button.
 * @param {string} label what it says.
 * @param {(event: Event) => unknown} press
 * @param {{icon?: string, kind?: string, title?: string, only?: boolean}} [given] kind: classes
 *   (primary, quiet, danger, small); only: the icon alone is seen, the label is heard.
 * @returns {HTMLButtonElement}
 */
export function button(label, press, given = {}) {
  const text = given.only ? el("span.unseen", {}, label) : el("span", {}, label);
  return el(
    "button.button",
    {
      type: "button",
      class: `${given.kind ?? ""} ${given.only ? "only" : ""}`,
      title: given.title ?? (given.only ? label : null),
      on: { click: press },
    },
    given.icon && icon(given.icon),
    text,
  );
}

let turn = 0;
/** An id that no other element has. @returns {string} */
export function freshId(stem = "id") {
  turn += 1;
  return `${stem}-${turn}`;
}

/** Says `text` to screen readers. @param {string} text */
export function announce(text) {
  document.getElementById("said").textContent = text;
}
