"""Does a prompt ask for what a document looks like? Then its text is not enough, however exact."""

from __future__ import annotations

import re

_LOOKS = re.compile(
    r"""\b(?:
    colou?r\w* | farb\w* | couleur\w* | color\w* | colore | cores | kleur\w* |
    logos? | logotipo | icons? | images? | bild(?:er|ern)? | imagen(?:es)? | immagin[ei] | imagem | imagens |
    afbeelding\w* | pictures? | photo\w* | fotos? | fotografi\w* | charts? | graphs? | plots? | diagram\w* |
    figures? | grafi\w* | graphique\w* | abbildung\w* | schaubild\w* | drawing\w* | zeichnung\w* | dessin\w* |
    dibujo\w* | disegn\w* | desenh\w* | tekening\w* | maps? | karten? | mapas? | mappa |
    signatures? | signed | unterschr\w* | unterschrieben | signé\w* | firmad[oa]s? | firmat[oaie] | assina\w* |
    handtekening\w* | ondertekend\w* | stamps? | stempel\w* | hand\s?writ\w* | hand\s?schrift\w* | manuscrit\w* |
    manoscritt\w* | layouts? | fonts? | schriftart\w* | typefaces? | bold | italics? | underlin\w* |
    highlight\w* | strike\w* | crossed | watermarks? | wasserzeichen | filigrane | screenshots? |
    look(?:s|ing)?\slike | appearance | aussehen | sieht\b.*\baus | visual\w* | qr | barcodes?
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)


def asks_for_looks(prompt: str) -> str | None:
    """The word of `prompt` that needs eyes; None where text will do."""
    found = _LOOKS.search(prompt)
    return found.group() if found else None
