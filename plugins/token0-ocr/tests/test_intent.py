from __future__ import annotations

import pytest

from token0_ocr.intent import MAX_CHARS, Intent, judge

READING = [
    "¿Puedes leer el texto?",
    "Read this.",
    "read the text",
    "Please read this image.",
    "Can you read the text of this receipt, please?",
    "Transcribe the text in this image.",
    "Transcribe this document word for word. Thanks!",
    "Read and transcribe the text",
    "OCR this",
    "Extract all text from the screenshot.",
    "Please extract all text and return it as JSON.",
    "Extract the text verbatim. Do not add comments.",
    "Extract the vendor, date and total.",
    "Copy the text out exactly.",
    "What does it say?",
    "What does this document say?",
    "What text is in the image?",
    "What is written on this page?",
    "Give me the full text.",
    "Output only the text of the page.",
    "Summarize the text in this image.",
    "Translate the text to German.",
    "What is the invoice number?",
    "What is the total amount of the invoice?",
    "What's the due date?",
    "Find the IBAN and the account name.",
    "Who is the vendor?",
    "Was steht auf dem Bild?",
    "Was steht hier?",
    "Lies bitte den Text vor.",
    "Extrahiere den Text.",
    "Kannst du den Text dieses Dokuments transkribieren?",
    "Wie hoch ist der Gesamtbetrag?",
    "Wie lautet die Rechnungsnummer?",
    "Gib mir den ganzen Text.",
    "Lis le texte de cette image.",
    "Transcris le texte, s'il te plaît.",
    "Quel est le montant total de la facture ?",
    "Quel est le numéro de facture ?",
    "Extrais tout le texte du document.",
    "Extrae el texto de la imagen.",
    "¿Qué dice el texto?",
    "¿Cuál es el importe total?",
    "Transcribe el documento, por favor.",
    "Leggi il testo dell'immagine.",
    "Qual è l'importo totale?",
    "Trascrivi il documento.",
    "Cosa c'è scritto?",
    "Transcreva o texto da imagem.",
    "O que está escrito aqui?",
    "Qual é o valor total?",
    "Lees de tekst.",
    "Wat staat er op de afbeelding?",
    "Wat is het factuurnummer?",
    "Kun je deze tekst overtypen?",
]

MORE_THAN_TEXT = [
    "Which fields are empty?",
    "What is not filled in?",
    "Welche Felder sind leer?",
    "Quels champs sont vides ?",
    "¿Qué campos están vacíos?",
    "Quali campi sono vuoti?",
    "Quais campos estão vazios?",
    "Welke velden zijn leeg?",
    "What is shaded?",
    "Extract all text and say what the watermark covers.",
    "What's wrong with this picture?",
    "What time does the clock show?",
    "What does the dial read?",
    "What colour is the headline?",
    "Read the text and tell me its color.",
    "Welche Farbe hat der Text?",
    "De quelle couleur est le texte ?",
    "¿De qué color es el texto?",
    "Di che colore è il testo?",
    "Qual é a cor do texto?",
    "Welke kleur heeft de tekst?",
    "Where is the total?",
    "Read the text on the left.",
    "Wo steht der Text?",
    "Où est le texte ?",
    "¿Dónde está el texto?",
    "Dove si trova il testo?",
    "Onde está o texto?",
    "Waar staat de tekst?",
    "How many words are there?",
    "Wie viele Zeilen hat der Text?",
    "Combien de lignes ?",
    "¿Cuántas líneas hay?",
    "Quante righe ci sono?",
    "Quantas linhas?",
    "Hoeveel regels zijn er?",
    "Describe the image.",
    "Beschreibe das Bild.",
    "Décris l'image.",
    "Describe la imagen y lee el texto.",
    "Descrivi il documento.",
    "Descreva a imagem.",
    "Beschrijf de tekst.",
    "Read the values from the chart.",
    "Extract the text of the diagram.",
    "Transcribe the handwriting.",
    "Read the handwritten note.",
    "Lies die Handschrift.",
    "Transcris ce manuscrit.",
    "Is there a signature? Read the text.",
    "Extract the text and keep the layout.",
    "How does the page look?",
    "Compare the texts.",
    "Read the source code.",
    "Transcribe the formulas.",
    "Extract the text, then click the button.",
    "Read the icon labels.",
    "Which logo is on the receipt?",
    "Read the text in this photo.",
    "Read the text below his face.",
    "Which boxes are ticked?",
    "Is the receipt fake? Read it.",
    "Do not read the text.",
    "Write a caption for the text.",
    "What is the meaning of the text?",
    "Which words are meant?",
    "What do they mean by the total?",
]

