// The whole way with fetch: node swap.mjs VIDEO PHOTO RESULT. HEADSWAP_URL and HEADSWAP_KEY name
// the server and the key; WEBHOOK_URL, if set, is told of the end.
import { openAsBlob } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const { HEADSWAP_URL, HEADSWAP_KEY, WEBHOOK_URL } = process.env;
const [DONE, FAILED] = [3, 4];

/** The answer's data; whatever is no success is thrown with the reason. */
async function ask(path, { json, ...given } = {}) {
  const headers = { "x-api-key": HEADSWAP_KEY };
  if (json) {
    given = { method: "POST", body: JSON.stringify(json) };
    headers["content-type"] = "application/json";
  }
  const answer = await fetch(`${HEADSWAP_URL}/api/open/v4/headswap/${path}`, { headers, ...given });
  const { code, msg, data } = await answer.json();
  if (code !== 1000) throw new Error(`${path}: ${code} ${msg}`);
  return data;
}

async function upload(path) {
  const body = new FormData();
  body.append("file", await openAsBlob(path), basename(path));
  return (await ask("upload", { method: "POST", body })).url;
}

/** The record, once it has ended. */
async function finished(kind, id) {
  for (;;) {
    const record = await ask(`${kind}/detail?_id=${id}`);
    if (record.status === FAILED) throw new Error(`${kind}: ${record.error_reason}`);
    if (record.status === DONE) return record;
    await pause(1000);
  }
}

const [video, photo, result] = process.argv.slice(2);
const video_url = await upload(video);
const img_url = await upload(photo);

const analysis = await ask("analyze", { json: { video_url, type: "head" } });
const found = (await finished("analyze", analysis._id)).analysis_result.media;
for (const person of found) console.log(`person ${person.obj_id}: ${person.frames} frames`);

const task = await ask("task/create", {
  json: {
    video_url,
    mappings: [{ obj_id: 0, img_url, consent: "Anna Berg: I agree; for the trailer" }],
    model_name: "akool-premium",
    resolution: "480p",
    webhookUrl: WEBHOOK_URL,
  },
});
const { video_url: swapped } = await finished("task", task._id);
await writeFile(result, Buffer.from(await (await fetch(swapped)).arrayBuffer()));
