"""The pages of one's keys: what somebody signs with, and how a key is added."""

from __future__ import annotations

from django import forms
from django.utils.safestring import mark_safe

from tests.browser.gallery.contexts.common import Context
from tests.browser.gallery.contexts.office import KEYS

ONETIME: Context = {"enrolled": True, "recovery_left": 7, "new_url": "/form", "end_url": "/form"}


class Passkey(forms.Form):
    label = forms.CharField(label="What do you call it?", help_text="So that you tell it from your others later.")
    answer = forms.CharField(widget=forms.HiddenInput, required=False)


class SshKey(forms.Form):
    label = forms.CharField(label="What do you call it?")
    public = forms.CharField(label="Public key", widget=forms.Textarea, help_text="The one line of the .pub file.")
    possession = forms.CharField(label="Signature", widget=forms.Textarea, required=False)


class Code(forms.Form):
    code = forms.CharField(label="Code", help_text="The six digits that the app shows now.")


MINE: Context = {
    "keys": KEYS,
    "onetime": ONETIME,
    "ssh_url": "/form",
    "passkey_url": "/form",
    "local_url": "",
    "record_visible": True,
}
MINE_NEW: Context = MINE | {
    "keys": [],
    "onetime": ONETIME | {"enrolled": False, "recovery_left": 0},
    "passkey_url": "",
    "local_url": "http://localhost:8600/keys",
    "record_visible": False,
}
PASSKEY_NEW: Context = {
    "form": Passkey(),
    "options": {"challenge": "AAAA"},
    "site": {"rp_id": "consilience.example.org"},
    "keys_url": "/keys",
}
SSH_KEY_NEW: Context = {"form": SshKey(), "command": "", "keys_url": "/keys"}
COMMAND = (
    """printf '%s' '{"binds":"SHA256:Rj1V0ZpO9vLQmH2K7bW5cX8dY4eT6gU3iA1sN0fPq2w","holder":"urn:consilience:0f9c"}' """
    "| ssh-keygen -Y sign -n key@consilience -f ~/.ssh/id_ed25519"
)
SSH_KEY_PROOF: Context = SSH_KEY_NEW | {"command": COMMAND}
SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="165" height="165"><rect width="165" height="165" fill="#000"/></svg>'
ONETIME_NEW: Context = {
    "form": Code(),
    "qr": mark_safe(SQUARE),
    "secret": "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP",
    "keys_url": "/keys",
}
RECOVERY: Context = {"codes": ["abcd-efgh-ijkl", "mnop-qrst-uvwx", "yz23-4567-abcd"], "keys_url": "/keys"}
