"""The words that the complexity score looks for, in Italian, English, French, German and Spanish.

A word counts by its first six letters, so that one entry stands for its inflections: `dimost` for dimostra,
dimostrare, dimostrazione. Which kind a word belongs to is a judgement about what it asks for; how much a kind weighs is
fitted (`scores.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STEM_LETTERS = 6

# What a small model does well: look up, translate, copy out, put into another form.
_LOOKUP = """
translate translation rewrite rephrase correct spelling spell grammar fix typo extract list classify categorize label
define definition synonym synonyms antonym capital meaning mean means convert uppercase lowercase capitalize
alphabetical alphabetically sort plural singular tense title subject greeting birthday thanks thank hello hi
positive negative sentiment paraphrase shorten who when where spelled format bullet count
traduci traduzione tradurre riscrivi riformula correggi ortografia grammatica refuso estrai elenca classifica etichetta
definisci definizione sinonimo sinonimi contrario capitale significa significato converti maiuscolo minuscolo
alfabetico ordina plurale singolare titolo oggetto saluto auguri compleanno grazie ciao buongiorno positiva negativa
accorcia chi quando dove quanti quante
traduis traduire traduction reformule corrige orthographe grammaire extrais liste classe définis définition synonyme
synonymes contraire capitale signifie convertis majuscule minuscule alphabétique trie pluriel singulier titre objet
anniversaire merci bonjour salut positif négatif raccourcis qui quand où combien relève
übersetze übersetzung übersetzen formuliere korrigiere rechtschreibung grammatik extrahiere liste klassifiziere
definiere definition synonym synonyme gegenteil hauptstadt bedeutet bedeutung großbuchstaben kleinbuchstaben
alphabetisch sortiere plural mehrzahl einzahl titel betreff gruß geburtstag danke hallo positiv negativ kürze wer wann
wo wieviel nenne
traduce traducir traducción reescribe reformula corrige ortografía gramática extrae enumera clasifica etiqueta
define definición sinónimo sinónimos contrario capital significa significado convierte mayúsculas minúsculas
alfabético ordena plural singular título asunto saludo cumpleaños gracias hola positiva negativa acorta quién cuándo
dónde cuántos cuántas
"""

# What takes several steps that depend on each other: to prove, to build, to plan, to find what is wrong.
_WORK = """
prove proof disprove derive derivation design architect implement refactor debug diagnose optimize optimise plan
strategy schedule solve determine compute calculate estimate model simulate negotiate reconcile develop build
migrate redesign formalize devise find allocate assign invent
dimostra dimostrazione deriva ricava derivazione progetta implementa rifattorizza ristruttura diagnostica ottimizza
pianifica organizza strategia risolvi determina calcola stima modella simula negozia riconcilia sviluppa costruisci
migra formalizza trova assegna escogita imposta
démontre démonstration démontrer dérive établis conçois concevoir implémente refactorise débogue diagnostique optimise
planifie organise stratégie résous détermine calcule estime modélise simule négocie rapproche développe construis
migre formalise trouve affecte élabore
beweise beweis beweisen widerlege leite herleitung entwirf entwerfe entwickle implementiere refaktoriere umbauen
diagnostiziere optimiere plane strategie löse bestimme berechne schätze modelliere simuliere verhandle entwickeln
baue migriere formalisiere finde verteile ermittle
demuestra demostración demostrar deriva deduce diseña diseñar implementa refactoriza depura diagnostica optimiza
planifica organiza estrategia resuelve determina calcula estima modela simula negocia concilia desarrolla construye
migra formaliza encuentra halla asigna reparte
"""

# What weighs one thing against another, or asks for reasons.
_JUDGE = """
why analyze analyse analysis compare comparison contrast evaluate assess critique argue argument justify trade-off
tradeoff tradeoffs implications consequences effects impact pros cons advantages disadvantages alternatives risk risks
cause causes explain reason reasons hypothesis hypotheses assumption assumptions contradict contradiction objection
objections reliable evidence whether which should
perché analizza analisi confronta confronto valuta valutazione critica argomenta motiva giustifica compromesso
implicazioni conseguenze effetti impatto pro contro vantaggi svantaggi alternative rischio rischi causa cause spiega
ragione ragioni ipotesi presupposti contraddice contraddizione obiezioni affidabile prove conviene
pourquoi analyse analyser compare comparaison évalue évaluer critique argumente justifie compromis implications
conséquences effets impact avantages inconvénients alternatives risque risques cause causes explique raison raisons
hypothèse hypothèses suppositions contredit contradiction objections fiable preuves vaut-il
warum weshalb wieso analysiere analyse vergleiche vergleich bewerte beurteile kritik argumentiere begründe abwägung
folgen auswirkungen wirkung vorteile nachteile alternativen risiko risiken ursache ursachen erkläre grund gründe
hypothese hypothesen annahme annahmen widerspricht widerspruch einwände verlässlich belege lohnt
porqué analiza análisis compara comparación evalúa evaluar critica argumenta justifica razona compromiso implicaciones
consecuencias efectos impacto ventajas desventajas alternativas riesgo riesgos causa causas explica razón razones
hipótesis supuestos contradice contradicción objeciones fiable pruebas conviene
"""

_MATHEMATICS = """
theorem lemma integral derivative matrix vector eigenvalue probability equation polynomial prime primes irrational
convergence converges limit inequality graph vertices combinatorics permutations modulo logarithm variance equilibrium
equilibria linear quadratic geometry triangle induction axiom bound infinite infinitely formula optimum discount
teorema lemma integrale derivata matrice vettore autovalore probabilità equazione polinomio primi irrazionale
convergenza converge limite disuguaglianza grafo vertici permutazioni modulo logaritmo varianza equilibrio equilibri
lineare quadratica triangolo induzione assioma infiniti formula modi serie
théorème lemme intégrale dérivée matrice vecteur probabilité équation polynôme premiers irrationnelle convergence
converge limite inégalité graphe sommets permutations logarithme variance équilibre équilibres linéaire quadratique
triangle récurrence axiome infinité formule façons
satz lemma integral ableitung matrix vektor eigenwert wahrscheinlichkeit gleichung polynom primzahl primzahlen
irrational konvergenz konvergiert grenzwert ungleichung graph knoten permutationen logarithmus varianz gleichgewicht
gleichgewichte linear quadratisch dreieck induktion axiom unendlich formel
teorema lema integral derivada matriz vector probabilidad ecuación polinomio primos irracional convergencia converge
límite desigualdad grafo vértices permutaciones logaritmo varianza equilibrio equilibrios lineal cuadrática triángulo
inducción axioma infinitos fórmula maneras
"""

# Of software; what people who build it write in five languages alike is here once.
_SOFTWARE = """
algorithm algorithms function class thread threads deadlock mutex race concurrency async database query sql index
transaction latency throughput kubernetes docker api microservice cache compiler parser recursion heap stack pointer
memory leak lock-free queue unit test tests bug exception regex server cluster replica partition rollback deployment
worker pipeline software code
algoritmo algoritmi funzione classe concorrenza transazione latenza coda memoria eccezione guasto guasti prestazioni
codice
algorithme fonction concurrence requête transaction latence file mémoire exception panne performances
algorithmus funktion klasse nebenläufigkeit abfrage transaktion warteschlange speicher ausnahme ausfall leistung
datenbank
algoritmo función clase concurrencia consulta transacción latencia cola memoria excepción fallo rendimiento código
"""

# What an answer must keep to.
_CONSTRAINT = """
must without unless except exactly least most only constraint constraints requirement requirements ensure guarantee
avoid never nobody nor each every maximum minimum maximal minimal limit budget deadline provided given assuming if but
neither both conditions
deve devono senza tranne almeno massimo minimo esattamente solo vincolo vincoli requisito requisiti garantisci evita
mai nessuno ogni ciascuno limite scadenza purché supponendo se ma né salvo condizioni oltre
doit doivent sans sauf moins plus exactement seulement contrainte contraintes exigence exigences garantis évite jamais
aucun chaque maximum minimum limite échéance pourvu supposant si mais ni conditions
muss müssen ohne außer mindestens höchstens genau nur bedingung bedingungen anforderung anforderungen gewährleiste
vermeide nie niemand jede jeder jedes maximal minimal grenze frist sofern angenommen wenn falls aber weder
debe deben sin excepto salvo menos máximo mínimo exactamente solo restricción restricciones requisito requisitos
garantiza evita nunca nadie cada límite plazo siempre suponiendo si pero ni condiciones
"""

_STEPS = """
step steps stage phases phase first second then finally next after before
passo passi passaggi fase fasi prima poi infine dopo
étape étapes phase phases d'abord ensuite puis enfin après avant
schritt schritte schritten phase phasen zuerst dann schließlich danach
paso pasos fase fases primero luego después finalmente antes
"""

_BRIEF = """
briefly short brief word sentence line one-word concise yes no title quick quickly only
breve brevemente parola frase riga conciso sì no veloce
bref brève brièvement court mot phrase ligne concis oui non vite
kurz knapp wort satz zeile ja nein schnell kurzen
breve brevemente palabra frase línea conciso sí no rápido corta
"""

_EXTENSIVE = """
detailed detail comprehensive thorough essay report in-depth pages words chapter complete exhaustive whitepaper proposal
dettagliato dettaglio completo esauriente saggio relazione pagine parole capitolo approfondito proposta
détaillé détail complet approfondi essai rapport pages mots chapitre exhaustif proposition
ausführlich detailliert umfassend gründlich aufsatz bericht seiten wörter kapitel vollständig vorschlag
detallado detalle completo exhaustivo ensayo informe páginas palabras capítulo profundo propuesta
"""

_DOCUMENTS = """
documents document contract contracts clause clauses reports sources papers articles studies versions texts appendix
timeline statement statements figures
documenti documento contratto contratti clausola clausole relazioni fonti articoli studi versioni testi allegato
cronologia affermazioni sentenza
documents document contrat contrats clause clauses rapports sources articles études versions textes annexe
chronologie affirmations
dokumente dokument vertrag verträge klausel klauseln berichte quellen artikel studien fassungen texte anhang
zeitleiste aussagen gutachten
documentos documento contrato contratos cláusula cláusulas informes fuentes artículos estudios versiones textos anexo
cronología afirmaciones
"""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "lookup": _LOOKUP,
        "work": _WORK,
        "judgement": _JUDGE,
        "mathematics": _MATHEMATICS,
        "software": _SOFTWARE,
        "constraints": _CONSTRAINT,
        "steps": _STEPS,
        "brief": _BRIEF,
        "extensive": _EXTENSIVE,
        "documents": _DOCUMENTS,
    }
)

# Frequent words; one may stand in several lists, and counts for each of them.
_FUNCTION_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "it": "il lo la gli i che di e è del della dello degli delle nel nella sono questo questa perché non più anche "
        "come cosa qual quale dal dalla al alla dei ho mi un una per con senza ogni tra ma poi si se in a l "
        "altra altro",
        "en": "the of and to is in that this with for are be was what how does do you it which from your a an i on or",
        "fr": "le la les de des et est un une du dans que qui pour pas ce cette sur avec au aux je nous vous plus quel "
        "quelle où sans chaque puis à en l d il par ou si",
        "de": "der die das und ist ein eine einen nicht mit für von zu den dem des wie was auf ich wir sich auch bei "
        "oder welche aus ohne in es im an",
        "es": "el los la las de y es un una del que en por para no se cómo qué cuál más pero lo este esta su con muy "
        "hay sin cada a al si o",
    }
)


def stems() -> dict[str, tuple[str, ...]]:
    """The kinds of each stem; a word may be of several."""
    found: dict[str, tuple[str, ...]] = {}
    for kind, words in KINDS.items():
        for stem in dict.fromkeys(word[:STEM_LETTERS] for word in words.split()):
            found[stem] = (*found.get(stem, ()), kind)
    return found


def function_words() -> dict[str, frozenset[str]]:
    """The frequent words of each language."""
    return {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}
