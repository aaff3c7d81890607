"""The sentences that the product says about law and about what requirements come to, in German, by their English.

What policies and packs say themselves brings its own German; what pages say around both is English.
"""

from __future__ import annotations

from collections.abc import Mapping

GERMAN: Mapping[str, str] = {
    # how an obligation stands
    "Met": "Erfüllt",
    "Open": "Offen",
    "No requirement asks for it": "Keine Anforderung verlangt es",
    "Not yet in force": "Noch nicht in Kraft",
    "Disputed": "Umstritten",
    "Cannot tell whether it applies": "Unklar, ob es gilt",
    "Proposed, and no law": "Vorgeschlagen, kein Recht",
    "No longer in force": "Nicht mehr in Kraft",
    "Does not apply": "Gilt hier nicht",
    "In force": "In Kraft",
    "Starts later": "Beginnt später",
    "Enacted, applies later": "Beschlossen, gilt später",
    "Voluntary": "Freiwillig",
    "Gained": "Kommt hinzu",
    "Lost": "Fällt weg",
    "Changed": "Geändert",
    # what a requirement comes to
    "Satisfied": "Erfüllt",
    "Not satisfied": "Nicht erfüllt",
    "No evidence": "Kein Nachweis",
    "Waived": "Ausgenommen",
    "Forced": "Erzwungen",
    "Error": "Fehler",
    # how it is known
    "Read in a copy of the text": "In einer Fassung des Textes gelesen",
    "Digests of the article, or several notes by law firms, agree": "Zusammenfassungen des Artikels oder mehrere Kanzleien stimmen überein",
    "Well known; not read again for this edition": "Bekannt; für diese Ausgabe nicht erneut gelesen",
    # in which role
    "provider": "Anbieter",
    "deployer": "Betreiber",
    "developer": "Entwickler",
    "controller": "Verantwortlicher",
    "processor": "Auftragsverarbeiter",
    "creditor": "Kreditgeber",
    "bank": "Bank",
    "insurer": "Versicherer",
    "employer": "Arbeitgeber",
    "covered entity": "erfasste Einrichtung",
    "financial entity": "Finanzunternehmen",
    "essential or important entity": "wesentliche oder wichtige Einrichtung",
    "manufacturer": "Hersteller",
    "provider of general-purpose models": "Anbieter von Modellen mit allgemeinem Verwendungszweck",
    "organisation": "Organisation",
    "anybody": "jeder",
    # functions that a law may want to sign
    "Validation": "Validierung",
    "Executive": "Geschäftsleitung",
    "Security": "Sicherheit",
    # parts of an obligation
    "How it stands": "Wie es steht",
    "Applies from": "Gilt ab",
    "Applies until": "Gilt bis",
    "What it asks": "Was es verlangt",
    "How it is read": "Wie es gelesen wird",
    "Title": "Titel",
    "Article": "Artikel",
    "Addressed to": "Gerichtet an",
    "Applies if": "Gilt, wenn",
    "Signed by": "Unterschrieben von",
    "Evidence": "Nachweise",
    "Clocks": "Fristen",
    "Threshold": "Schwelle",
    # facts of a system
    "its use": "seine Verwendung",
    "its jurisdictions": "seine Rechtsräume",
    "its autonomy": "seine Selbständigkeit",
    "its categories of data": "seine Arten von Daten",
    "how many people it affects": "wie viele Menschen es betrifft",
    "its line of business": "sein Geschäftsbereich",
    # sentences
    "Facts about the law in our own words, as of the day of each edition. This is not legal advice.": (
        "Tatsachen über das Recht in eigenen Worten, nach dem Stand jeder Ausgabe. Dies ist keine Rechtsberatung."
    ),
    "What if: the law of %(day)s. Systems, requirements and evidence are those of today; only the law's day is another.": (
        "Was wäre, wenn: das Recht vom %(day)s. Systeme, Anforderungen und Nachweise sind die von heute; nur der Tag des Rechts ist "
        "ein anderer."
    ),
    "What if: the law of %(since)s against the law of %(until)s. Systems, requirements and evidence are those of today.": (
        "Was wäre, wenn: das Recht vom %(since)s gegen das Recht vom %(until)s. Systeme, Anforderungen und Nachweise sind die von heute."
    ),
    "The law is read in more than one way.": "Das Recht wird auf mehr als eine Weise gelesen.",
    "The law is read in more than one way. %(both)s.": "Das Recht wird auf mehr als eine Weise gelesen. %(both)s.",
    "Every requirement that cites it is satisfied.": "Jede Anforderung, die sich darauf beruft, ist erfüllt.",
    "It is in force, and no requirement in force asks for it.": "Es ist in Kraft, und keine geltende Anforderung verlangt es.",
    "the requirements that cite it are satisfied already": "die Anforderungen, die sich darauf berufen, sind schon erfüllt",
    "the requirements that cite it are open": "die Anforderungen, die sich darauf berufen, sind offen",
    "no requirement asks for it yet": "noch verlangt es keine Anforderung",
    "In force from %(day)s; %(ready)s.": "In Kraft ab dem %(day)s; %(ready)s.",
    "In force until %(day)s.": "In Kraft bis zum %(day)s.",
    "It is proposed, and no law.": "Es ist vorgeschlagen und kein Recht.",
    "It is addressed to others: %(roles)s.": "Es richtet sich an andere: %(roles)s.",
    "It does not apply to this system.": "Es gilt für dieses System nicht.",
    "Requirements cite it, but nothing is proposed that they could be asked of.": (
        "Anforderungen berufen sich darauf, doch nichts ist vorgeschlagen, woran sie zu prüfen wären."
    ),
    "The requirements that cite it are not asked at the stages for which something is proposed.": (
        "Die Anforderungen, die sich darauf berufen, werden in den Stufen, für die etwas vorgeschlagen ist, nicht geprüft."
    ),
    "A requirement that cites it is not satisfied.": "Eine Anforderung, die sich darauf beruft, ist nicht erfüllt.",
    "Whether it applies cannot be computed (%(error)s).": "Ob es gilt, lässt sich nicht berechnen (%(error)s).",
    "Whether it applies depends on what is not registered: %(facts)s.": "Ob es gilt, hängt von etwas ab, das nicht eingetragen ist: %(facts)s.",
    "to every system": "für jedes System",
    "hours": "Stunden",
    "days": "Tage",
    "working days": "Arbeitstage",
    "weeks": "Wochen",
    "months": "Monate",
    "years": "Jahre",
    # what is open for a live release, and why it is told
    "Its day came": "Sein Tag ist gekommen",
    "A pack of obligations was put in use, or on other terms": "Ein Paket von Pflichten wurde in Gebrauch genommen oder unter andere Bedingungen gestellt",
    "What is registered of the system changed, and so it applies": "Was über das System eingetragen ist, hat sich geändert, und deshalb gilt es",
    "What its requirements come to changed, or the registration of the system": (
        "Was seine Anforderungen ergeben oder was über das System eingetragen ist, hat sich geändert"
    ),
    "Open when this was first looked at": "Offen, als zum ersten Mal hingesehen wurde",
    "Shown on the system's page; nobody is told": "Steht auf der Seite des Systems; niemand wird benachrichtigt",
    "Recorded and told to those whom it concerns": "Wird festgehalten und den Betroffenen mitgeteilt",
    "A live release does not comply while it is open": "Solange es offen ist, genügt ein Release im Betrieb nicht",
    "%(title)s (%(article)s)": "%(title)s (%(article)s)",
    "Nobody can tell whether it applies: %(title)s.": "Niemand kann sagen, ob es gilt: %(title)s.",
    "Open under one reading of the law since %(day)s: %(title)s.": "Nach einer Lesart des Rechts offen seit dem %(day)s: %(title)s.",
    "Open under one reading of the law: %(title)s.": "Nach einer Lesart des Rechts offen: %(title)s.",
    "Open obligation since %(day)s: %(title)s.": "Offene Pflicht seit dem %(day)s: %(title)s.",
    "Open obligation: %(title)s.": "Offene Pflicht: %(title)s.",
    "No requirement in force asks for it.": "Keine geltende Anforderung verlangt es.",
    "What asks for it is not asked at this stage: %(names)s.": "Was es verlangt, wird in dieser Stufe nicht geprüft: %(names)s.",
    "Evidence for it is missing: %(names)s.": "Nachweise dafür fehlen: %(names)s.",
    "Not met: %(names)s.": "Nicht erfüllt: %(names)s.",
}
