// The store of the device: sealed boxes, and the few plain facts that are needed to open them.
const NAME = "siaga-offline";
const VERSION = 2;
let opening = null;
let isGone = false;

const db = () => {
  if (isGone) return Promise.reject(new Error("signed out"));
  opening ??= idb.openDB(NAME, VERSION, {
    upgrade(base) {
      // Never delete a store here: unsent operations outlive every new version of this page.
      for (const store of ["meta", "boxes", "outbox", "refused", "files"]) {
        if (!base.objectStoreNames.contains(store)) base.createObjectStore(store);
      }
    },
    blocking() { opening?.then((base) => base.close()); opening = null; },
    terminated() { opening = null; },
  });
  return opening;
};

export const get = async (store, key) => (await db()).get(store, key);
export const put = async (store, key, value) => (await db()).put(store, value, key);
export const remove = async (store, key) => (await db()).delete(store, key);
export const count = async (store) => (await db()).count(store);
export const keysOf = async (store) => (await db()).getAllKeys(store);
export const entries = async (store) => {
  const transaction = (await db()).transaction(store);
  const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
  return keys.map((key, index) => [key, values[index]]);
};

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("siaga-offline") : null;
export const tell = (word) => channel?.postMessage(word);
export const hear = (listener) => channel?.addEventListener("message", (event) => listener(event.data));

// Empty this device; for good when the person leaves, so that nothing under way writes again.
export const wipe = async ({ forGood = false } = {}) => {
  try { (await db()).close(); } catch { /* it may be gone already */ }
  opening = null;
  isGone = forGood;
  await idb.deleteDB(NAME, { blocked() { tell("wiped"); } });
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith("siaga-draft:")) localStorage.removeItem(key);
  }
  tell("wiped");
};
