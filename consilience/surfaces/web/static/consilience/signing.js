// Signing a decision with a passkey. The server says what is to be signed; this page trusts it with nothing: it shows the
// text itself, works out its digest itself, holds the statement against what the form said, and makes the challenge itself.
import { fromBase64, fromBase64url, toBase64, toBase64url, toHex } from "./encoding.js";

const form = document.querySelector("form[data-signing]");
const read = document.querySelector("[data-read]");
const words = read.querySelector("[data-sentences]").dataset;
const keys = JSON.parse(document.getElementById("signing-keys").textContent);
const page = JSON.parse(document.getElementById("signing-asked").textContent);
const PAYLOAD_TYPE = "application/vnd.in-toto+json";

const sha256 = (bytes) => crypto.subtle.digest("SHA-256", bytes);
// DSSE 1.0: the bytes that every signature of an envelope covers.
const pae = (payload) => {
  const head = new TextEncoder().encode(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `);
  const whole = new Uint8Array(head.length + payload.length);
  whole.set(head);
  whole.set(payload, head.length);
  return whole;
};
const say = (place, sentence) => {
  place.querySelector("[data-words]").textContent = sentence;
  place.hidden = !sentence;
};
const onForm = (sentence) => say(form.querySelector("[data-said]"), sentence);
const onSheet = (sentence) => say(read.querySelector("[data-failed]"), sentence);

// Whether the statement says what this page was asked to sign, and names the text that it shows.
const agrees = (said, digest, wanted) =>
  said.shown === digest && said.verb === "review.signed_off" && said.authenticated_by === "passkey" &&
  Object.entries(wanted).every(([name, value]) => said[name] === value);

const asked = (key) =>
  fetch(location.href, { method: "POST", body: new FormData(form), headers: { "Consilience-Sign-With": key } });

// What waits for the signature, once all of it was checked; throws where the server asks for something else.
const checked = async (given, key) => {
  const wanted = { ...page, key, verdict: form.elements.verdict.value, facet: form.elements.seen.value };
  const statement = fromBase64(given.statement);
  const shown = new TextEncoder().encode(given.shown);
  const digest = toHex(await sha256(shown));
  const said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(statement)).predicate;
  if (!agrees(said, digest, wanted) || said.nonce !== given.nonce) throw new Error("altered");
  return { nonce: given.nonce, expires: Date.parse(said.expires_at), text: given.shown, digest, challenge: await sha256(pae(statement)) };
};

const signed = async (waiting, key) => {
  const made = await navigator.credentials.get({ publicKey: {
    challenge: waiting.challenge,
    rpId: key.rp_id,
    allowCredentials: [{ type: "public-key", id: fromBase64url(key.credential), transports: key.transports ? key.transports.split(",") : undefined }],
    userVerification: "required",
    timeout: Math.max(1000, waiting.expires - Date.now()),
  } });
  return {
    nonce: waiting.nonce,
    sig: toBase64(made.response.signature),
    webauthn: {
      authenticator_data: toBase64(made.response.authenticatorData),
      client_data: toBase64(made.response.clientDataJSON),
    },
  };
};

const back = () => {
  read.hidden = true;
  form.hidden = false;
  form.querySelector("button[type=submit]").focus();
};
let waiting = null, key = null;

form.addEventListener("submit", async (event) => {
  const chosen = form.elements.way.value;
  key = keys[chosen];
  if (!key) return; // one of the other ways: an ordinary form
  event.preventDefault();
  onForm("");
  form.elements.signature.value = "";
  if (!window.PublicKeyCredential || !window.crypto?.subtle) return onForm(words.unable);
  const answer = await asked(chosen).catch(() => null);
  if (answer === null) return onForm(words.unreachable);
  // Something on the form is wrong, or changed meanwhile: sent as it is, without a signature, the page comes back and says so.
  if (answer.status !== 202) return form.submit();
  try {
    waiting = await checked(await answer.json(), chosen);
  } catch {
    return onForm(words.altered);
  }
  read.querySelector("[data-shown]").textContent = waiting.text;
  read.querySelector("[data-digest]").textContent = waiting.digest.slice(0, 12);
  const label = read.querySelector("[data-sign-words]");
  label.textContent = label.dataset.signWords.replace("%s", key.label);
  onSheet("");
  form.hidden = true;
  read.hidden = false;
  read.focus();
  read.scrollIntoView();
});
read.querySelector("[data-back]").addEventListener("click", back);
read.querySelector("[data-sign]").addEventListener("click", async () => {
  onSheet("");
  if (Date.now() >= waiting.expires) return onSheet(words.late);
  let given;
  try {
    given = await signed(waiting, key);
  } catch (error) {
    return onSheet(error.name === "SecurityError" ? words.elsewhere : words.refused);
  }
  form.elements.signature.value = toBase64url(new TextEncoder().encode(JSON.stringify(given)));
  form.submit();
});
