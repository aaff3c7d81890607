// Signing with a passkey what a form records. The server says what is to be signed; this page trusts it with nothing: it shows
// the text itself, works out its digest itself, holds both against what the form said, and makes the challenge itself.
import { fromBase64, fromBase64url, toBase64, toBase64url, toHex } from "./encoding.js";

const field = document.querySelector("[data-signature]");
const form = field.form;
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

// Line by line, as the text shows what somebody wrote.
const lines = (text) => text.split(/[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]/).map((line) => line.trim()).filter(Boolean);
const typed = (name) => form.elements[name]?.value ?? "";
// Whether the statement says what this page was asked to sign and names the text that it shows, and the text what was written.
const agrees = (said, statement, text, digest, wanted) =>
  said.shown === digest && page.verbs.includes(said.verb) && said.authenticated_by === "passkey" &&
  Object.entries(wanted).every(([name, value]) => said[name] === value) &&
  page.mentions.every((urn) => text.includes(urn) || statement.includes(urn)) &&
  page.texts.flatMap((name) => lines(typed(name))).every((line) => text.includes(line));

const asked = (key) =>
  fetch(location.href, { method: "POST", body: new FormData(form), headers: { "Consilience-Sign-With": key } });

// What waits for the signature, once all of it was checked; throws where the server asks for something else.
const checked = async (given, key) => {
  const wanted = { ...page.fields, key, ...Object.fromEntries(Object.entries(page.typed).map(([name, from]) => [name, typed(from)])) };
  const statement = fromBase64(given.statement);
  const shown = new TextEncoder().encode(given.shown);
  const digest = toHex(await sha256(shown));
  const exact = new TextDecoder("utf-8", { fatal: true }).decode(statement);
  const said = JSON.parse(exact).predicate;
  if (!agrees(said, exact, given.shown, digest, wanted) || said.nonce !== given.nonce) throw new Error("altered");
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

// What the button says goes with the form, too, however it is sent.
const pressed = (button) => {
  form.querySelector("[data-pressed]")?.remove();
  if (!button?.name) return;
  const said = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
  said.dataset.pressed = "";
  form.append(said);
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
  field.value = "";
  pressed(event.submitter);
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
  field.value = toBase64url(new TextEncoder().encode(JSON.stringify(given)));
  form.submit();
});
