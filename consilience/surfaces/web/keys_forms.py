"""The forms by which somebody binds a key, or ends one."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from consilience.domains.keys.passkeys import MAX_ANSWER

_LABEL_HELP = gettext_lazy("So that you tell it from your others later. Name no device number.")


class PasskeyForm(forms.Form):
    """`answer` is what the browser's authenticator gave, as JSON; the page's script fills it in."""

    label = forms.CharField(
        label=gettext_lazy("What do you call it?"), max_length=100, help_text=_LABEL_HELP,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Laptop")}),
    )  # fmt: skip
    answer = forms.CharField(widget=forms.HiddenInput, max_length=MAX_ANSWER, required=False)


class SshKeyForm(forms.Form):
    """Sent twice: with the key alone, to be told what it has to sign, then with the signature."""

    label = forms.CharField(label=gettext_lazy("What do you call it?"), max_length=100, help_text=_LABEL_HELP)
    public = forms.CharField(
        label=gettext_lazy("Public key"), max_length=8000, widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=gettext_lazy("The one line of the file that ends in .pub, such as ~/.ssh/id_ed25519.pub."),
    )  # fmt: skip
    possession = forms.CharField(
        label=gettext_lazy("Signature"), max_length=8000, required=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=gettext_lazy("All that the command prints, from BEGIN to END."),
    )  # fmt: skip


class RevokeForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why does it end?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Lost, stolen, replaced. Say since when it may have been in other hands."),
    )  # fmt: skip
