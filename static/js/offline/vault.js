// What lies on the device is sealed: anybody who is signed in may seal (a public key), only the
// person with the passphrase or the passkey may open. No usable key is ever stored.
const ROUNDS = 600000;
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const text = new TextEncoder();
const subtle = globalThis.crypto.subtle;
const random = (size) => crypto.getRandomValues(new Uint8Array(size));

const keyFromPassphrase = async (passphrase, salt, rounds) => {
  const raw = await subtle.importKey("raw", text.encode(passphrase.normalize("NFKC")), "PBKDF2", false, ["deriveKey"]);
  return subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, raw,
    { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
  );
};

const keyFromSecret = async (secret, salt, purpose) => {
  const raw = await subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  return subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt, info: text.encode(purpose) }, raw,
    { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"],
  );
};

// -- passkeys: a secret that only the authenticator can compute again (WebAuthn PRF)
const prfInput = (salt) => ({ prf: { eval: { first: salt } } });
const prfOf = (credential) => credential?.getClientExtensionResults?.().prf?.results?.first;

export const passkeySecret = async (salt, { id = null, name = "Siaga" } = {}) => {
  if (!window.PublicKeyCredential) return null;
  let known = id;
  if (!known) {
    const made = await navigator.credentials.create({ publicKey: {
      challenge: random(32), rp: { name: "Siaga" },
      user: { id: random(16), name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
      extensions: prfInput(salt),
    } });
    if (!made?.getClientExtensionResults().prf?.enabled) return null;
    known = new Uint8Array(made.rawId);
    if (prfOf(made)) return { id: known, secret: prfOf(made) };
  }
  const used = await navigator.credentials.get({ publicKey: {
    challenge: random(32), allowCredentials: [{ type: "public-key", id: known }],
    userVerification: "required", extensions: prfInput(salt),
  } });
  return prfOf(used) ? { id: known, secret: prfOf(used) } : null;
};

// -- the two halves: a public one to seal with, a private one that is kept wrapped
export const makeVault = async ({ passphrase = "", passkey = null, salt = random(32) }) => {
  const pair = await subtle.generateKey(CURVE, true, ["deriveBits"]);
  const wrapper = passkey
    ? await keyFromSecret(passkey.secret, salt, "siaga-offline-passkey")
    : await keyFromPassphrase(passphrase, salt, ROUNDS);
  const iv = random(12);
  const secret = await subtle.exportKey("pkcs8", pair.privateKey);
  const wrapped = await subtle.encrypt({ name: "AES-GCM", iv }, wrapper, secret);
  const lock = { salt, iv, wrapped, rounds: passkey ? 0 : ROUNDS, credential: passkey ? passkey.id : null };
  return { publicKey: await subtle.exportKey("raw", pair.publicKey), lock };
};

export const unlock = async (lock, { passphrase = "", passkey = null }) => {
  const wrapper = passkey
    ? await keyFromSecret(passkey.secret, lock.salt, "siaga-offline-passkey")
    : await keyFromPassphrase(passphrase, lock.salt, lock.rounds);
  const secret = await subtle.decrypt({ name: "AES-GCM", iv: lock.iv }, wrapper, lock.wrapped);
  return subtle.importKey("pkcs8", secret, CURVE, false, ["deriveBits"]);
};

export const seal = (publicKey, what, value) => sealBytes(publicKey, what, text.encode(JSON.stringify(value)));

export const sealBytes = async (publicKey, what, plain) => {
  const theirs = await subtle.importKey("raw", publicKey, CURVE, false, []);
  const ours = await subtle.generateKey(CURVE, false, ["deriveBits"]);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const epk = new Uint8Array(await subtle.exportKey("raw", ours.publicKey));
  const key = await keyFromSecret(shared, epk, "siaga-offline-box");
  const iv = random(12);
  const box = await subtle.encrypt({ name: "AES-GCM", iv, additionalData: text.encode(what) }, key, plain);
  return { epk, iv, box };
};

export const open = async (privateKey, what, sealed) => (
  JSON.parse(new TextDecoder().decode(await openBytes(privateKey, what, sealed)))
);

export const openBytes = async (privateKey, what, { epk, iv, box }) => {
  const theirs = await subtle.importKey("raw", epk, CURVE, false, []);
  const shared = await subtle.deriveBits({ name: "ECDH", public: theirs }, privateKey, 256);
  const key = await keyFromSecret(shared, epk, "siaga-offline-box");
  return subtle.decrypt({ name: "AES-GCM", iv, additionalData: text.encode(what) }, key, box);
};

// -- a file to carry unsent operations away, under a passphrase of its own
export const base64 = (bytes) => {
  const all = new Uint8Array(bytes);
  let letters = "";
  for (let from = 0; from < all.length; from += 32768) {
    letters += String.fromCharCode(...all.subarray(from, from + 32768));
  }
  return btoa(letters);
};
export const unbase64 = (word) => Uint8Array.from(atob(word), (one) => one.charCodeAt(0));

export const exportFile = async (passphrase, value) => {
  const [salt, iv] = [random(16), random(12)];
  const key = await keyFromPassphrase(passphrase, salt, ROUNDS);
  const box = await subtle.encrypt({ name: "AES-GCM", iv }, key, text.encode(JSON.stringify(value)));
  return JSON.stringify({
    format: "siaga-operations-1", kdf: "PBKDF2-SHA256", rounds: ROUNDS, cipher: "AES-256-GCM",
    salt: base64(salt), iv: base64(iv), box: base64(box),
  });
};

export const importFile = async (passphrase, words) => {
  const { salt, iv, box, rounds } = JSON.parse(words);
  const key = await keyFromPassphrase(passphrase, unbase64(salt), rounds);
  const plain = await subtle.decrypt({ name: "AES-GCM", iv: unbase64(iv) }, key, unbase64(box));
  return JSON.parse(new TextDecoder().decode(plain));
};
