"""Which words ask for more than the text of an image: no prompt with one of them is answered from text alone.

Verbose regular expressions over folded prompts (lower case, no accents), in German, English, French, Spanish, Italian,
Portuguese and Dutch. One language's veto may be an innocent word of another: that costs a saving, never an answer.
"""

from __future__ import annotations

import re

VETO = re.compile(
    r"""\b(?:
    # colour and style
    colou?r(?:s|e|es|i|ed|ing|ful|less|ation|ido|eado)? | farb\w* | farbe | couleur\w* | cor(?:es)? |
    kleur\w* | bold | italics? |
    fonts? | underlin\w* | highlight\w* | crossed | strike\w* | struck | circled | styles? | design\w* |
    schriftart | fett | kursiv | unterstrich\w* | markiert\w* | durchgestrichen\w* | gras | soulign\w* | barre |
    police | negrita | subrayad\w* | tachad\w* | grassetto | sottolineat\w* | negrito | sublinhad\w* | vet |
    onderstreept\w* | red | green | blue | yellow | black | white | grey | gray | orange | purple | rot\w{0,2} |
    grun\w{0,2} | blau\w{0,2} | gelb\w{0,2} | rouges? | verte?s? | bleue?s? | jaunes? | roj[oa]s? | azul\w* |
    amarill[oa]s? | ross[oaie] | blu | giall[oaie] | vermelh[oa]s? | amarel[oa]s? | rode? | groene? | blauwe? |
    gele? |
    shad(?:ed?|es|ing) | watermarks? | schattiert\w* | schraffiert\w* | wasserzeichen | ombre\w* | filigran\w* |
    sombread\w* | marcas?\ de\ agua | ombreggiat\w* | marcas?\ d\ agua | gearceerd\w* | watermerk\w* |
    # position
    where | positions? | locations? | locate\w* | left | right | top | bottom | upper | lower | corners? |
    middle | cent(?:er|re) | above | below | beside | next\ to | coordinates? | bounding | wo | links | rechts |
    oben | unten | ober\w+ | unter(?:e[rsnm]?|halb) | ecke | mitte | neben | koordinaten | ou-place | gauche |
    droite | haut | bas | coin | milieu | dessus | dessous | emplacement | donde | izquierd\w* | derech\w* |
    arriba | abajo | esquina | centro | dove | sinistra | destra | alto | basso | angolo | onde | esquerd\w* |
    direit\w* | acima | abaixo | canto | waar | linker\w* | rechter\w* | boven\w* | onder\w* | hoek | midden |
    naast |
    # counting
    how\ many | how\ much\ of | counts? | counting |
    (?<!fax\ )(?<!phone\ )(?<!account\ )(?<!invoice\ )(?<!order\ )number\ of | amount\ of\ (?!the|this|tax|vat|gst) |
    wie\ viele? | wieviele? | anzahl | zahle(?:n)? | combien\ de | nombre\ de | compte[rz]? | cuant[oa]s |
    cuenta |
    numero\ (?:de|di)\ (?!fact|fatt|fatur|tele|seri|client|cuenta|conto|compte|pedido|commande|ordine|registr) |
    quant[ieoa]s? | conta(?:r|re|te)? | hoeveel\w* | tel | aantal |
    # looking and describing
    descri\w* | beschr\w* | decri\w* | descrev\w* | looks? | looking | see | seen | visible\ objects? | shown |
    depict\w* | appear\w* | sieht | siehst | aussieht | aussehen | zu\ sehen | abgebildet\w* | zeigt | voit |
    vois | voyez | montre\ l | represente\w* | ves | veo | ver | aparece\w* | vedi | vede | raffigura\w* |
    rappresenta\w* | aparencia | ziet | zie | zien | toont | mean(?:\w+|(?=\s+\w)) | watch | observe\w* | notice |
    visual\w* |
    visuell\w* | scene | objects? | quality | exif | metadata | posters? | blurr\w* | real | fake | forged |
    authentic\w* |
    # pictures and drawings
    photo\w* | fotos? | fotografi\w* | charts? | graphs? | plots? | diagram\w* | flowcharts? | figures? |
    ax[ie]s | trends? | legend | slices? | bars? | nodes? | arrows? | connect\w* | grafi\w* | graphique\w* |
    schaubild | abbildung | graphi[ck]s? | schema\w* |
    maps? | karte | carte | mapa | mappa | kaart | drawing\w* | drawn | sketch\w* | paint\w* | zeichnung\w* |
    dessin\w* | dibujo\w* | disegn\w* | desenh\w* | tekening\w* | icons? | icone\w* | iconos? | logos? |
    logotipo | emojis? | symbols? | faces? | gesicht\w* | visages? | rostros? | caras? | volto | rosto |
    gezicht\w* | persons? | people | man | woman | child | animals? | objets? | objetos? | oggett[oi] |
    voorwerp\w* | barcodes? | qr | stamps? | stempel\w* | memes? | video\w* | frames? | screen | ui | interface |
    # hand and layout
    hand\ ?writ\w* | hand\ ?schrift\w* | manuscri\w* | manoscritt\w* | a\ mano | a\ la\ main | handgeschreven |
    cursive | signatures? | signed | sign | signs | unterschr\w* | unterschrieben | signe\w* |
    firma(?:do|da|to|ta)?s? | assina\w* | handtekening\w* | ondertekend\w* | layouts? | lay\ out | formatting |
    mise\ en\ page | disposicion | disposizione | opmaak | checked | tick(?:s|ed|ing|marks?)? |
    check\ ?box\w* | checkmarks? |
    angekreuzt\w* | coche\w* | casillas? | marcad[oa]s? | aangevinkt\w* | selected | compar\w* | differen\w* |
    vergleich\w* | unterschied\w* | vergelijk\w* | verschil\w* | diferenc\w* | same |
    # what is not there, and what is no text
    empty | blanks? | unfilled | (?:not|isn\ t|aren\ t)\ (?:yet\ )?filled | filled\ (?:in|out) | missing | wrong |
    leere\w* | (?:ist|sind)\ leer | ausgefullt\w* | fehl(?:t|en|end\w*) | vides? | rempli\w* | manqu\w* |
    vaci[oa]s? | rellen\w* | falta\w* | vuot[oaie] | compilat[oaie] | manca\w* | vazi[oa]s? | preenchid[oa]s? |
    leeg | lege | ingevuld\w* | ontbrek\w* | clocks? | dials? | gauges? | needles? | uhr | zeiger |
    # code and formulas
    codes? | codigo | codice | quellcode | source | scripts? | programm?\w* | indent\w* | function\w* |
    formula[se]? | formeln? | formules? | equations? | gleichung\w* | ecuacion\w* | equazion\w* | equac\w* |
    vergelijking\w* | math\w* | latex | html | svg | css | python | regex |
    # acting
    click\w* | klick\w* | cliqu\w* | clic | clicar | clicca\w* | klik\w* | press | tap | buttons? | knopf |
    bouton\w* | boton\w* | pulsante | botao | botoes | scroll\w* | navigate\w* | cursor | mouse |
    # making something new, or leaving the text alone
    captions? | alt\ text | story | poem | generate\w* | invent\w* |
    (?:not|don\ t|never|without)\ (?:read|extract|transcrib|ocr|copy)\w* | ignor\w* | negeer\w* |
    nicht\ (?:lesen|vorlesen|transkribieren|extrahieren) | (?:ne|pas)\ (?:lis|lisez|lire|extra\w+|transcri\w+) |
    no\ (?:le[ae]s?|extra\w+|transcri\w+) | non\ (?:legg\w+|estra\w+|trascriv\w+) |
    nao\ (?:leia|ler|extra\w+|transcrev\w+) | niet\ (?:lezen|voorlezen)
    )\b""",
    re.VERBOSE,
)
