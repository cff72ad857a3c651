// Photos and files kept as evidence: sealed on this device, sent after the words that name them.
import { get, keysOf, put, remove } from "./store.js";
import { base64, openBytes, sealBytes } from "./vault.js";

export const MAX_BYTES = 8 * 1024 * 1024; // incidents/services/evidence_file.py
export const MAX_MB = MAX_BYTES / 1024 / 1024;

export const digestOf = async (bytes) => (
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("")
);

export const keepFile = async (op_id, bytes) => (
  put("files", op_id, await sealBytes(await get("meta", "publicKey"), `file ${op_id}`, bytes))
);

// What waits although the words that name it have arrived.
export const filesWaiting = async () => {
  const unsent = new Set(await keysOf("outbox"));
  return (await keysOf("files")).filter((op_id) => !unsent.has(op_id));
};

// Everything that lies here, opened, to be carried away in a file of its own.
export const filesToCarry = async (privateKey) => {
  const found = {};
  for (const op_id of await keysOf("files")) {
    found[op_id] = base64(await openBytes(privateKey, `file ${op_id}`, await get("files", op_id)));
  }
  return found;
};

// One after the other; a file goes from the device when the server has it by its SHA-256.
export const sendFiles = async (privateKey, post) => {
  for (const op_id of await filesWaiting()) {
    const bytes = await openBytes(privateKey, `file ${op_id}`, await get("files", op_id));
    const form = new FormData();
    form.append("op_id", op_id);
    form.append("file", new Blob([bytes]), "evidence");
    if ((await post(form)).sha256 === await digestOf(bytes)) await remove("files", op_id);
  }
};
