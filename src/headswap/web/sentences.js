// What went wrong, in words that a person can act on.

const OF_CODE = {
  1005: "Too many requests in a short time. Wait a moment, then try again.",
  1008: "This server does not know that request. It may be older than this page: reload the page.",
  1014: "This does not exist, or it belongs to another team.",
  1101: "This key is wrong, or it has been revoked. Check it, or ask whoever runs this server.",
  1102: "Sign in with your key first.",
  1104: "There are not enough credits. Ask whoever runs this server for more.",
  1200: "This account is blocked. Ask whoever runs this server.",
};

const OF_FAILURE = {
  1007: ["Too many people", "Choose a part of the video with fewer people in it."],
  1008: ["No person was found",
    "Use a video in which a face can be seen from the front, large and bright enough."],
  1014: ["The video could not be fetched",
    "Check that the address opens without signing in, or upload the file instead."],
  1015: ["The swap could not be done", "Nothing was charged. Try it again, or use another photo."],
  1108: ["A photo cannot be used", "Nothing was charged. Use another photo."],
  1204: ["The video is too short or too long", "Cut it to the length that is allowed."],
  1207: ["The file is too large", "Export it smaller, or cut it shorter."],
  1208: ["This is not a video that can be read", "Export it as MP4 (H.264) and try again."],
  1209: ["The video's format is not known here", "Export it as MP4 (H.264) and try again."],
  1210: ["The video has too many frames in a second", "Export it with 30 or 60 frames in a second."],
  2001: ["Something went wrong on the server",
    "Nothing was charged. Try it again; if it stays, tell whoever runs this server."],
};

/** The server's no. `code` is the envelope's, `said` its own words. */
export class Refusal extends Error {
  /** @param {number} code @param {string} said @param {string} [request] its X-Request-Id */
  constructor(code, said, request = "") {
    super(sentenceOfCode(code, said, request));
    this.name = "Refusal";
    this.code = code;
    this.said = said;
  }
}

/** The server could not be reached at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server does not answer. Check the connection, then try again.");
    this.name = "Unreachable";
  }
}

function sentenceOfCode(code, said, request) {
  if (code === 2001) {
    const number = request ? ` and tell this number: ${request}` : "";
    return `The server made a mistake. Try again; if it stays, ask whoever runs it${number}.`;
  }
  return OF_CODE[code] ?? said;
}

/** An error as a sentence. @param {unknown} error @returns {string} */
export function sentenceOf(error) {
  if (error instanceof Refusal || error instanceof Unreachable) return error.message;
  return `Something went wrong in this page: ${error instanceof Error ? error.message : error}`;
}

/**
 * Why an analysis or a task failed.
 * @param {{error_code?: number, error_reason?: string}} record
 * @returns {{title: string, reason: string, advice: string}}
 */
export function failureOf(record) {
  const reason = record.error_reason ?? "";
  if (/cancel/i.test(reason)) {
    return { title: "Cancelled", reason, advice: "Nothing was charged." };
  }
  const [title, advice] = OF_FAILURE[record.error_code] ?? ["It did not work", ""];
  return { title, reason, advice };
}
