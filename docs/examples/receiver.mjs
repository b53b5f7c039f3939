// Takes webhooks: node receiver.mjs PORT. CLIENT_ID and CLIENT_SECRET are the key's that made the
// task.
import { createDecipheriv, createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const { CLIENT_ID, CLIENT_SECRET } = process.env;

/** The message. Throws if it was not sealed with our secret. */
function opened({ signature, dataEncrypt, timestamp, nonce }) {
  const parts = [CLIENT_ID, String(timestamp), nonce, dataEncrypt].sort();
  const expected = createHash("sha1").update(parts.join("")).digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) throw new Error("wrong signature");
  const start = Buffer.alloc(16);
  Buffer.from(CLIENT_ID).copy(start);
  const kind = `aes-${CLIENT_SECRET.length * 8}-cbc`;
  const decipher = createDecipheriv(kind, CLIENT_SECRET, start);
  return JSON.parse(decipher.update(dataEncrypt, "base64", "utf8") + decipher.final("utf8"));
}

createServer(async (request, response) => {
  try {
    const message = opened(JSON.parse(await text(request)));
    // The same message may come twice; _id and status tell. 3 is completed, 4 is failed.
    console.log(message._id, message.status, message.url);
    response.writeHead(200).end();
  } catch {
    response.writeHead(400).end();
  }
}).listen(Number(process.argv[2]), "127.0.0.1");
