// Shows openapi.json, and sends requests from it. Text of the document is only ever set as text.

const make = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
};

const base = new URL(".", document.baseURI);
const answer = await fetch(new URL("openapi.json", base));
const api = await answer.json();

const resolve = (schema) => {
  if (!schema?.$ref) return schema ?? {};
  const { $ref, ...beside } = schema;
  return { ...api.components.schemas[$ref.split("/").pop()], ...beside };
};

const typeOf = (schema) => {
  const full = resolve(schema);
  if (full.anyOf) return full.anyOf.map(typeOf).join(" or ");
  if (full.type === "array") return `list of ${typeOf(full.items)}`;
  const choices = full.enum ?? (full.const === undefined ? undefined : [full.const]);
  return choices ? choices.join(" | ") : full.type ?? "any";
};

const exampleOf = (schema) => {
  const full = resolve(schema);
  if (full.type === "object" && full.properties) {
    const fields = Object.entries(full.properties);
    return Object.fromEntries(fields.map(([name, inner]) => [name, exampleOf(inner)]));
  }
  return full.examples?.[0] ?? null;
};

const row = (name, type, required, says, example) =>
  make("tr", {},
    make("td", {}, make("code", {}, name)), make("td", {}, type + (required ? "" : ", optional")),
    make("td", {}, says ?? ""),
    make("td", {}, make("code", {}, example === undefined ? "" : JSON.stringify(example))));

const rowsOf = (schema, prefix = "") => {
  const full = resolve(schema);
  return Object.entries(full.properties ?? {}).flatMap(([name, given]) => {
    const field = resolve(given);
    const inner = field.type === "array" ? resolve(field.items) : field;
    const mark = field.type === "array" ? "[]." : ".";
    const required = (full.required ?? []).includes(name);
    const nested = inner.properties ? rowsOf(inner, prefix + name + mark) : [];
    const example = nested.length ? undefined : field.examples?.[0];
    return [row(prefix + name, typeOf(field), required, field.description, example), ...nested];
  });
};

const table = (title, rows) =>
  rows.length ? [make("h3", {}, title), make("table", {}, make("tbody", {}, ...rows))] : [];

const inputs = (operation) => {
  const fields = (operation.parameters ?? []).map((parameter) => {
    const input = make("input", { size: 50, placeholder: parameter.example ?? "" });
    return { parameter, input };
  });
  const content = operation.requestBody?.content ?? {};
  const json = content["application/json"];
  const text = json && make("textarea", { rows: 8, spellcheck: "false" });
  if (text) text.value = JSON.stringify(exampleOf(json.schema), null, 2);
  const file = content["multipart/form-data"] && make("input", { type: "file" });
  return { fields, text, file };
};

const requestOf = (path, method, given) => {
  const headers = {};
  const key = document.getElementById("key").value.trim();
  if (key) headers["x-api-key"] = key;
  const url = new URL(path.slice(1), base);
  for (const { parameter, input } of given.fields) {
    if (!input.value) continue;
    if (parameter.in === "query") url.searchParams.set(parameter.name, input.value);
    if (parameter.in === "header") headers[parameter.name] = input.value;
    if (parameter.in === "path") {
      const hole = encodeURIComponent(`{${parameter.name}}`);
      const value = input.value.split("/").map(encodeURIComponent).join("/");
      url.pathname = url.pathname.replace(hole, value);
    }
  }
  let body;
  if (given.text) [body, headers["content-type"]] = [given.text.value, "application/json"];
  if (given.file?.files.length) {
    body = new FormData();
    body.append("file", given.file.files[0]);
  }
  return new Request(url, { method, headers, body });
};

const show = async (response, out) => {
  out.textContent = `HTTP ${response.status}\n`;
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) {
    out.textContent += JSON.stringify(await response.json(), null, 2);
    return;
  }
  if (!type.startsWith("text/")) {
    out.textContent += `${type}, ${(await response.blob()).size} bytes`;
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    out.textContent += part.value;
  }
};

const sender = (path, method, operation) => {
  const given = inputs(operation);
  const out = make("pre", { hidden: "" });
  const button = make("button", { type: "button" }, "Send");
  button.addEventListener("click", async () => {
    out.hidden = false;
    out.textContent = "…";
    try {
      await show(await fetch(requestOf(path, method, given)), out);
    } catch (error) {
      out.textContent = String(error);
    }
  });
  const labels = given.fields.map(({ parameter, input }) => make("label", {}, `${parameter.name} `, input));
  const rest = [given.text, given.file].filter(Boolean);
  return [make("h3", {}, "Try it"), ...labels, ...rest, make("p", {}, button), out];
};

const entry = (path, method, operation) => {
  const name = method.toUpperCase();
  const parameters = (operation.parameters ?? []).map((one) =>
    row(one.name, typeOf(one.schema), one.required, one.description, one.example));
  const sent = Object.values(operation.requestBody?.content ?? {}).flatMap((one) => rowsOf(one.schema));
  const ok = operation.responses["200"]?.content ?? {};
  const received = rowsOf((ok["application/json"] ?? {}).schema);
  return make("details", {},
    make("summary", {},
      make("span", { class: `method ${method}` }, name), " ",
      make("code", {}, path), " ", make("span", {}, operation.summary)),
    make("div", {},
      ...table("Parameters", parameters), ...table("Sent", sent),
      ...table("Answered", received), ...sender(path, method, operation)));
};

const sections = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const [method, operation] of Object.entries(methods)) {
    const tag = operation.tags[0];
    if (!sections.has(tag)) sections.set(tag, make("section", {}, make("h2", {}, tag)));
    sections.get(tag).append(entry(path, method, operation));
  }
}
document.getElementById("version").textContent = api.info.version;
document.getElementById("says").textContent = api.info.description;
document.getElementById("operations").replaceChildren(...sections.values());
