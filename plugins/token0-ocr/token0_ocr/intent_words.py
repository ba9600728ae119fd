"""The words by which a prompt is judged, without accents, in the languages of the gateway's users.

`sure`:  phrases that ask for the text by themselves (a verbose regular expression)
`verbs`: request words of reading, when one of `nouns` or a field of a document stands beside them
`nouns`: what can be read
`asks`:  request and question words: a clause with one of them must be a request for reading
`facts`: how a question starts whose answer can be a word or a number on a page
`glue`:  words that change nothing; they also tell which language a sentence is in
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    sure: re.Pattern[str]
    verbs: re.Pattern[str]
    nouns: re.Pattern[str]
    asks: re.Pattern[str]
    facts: re.Pattern[str]
    glue: frozenset[str]


def _language(*, sure: str, verbs: str, nouns: str, asks: str, facts: str, glue: str) -> Language:
    return Language(
        sure=re.compile(rf"\b(?:{sure})\b", re.VERBOSE),
        verbs=_one_of(verbs),
        nouns=_one_of(nouns),
        asks=_one_of(f"{asks} {verbs}"),
        facts=re.compile(rf"(?:{facts})\b", re.VERBOSE),
        glue=frozenset(glue.split()),
    )


def _one_of(words: str) -> re.Pattern[str]:
    return re.compile("|".join(words.split()))


ENGLISH = _language(
    sure=r"""
        what\ (?:does|do)\ (?:it|this|they|these)\ say$ |
        what\ does\ (?:it|this|the)\ (?:\w+\ )?(?:\w+\ )?say$ | what\ (?:is|s)\ written | what\ text |
        what\ (?:is|are|s)\ the\ (?:text|words|wording) |
        what\ does\ the\ (?:text|note|sign|document|letter|page|line)\ (?:say|read) |
        (?:give|show|tell|get|return|output|print|provide|write|type|send|list)\ (?:out\ )?(?:me\ )?(?:back\ )?
            (?:only\ )?(?:just\ )?(?:all\ )?(?:of\ )?(?:the\ )?
            (?:full\ |complete\ |exact\ |plain\ |raw\ |whole\ |visible\ |printed\ )*
            (?:text|words|wording|transcript|transcription|content\ of\ the\ (?:document|page)) |
        (?:return|output|answer|reply|respond|give)\ (?:it\ |them\ |only\ |just\ |me\ )*(?:as\ |in\ |with\ )?
            (?:only\ |valid\ |plain\ )*(?:json|csv|text|markdown|yaml|xml) |
        (?:translate|summarize|summarise)\ (?:all\ )?(?:the\ |this\ )text
    """,
    verbs="""
        read reading extract extracting transcribe transcribing transcription copy digitize digitise ocr parse
    """,
    nouns="""
        texts? words? wording transcript paragraphs? sentences? lines? letters? contents? receipts? invoices?
        bills? documents? pages? articles? tables? rows? headlines? fields? data information info values? scans?
        everything characters? numbers?
    """,
    asks="""
        what which who whose whom when why how tell explain identify find show give list get recogni[sz]e guess
        analy[sz]e check verify decide determine rate classify judge say name compute calculate summari[sz]e
        translate solve write create make convert improve rewrite edit remove crop estimate detect label
        evaluate suggest spot locate rank return output print provide answer
    """,
    facts=r"""
        (?:(?:in|at|on|to|with|for|from|by|of|until|since)\ )?(?:what|which|who|whose|whom|when) |
        how\ (?:long|much|late|far|often)
    """,
    glue="""
        a an the s of on in at for from to into this that these those is are was were be it its as by with and
        or not no any all only just please me my us our you your can could would will should may i we do does
        did have has had exactly verbatim word line full complete whole out up there here image images picture
        screenshot scan scanned page document attached following above one each every also then if so but thanks
        thank what which who when whose tell give find show get back plain raw company shop store form letter
        file words text using use but without changing anything add comments comment else nothing keep spelling
        original mean language english german french spanish italian portuguese dutch markdown json csv format
        briefly short answer
    """,
)
GERMAN = _language(
    sure=r"""
        was\ steht\ (?:da|hier|dort|drauf|darauf|drin|darin|auf|in|im|geschrieben) |
        steht\ (?:da|hier)\ geschrieben | wie\ lautet\ der\ text |
        (?:gib|gebe|geben|zeig|zeige|schreib|schreibe|tippe)\ (?:sie\ )?(?:mir\ )?(?:bitte\ )?(?:nur\ )?(?:den\ )?
            (?:ganzen\ |gesamten\ |vollstandigen\ |kompletten\ |genauen\ )?(?:text|wortlaut|inhalt\ des\ dokuments)
    """,
    verbs="""
        lies lese lesen liest vorlesen auslesen lest extrahier(?:e|en|t)? transkribier(?:e|en|t)? abtippen
        digitalisier(?:e|en)? abschreiben ausles(?:e|en)
    """,
    nouns="""
        text(?:e|es)? wort(?:e|er)? wortlaut inhalt satz satze zeilen? absatz absatze dokument(?:e|s)? seiten?
        belegs? rechnung(?:en)? quittung(?:en)? kassenzettels? brief(?:s|es)? tabellen? daten angaben werte
        alles uberschrift buchstaben zahlen
    """,
    asks="""
        was welche[rsnm]? wer wem wen wann warum wieso wie wieviel gib zeig(?:e|en)? nenn(?:e|en)?
        erklar(?:e|en)? sag(?:e|en)? finde(?:n)? erkenn(?:e|en|st)? prufe(?:n)? schatz(?:e|en)? berechne(?:n)?
        ubersetz(?:e|en)? schreib(?:e|en)? mach(?:e|en)? such(?:e|en)? bewerte(?:n)? analysier(?:e|en)?
        bestimm(?:e|en)? ermittle vergleich(?:e|en)? erstell(?:e|en)? losch(?:e|en)?
    """,
    facts=r"""
        (?:(?:in|an|auf|mit|fur|von|bei|zu|aus|seit|bis)\ )?(?:was|welche[rsnm]?|wer|wem|wen|wessen|wann) |
        wie\ (?:lange|hoch|viel|heisst|heissen|lautet|lauten|oft)
    """,
    glue="""
        der die das des dem den ein eine einen einem einer eines und oder nicht ist sind war waren es sie ich du
        wir ihr mir mich uns auf in im am an aus von vom zu zum zur bei mit fur als dieser diese dieses diesem
        diesen bitte kannst konntest konnen konnten sie nur alle allen aller ganze ganzen gesamten vollstandig
        vollstandigen genau wortlich bild bildes bilder foto scan screenshot seite dokument datei hier da steht
        stehen lautet lauten hoch welche welcher welches was wie wann nenne gib zeig sag wer danke ohne sonst
        nichts markdown json deutsch deutschen firma geschaft laden text auch dann
    """,
)
FRENCH = _language(
    sure=r"""
        qu\ est\ ce\ qui\ est\ ecrit | qu\ est\ ce\ qu\ il\ y\ a\ d\ ecrit |
        que\ dit\ (?:le|ce|cette|la)\ (?:texte|document|lettre|page|note) | que\ dit\ l\ image |
        quel\ est\ le\ texte | qu\ y\ a\ t\ il\ d\ ecrit | ce\ qui\ est\ ecrit |
        (?:donne|donnez|affiche|affichez|ecris|ecrivez|retourne|renvoie|montre)\ (?:moi\ )?(?:seulement\ )?
            (?:tout\ )?le\ texte
    """,
    verbs="""
        lis lisez lire extrais extrait extraire extrayez transcris transcrivez transcrire recopie(?:z|r)?
        copie(?:z|r)? numerise(?:z|r)?
    """,
    nouns="""
        textes? mots? contenu paragraphes? phrases? lignes? lettres? documents? pages? recus? factures? tickets?
        tableaux? donnees informations? valeurs? titres? tout chiffres?
    """,
    asks="""
        que quoi quel(?:le|s|les)? qui quand pourquoi comment combien dis dites donne(?:z)? montre(?:z)?
        explique(?:z)? trouve(?:z)? identifie(?:z)? indique(?:z)? analyse(?:z)? verifie(?:z)? traduis traduisez
        resume(?:z)? calcule(?:z)? ecris ecrivez fais faites reconnais devine(?:z)? estime(?:z)? cherche(?:z)?
        compare(?:z)? cree(?:z)?
    """,
    facts=r"""
        (?:(?:a|de|en|dans|pour|avec|par|sur|depuis)\ )?(?:que|quoi|quel(?:le|s|les)?|qui|quand) | combien |
        qu\ est\ ce\ que
    """,
    glue="""
        le la les l un une des du de d et ou ce cet cette ces est sont etait a au aux en dans sur pour par avec
        sans il elle on je tu nous vous moi me te se s il plait stp svp que qui qu quel quelle quels quelles
        pouvez peux pourrais pourriez tout toute tous toutes seulement exactement image images capture ecran
        document page fichier ici y merci c n ne pas rien d autre donne donnez dis dites mot texte francais json
        markdown entreprise societe magasin commerce aussi puis ci joint integral
    """,
)
SPANISH = _language(
    sure=r"""
        que\ dice\ (?:aqui|ahi|el|la|este|esta|en)?\ ?(?:texto|documento|carta|pagina|nota|imagen)? |
        que\ esta\ escrito | que\ pone | cual\ es\ el\ texto | lo\ que\ (?:dice|pone|esta\ escrito) |
        (?:dame|deme|muestra|muestrame|escribe|devuelve|devuelveme)\ (?:solo\ )?(?:todo\ )?el\ texto
    """,
    verbs="""
        lee lea leer leeme extrae extraiga extraer transcribe transcriba transcribir copia copie copiar
        digitaliza(?:r)?
    """,
    nouns="""
        textos? palabras? contenido parrafos? frases? lineas? letras? carta documentos? paginas? recibos?
        facturas? tickets? tablas? datos informacion valores titulos? todo numeros?
    """,
    asks="""
        que cual(?:es)? quien(?:es)? cuando cuanto cuanta cuantos cuantas como dime diga dame deme
        muestra(?:me)? explica encuentra identifica indica analiza verifica traduce resume calcula escribe haz
        reconoce adivina estima busca compara crea
    """,
    facts=r"""
        (?:(?:a|de|en|con|por|para|desde)\ )?(?:que|cual(?:es)?|quien(?:es)?|cuando) | cuanto
    """,
    glue="""
        el la los las lo un una unos unas de del y o e este esta esto estos estas ese esa es son era a al en
        para por con sin se me mi tu su favor porfavor puedes puede podrias podria que cual cuales quien cuando
        todo toda todos todas solo exactamente imagen imagenes captura pantalla documento pagina archivo aqui
        gracias no nada mas dame dime texto espanol json markdown empresa tienda comercio tambien luego adjunto
        adjunta completo
    """,
)
ITALIAN = _language(
    sure=r"""
        cosa\ (?:dice|c\ is\ scritto) | che\ cosa\ (?:dice|c\ is\ scritto) | cosa\ is\ scritto |
        qual\ is\ il\ testo | che\ c\ is\ scritto |
        (?:dammi|mostrami|mostra|scrivi|restituisci)\ (?:solo\ )?(?:tutto\ )?il\ testo
    """,
    verbs="""
        leggi legga leggere leggimi estrai estragga estrarre trascrivi trascriva trascrivere copia copiare
        digitalizza(?:re)?
    """,
    nouns="""
        test[oi] parol[ae] contenuto paragraf[oi] fras[ei] righ[ae] letter[ae] document[oi] pagin[ae]
        ricevut[ae] scontrin[oi] fattur[ae] tabell[ae] dati informazion[ei] valor[ei] titol[oi] tutto numer[oi]
    """,
    asks="""
        cosa che qual[ei]? chi quando quanto quanta quanti quante perche come dimmi dammi mostra(?:mi)? spiega
        trova identifica indica analizza verifica traduci riassumi calcola scrivi fai riconosci indovina stima
        cerca confronta crea
    """,
    facts=r"""
        (?:(?:a|di|in|con|per|da|su)\ )?(?:che|cosa|qual[ei]?|chi|quando) | quanto
    """,
    glue="""
        is il lo la i gli le l un uno una di del dello della dei degli delle d dell e o questo questa questi
        queste quello e sono era a al allo alla ai alle in nel nello nella nell su sul sulla per con senza da
        dal dalla si mi per favore puoi puo potresti potrebbe che cosa qual quale quali chi quando tutto tutta
        tutti tutte solo esattamente immagine immagini schermata documento pagina file qui grazie non niente
        altro dammi dimmi testo italiano json markdown azienda negozio anche poi allegato
    """,
)
PORTUGUESE = _language(
    sure=r"""
        o\ que\ (?:diz|esta\ escrito) | qual\ is\ o\ texto | o\ que\ esta\ escrito |
        (?:me\ de|de\ me|mostre|mostra|escreva|escreve|devolva)\ (?:apenas\ |so\ )?(?:todo\ )?o\ texto
    """,
    verbs="""
        leia le ler extraia extrai extrair transcreva transcreve transcrever copie copia copiar digitalize
        digitalizar
    """,
    nouns="""
        textos? palavras? conteudo paragrafos? frases? linhas? letras? carta documentos? paginas? recibos?
        faturas? notas? tabelas? dados informac(?:ao|oes) valor(?:es)? titulos? tudo numeros?
    """,
    asks="""
        que qual quais quem quando quanto quanta quantos quantas como diga mostre explique encontre identifique
        indique analise verifique traduza resuma calcule escreva faca reconheca adivinhe estime procure compare
        crie
    """,
    facts=r"""
        (?:(?:a|de|em|com|por|para|desde)\ )?(?:que|qual|quais|quem|quando) | o\ que | quanto
    """,
    glue="""
        is o a os as um uma uns umas de do da dos das e ou este esta isto estes estas esse essa isso sao era ao
        aos em no na nos nas para por pelo pela com sem se me meu seu sua favor voce pode poderia podes que qual
        quais quem quando todo toda todos todas so apenas exatamente imagem imagens captura tela documento
        pagina arquivo aqui obrigado obrigada nao nada mais texto portugues json markdown empresa loja tambem
        depois anexo anexa
    """,
)
DUTCH = _language(
    sure=r"""
        wat\ staat\ (?:er|hier|daar|in|op) | wat\ er\ (?:geschreven\ )?staat | wat\ is\ de\ tekst |
        hoe\ luidt\ de\ tekst |
        (?:geef|toon|schrijf)\ (?:me\ |mij\ )?(?:alleen\ )?(?:alle\ |de\ )(?:hele\ |volledige\ )?tekst
    """,
    verbs="""
        lees lezen leest voorlezen uitlezen extraheer extraheren haal transcribeer transcriberen overtypen
        overschrijven digitaliseer digitaliseren
    """,
    nouns="""
        tekst(?:en)? woord(?:en)? inhoud alinea s? zin(?:nen)? regels? letters? brief document(?:en)? pagina
        bon(?:netje)? kassabon factuur facturen tabel(?:len)? gegevens informatie waarden titel alles cijfers
        getallen
    """,
    asks="""
        wat welke? wie wanneer waarom hoe hoeveel zeg geef toon noem verklaar vind herken controleer schat
        bereken vertaal schrijf maak zoek beoordeel analyseer bepaal vergelijk leg vertel
    """,
    facts=r"""
        (?:(?:in|op|met|voor|van|bij|aan|uit|naar|sinds)\ )?(?:wat|welke?|wie|wiens|wanneer) |
        hoe\ (?:lang|hoog|vaak|heet)
    """,
    glue="""
        de het een en of van in op aan uit voor met zonder bij naar te ten ter is zijn was waren er dit dat deze
        die ik je jij u we wij me mij ons alsjeblieft alstublieft aub graag kun kan kunt zou wilt wil alle hele
        volledige alleen precies letterlijk afbeelding afbeeldingen plaatje scherm schermafbeelding scan
        document pagina bestand hier daar staat staan dank bedankt niet niets anders wat welke wie wanneer geef
        noem hoe tekst nederlands json markdown bedrijf winkel ook dan bijgevoegde
    """,
)
LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH)

JOINTS = _one_of(
    """
    and then but or und dann oder aber et puis mais y luego pero e poi ma mas depois en daarna maar also plus
    """
)
"""Words between two clauses."""

FIELD = _one_of(
    """
    totals? subtotal amounts? due balance tax vat gst iva mwst tva btw nett?o? gross sum invoice receipt order
    reference number nr id date dates issue vendor supplier merchant seller buyer customer payee address phone
    telephone fax email mail iban bic account registration serial title heading headline subject price prices
    discount cash currency name names registrant advertiser recipient sender issuer payer tenant employer
    applicant payment terms items? grand
    gesamtbetrag betrag endbetrag summe gesamtsumme rechnungsnummer rechnungsdatum datum nummer kundennummer
    bestellnummer anschrift adresse telefonnummer telefon absender empfanger betreff mehrwertsteuer steuer
    brutto falligkeitsdatum kontonummer preise? artikel namen?
    montant somme numero facture echeance fournisseur client prix nom ttc ht titre objet commande articles?
    importe monto fecha factura direccion telefono proveedor cliente nombre precios? titulo vencimiento pedido
    importo totale data fattura indirizzo fornitore prezz[oi] nome scadenza titolo ordine montante fatura
    endereco telefone fornecedor preco valor vencimento
    bedrag totaal totaalbedrag factuurnummer factuurdatum adres telefoonnummer leverancier klant prijs prijzen
    naam vervaldatum ordernummer
    """
)
"""Fields of documents."""
