// Making a passkey. The server asks by JSON in the page; what the authenticator answers goes back with the form.
import { fromBase64url, toBase64url } from "./encoding.js";

const form = document.querySelector("form[data-passkey]");
const said = form.querySelector("[data-said]");
const asked = JSON.parse(document.getElementById("passkey-options").textContent);

const options = () => ({
  ...asked,
  challenge: fromBase64url(asked.challenge),
  user: { ...asked.user, id: fromBase64url(asked.user.id) },
  excludeCredentials: asked.excludeCredentials.map((one) => ({ ...one, id: fromBase64url(one.id) })),
});
const written = (made) => JSON.stringify({
  id: made.id,
  rawId: toBase64url(made.rawId),
  type: made.type,
  response: {
    attestationObject: toBase64url(made.response.attestationObject),
    clientDataJSON: toBase64url(made.response.clientDataJSON),
    transports: made.response.getTransports?.() ?? [],
  },
});
const say = (words) => {
  said.querySelector("[data-words]").textContent = words;
  said.hidden = false;
};

form.addEventListener("submit", async (event) => {
  if (form.elements.answer.value) return;
  event.preventDefault();
  said.hidden = true;
  if (!window.PublicKeyCredential) return say(said.dataset.unable);
  try {
    form.elements.answer.value = written(await navigator.credentials.create({ publicKey: options() }));
  } catch (error) {
    return say(error.name === "InvalidStateError" ? said.dataset.known : error.name === "SecurityError" ? said.dataset.unable : said.dataset.refused);
  }
  form.submit();
});