FACTS = [
    "What is the name of the singer?",
    "Which college did Tim Euhus attend?",
    "Who won silver in 1994?",
    "In which years did Bob Paisley win?",
    "How long did game 8 take?",
    "When was the page published?",
    "What does the FSF mentioned on the page mean?",
    "What is the ranking of Denver, Colorado?",
    "In the row 'Mean colour', what is the value of the column 'Left'?",
    "Wann wurde der Brief verschickt?",
    "Wie lange dauerte das Spiel?",
    "In welchem Jahr wurde das Unternehmen gegründet?",
    "Qui est le directeur du projet ?",
    "En quelle année la société a-t-elle été fondée ?",
    "¿Quién ganó el partido?",
    "¿En qué año se fundó la empresa?",
    "Chi ha vinto la partita?",
    "Quem ganhou o jogo?",
    "Wie heeft de wedstrijd gewonnen?",
]

OTHER_TASKS = [
    "What does this mean?",
    "What is this?",
    "Summarize this document.",
    "Solve this.",
    "Extract the text and identify the species.",
    "Extract the text, is it a dog?",
    "Who won the game, is it him?",
    "Read the text. How old is the building?",
    "Write an essay about this document",
    "Make it better.",
    "Hello!",
    "4711",
    "Is this correct?",
    "Is the total plausible?",
    "Was ist das?",
    "Qu'est-ce que c'est ?",
]

UNKNOWN_LANGUAGES = [
    "Läs texten i bilden.",
    "Przeczytaj tekst z obrazka.",
    "この画像の文字を読んでください。",
    "Прочитай текст.",
    "اقرأ النص",
    "Read the text. Vilken färg har knappen?",
    "Read the text. 何色ですか?",
    "Görseldeki metni oku.",
]


def objection(prompt: str) -> str | None:
    return judge(prompt).objection


@pytest.mark.parametrize("prompt", READING)
def test_a_request_for_the_text_is_recognized(prompt: str) -> None:
    assert objection(prompt) is None


@pytest.mark.parametrize("prompt", FACTS)
def test_a_question_about_a_fact_is_one(prompt: str) -> None:
    assert judge(prompt) == Intent(fact=True)


@pytest.mark.parametrize("prompt", ["Read this.", "Extract all text and return it as JSON.", "Was steht hier?"])
def test_a_request_for_all_of_the_text_is_told(prompt: str) -> None:
    assert judge(prompt) == Intent(whole=True)


@pytest.mark.parametrize("prompt", ["What is the total?", "Extract the vendor, date and total.", "Quel est le prix ?"])
def test_a_request_for_fields_is_told(prompt: str) -> None:
    assert judge(prompt) == Intent()


@pytest.mark.parametrize(
    "prompt", ["What is the fax number of Suzy Rinker?", "What is the price of a ticket to Colorado?"]
)
def test_words_that_only_look_like_a_veto_are_none(prompt: str) -> None:
    assert judge(prompt).objection is None


@pytest.mark.parametrize("prompt", MORE_THAN_TEXT)
def test_a_request_for_more_than_the_text_keeps_the_image(prompt: str) -> None:
    assert "more than the text" in (objection(prompt) or "")


@pytest.mark.parametrize("prompt", OTHER_TASKS)
def test_another_task_keeps_the_image(prompt: str) -> None:
    assert objection(prompt) is not None


@pytest.mark.parametrize("prompt", UNKNOWN_LANGUAGES)
def test_an_unknown_language_keeps_the_image(prompt: str) -> None:
    assert objection(prompt) is not None


@pytest.mark.parametrize("prompt", ["", " \n"])
def test_no_prompt_keeps_the_image(prompt: str) -> None:
    assert objection(prompt) == "there is no prompt that asks for the text"


def test_a_long_prompt_keeps_the_image() -> None:
    assert "too long" in (objection("Read the text. " * (MAX_CHARS // 15 + 1)) or "")


@pytest.mark.parametrize("prompt", ["read " * 399, "e " * 999, "a.b" * 600, "(" * 1999, "what is the " * 160])
def test_hostile_prompts_are_judged_without_an_error(prompt: str) -> None:
    assert objection(prompt) is None or isinstance(objection(prompt), str)


def test_capitals_accents_and_curly_apostrophes_make_no_difference() -> None:
    assert objection("TRANSCRIS LE TEXTE, S\u2019IL TE PLAIT") is None
