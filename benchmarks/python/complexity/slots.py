"""What fills the slots of the prompt families, by language. All of it was written for this project."""

from __future__ import annotations

from pathlib import Path

LANGUAGES = ("it", "en", "fr", "de", "es")
_TEXTS = Path(__file__).resolve().parents[3] / "tests" / "data" / "texts"

CODE = (
    "def total(orders):\n    result = 0\n    for order in orders:\n        if order['state'] == 'paid':\n"
    "            result =+ order['amount']\n    return result",
    "async def fetch_all(urls):\n    results = []\n    async def one(url):\n        results.append(await get(url))\n"
    "    for url in urls:\n        asyncio.create_task(one(url))\n    return results",
    "SELECT c.name, SUM(o.total)\nFROM customers c LEFT JOIN orders o ON o.customer_id = c.id\n"
    "WHERE o.created_at > '2025-01-01'\nGROUP BY c.name HAVING COUNT(*) > 0;",
    "class Cache:\n    store = {}\n    def get(self, key, make):\n        if key not in self.store:\n"
    "            self.store[key] = make()\n        return self.store[key]",
    "for (int i = 0; i <= n; i++) {\n    pthread_create(&threads[i], NULL, worker, &i);\n}\n"
    "for (int i = 0; i < n; i++) pthread_join(threads[i], NULL);",
)
NUMBERS = ("3", "12", "40", "250", "7", "18")

_SLOTS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "word": ("resilient", "ledger", "tenant", "serendipity", "surcharge"),
        "country": ("Portugal", "Kenya", "Canada", "Poland", "Chile"),
        "city": ("Turin", "Lyon", "Hamburg", "Seville", "Leeds"),
        "name": ("Marta", "Paul", "Ines", "Jonas", "Ruth"),
        "sentence": (
            "The parcel arrived on Tuesday but the box was open.",
            "We will be closed from the 12th to the 20th of August.",
            "Please send me the invoice for the two chairs.",
            "The train to the airport leaves every half hour.",
            "I liked the soup, the bread was a bit dry.",
        ),
        "mail": (
            "Hello, my order 48213 has still not arrived. I was told Friday, it is now Wednesday and nobody "
            "answers the "
            "phone. Could you tell me where it is? Kind regards, Ruth",
            "Good morning, I would like to change the address on my account and get the invoice of March again, as the "
            "first one had the wrong company name. Order 11907. Thank you, Paul",
            "Hi, the lamp I bought last week flickers when I switch it on. I tried two bulbs. What do I need to "
            "send it "
            "back? The order number is 77120. Best, Ines",
        ),
        "review": (
            "We stayed three nights. The room was small but spotless, breakfast was generous and the staff found us a "
            "parking space although everything was full. The street is noisy in the morning. We would come back.",
            "The coffee machine worked for two weeks, then it leaked. The shop answered after nine days and asked for "
            "photographs that I had already sent. I got my money back in the end, but never again.",
        ),
        "system": (
            "a ticket shop for concerts",
            "a dispatch service for ambulances",
            "a shared text editor",
            "a payment gateway for small shops",
            "a fleet of parcel lockers",
        ),
        "measure": (
            "a four-day week in public offices",
            "a ban on cars in the city centre",
            "free school meals for every child",
            "a tax on vacant flats",
            "compulsory heat pumps in new houses",
        ),
        "claim": (
            "the square root of 2 plus the square root of 3 is irrational",
            "there are infinitely many primes of the form 4k + 3",
            "every tree with n vertices has n - 1 edges",
            "the sum of the first n odd numbers is n squared",
            "a continuous function on a closed interval is uniformly continuous",
        ),
        "subject": (
            "quicksort on sorted input",
            "optimistic locking under contention",
            "a hash table with a poor hash function",
            "garbage collection with a large heap",
            "a read replica that lags behind",
        ),
    },
    "it": {
        "word": ("resiliente", "mastro", "locatario", "sovrapprezzo", "serendipità"),
        "country": ("Portogallo", "Kenya", "Canada", "Polonia", "Cile"),
        "city": ("Torino", "Lione", "Amburgo", "Siviglia", "Leeds"),
        "name": ("Marta", "Paolo", "Ines", "Jonas", "Rita"),
        "sentence": (
            "Il pacco è arrivato martedì ma la scatola era aperta.",
            "Saremo chiusi dal 12 al 20 agosto.",
            "Mi mandi per favore la fattura delle due sedie.",
            "Il treno per l'aeroporto parte ogni mezz'ora.",
            "La zuppa mi è piaciuta, il pane era un po' secco.",
        ),
        "mail": (
            "Buongiorno, il mio ordine 48213 non è ancora arrivato. Mi avevano detto venerdì, oggi è mercoledì e al "
            "telefono non risponde nessuno. Mi può dire dov'è? Cordiali saluti, Rita",
            "Salve, vorrei cambiare l'indirizzo del mio conto e ricevere di nuovo la fattura di marzo, perché nella "
            "prima era sbagliato il nome dell'azienda. Ordine 11907. Grazie, Paolo",
            "Ciao, la lampada che ho comprato la settimana scorsa sfarfalla quando la accendo. Ho provato due "
            "lampadine. "
            "Che cosa serve per restituirla? Il numero d'ordine è 77120. Ines",
        ),
        "review": (
            "Siamo rimasti tre notti. La camera era piccola ma pulitissima, la colazione abbondante e il "
            "personale ci ha "
            "trovato un parcheggio anche se era tutto pieno. La via è rumorosa al mattino. Ci torneremmo.",
            "La macchina del caffè ha funzionato due settimane, poi ha cominciato a perdere. Il negozio ha "
            "risposto dopo "
            "nove giorni e ha chiesto foto che avevo già mandato. Alla fine ho riavuto i soldi, ma mai più.",
        ),
        "system": (
            "una biglietteria per concerti",
            "una centrale per le ambulanze",
            "un editor di testo condiviso",
            "un sistema di pagamento per piccoli negozi",
            "una rete di armadietti per pacchi",
        ),
        "measure": (
            "la settimana di quattro giorni negli uffici pubblici",
            "il divieto di auto in centro",
            "la mensa gratuita per tutti gli alunni",
            "una tassa sugli appartamenti vuoti",
            "l'obbligo di pompe di calore nelle case nuove",
        ),
        "claim": (
            "la radice di 2 più la radice di 3 è irrazionale",
            "esistono infiniti numeri primi della forma 4k + 3",
            "ogni albero con n vertici ha n - 1 archi",
            "la somma dei primi n numeri dispari è n al quadrato",
            "una funzione continua su un intervallo chiuso è uniformemente continua",
        ),
        "subject": (
            "il quicksort su dati già ordinati",
            "il blocco ottimistico con molta contesa",
            "una tabella hash con una cattiva funzione hash",
            "la garbage collection con uno heap grande",
            "una replica di lettura in ritardo",
        ),
    },
    "fr": {
        "word": ("résilient", "registre", "locataire", "surtaxe", "sérendipité"),
        "country": ("le Portugal", "le Kenya", "le Canada", "la Pologne", "le Chili"),
        "city": ("Turin", "Lyon", "Hambourg", "Séville", "Leeds"),
        "name": ("Marthe", "Paul", "Inès", "Jonas", "Ruth"),
        "sentence": (
            "Le colis est arrivé mardi mais le carton était ouvert.",
            "Nous serons fermés du 12 au 20 août.",
            "Envoyez-moi s'il vous plaît la facture des deux chaises.",
            "Le train pour l'aéroport part toutes les demi-heures.",
            "J'ai aimé la soupe, le pain était un peu sec.",
        ),
        "mail": (
            "Bonjour, ma commande 48213 n'est toujours pas arrivée. On m'avait dit vendredi, nous sommes mercredi et "
            "personne ne répond au téléphone. Pouvez-vous me dire où elle est ? Cordialement, Ruth",
            "Bonjour, je voudrais changer l'adresse de mon compte et recevoir à nouveau la facture de mars, car le nom "
            "de la société était faux sur la première. Commande 11907. Merci, Paul",
            "Bonjour, la lampe achetée la semaine dernière clignote quand je l'allume. J'ai essayé deux ampoules. Que "
            "faut-il pour la renvoyer ? Le numéro de commande est 77120. Inès",
        ),
        "review": (
            "Nous sommes restés trois nuits. La chambre était petite mais impeccable, le petit déjeuner copieux et le "
            "personnel nous a trouvé une place alors que tout était complet. La rue est bruyante le matin. À refaire.",
            "La machine à café a marché deux semaines, puis elle a fui. Le magasin a répondu au bout de neuf "
            "jours et a "
            "demandé des photos que j'avais déjà envoyées. J'ai été remboursé, mais plus jamais.",
        ),
        "system": (
            "une billetterie de concerts",
            "un service de régulation des ambulances",
            "un éditeur de texte partagé",
            "une passerelle de paiement pour petits commerces",
            "un réseau de consignes à colis",
        ),
        "measure": (
            "la semaine de quatre jours dans l'administration",
            "l'interdiction des voitures au centre-ville",
            "la cantine gratuite pour tous les élèves",
            "une taxe sur les logements vides",
            "l'obligation de pompes à chaleur dans le neuf",
        ),
        "claim": (
            "la racine de 2 plus la racine de 3 est irrationnelle",
            "il existe une infinité de nombres premiers de la forme 4k + 3",
            "tout arbre à n sommets a n - 1 arêtes",
            "la somme des n premiers nombres impairs est n au carré",
            "une fonction continue sur un intervalle fermé est uniformément continue",
        ),
        "subject": (
            "le quicksort sur des données déjà triées",
            "le verrouillage optimiste sous forte contention",
            "une table de hachage avec une mauvaise fonction",
            "le ramasse-miettes avec un grand tas",
            "une réplique de lecture en retard",
        ),
    },
    "de": {
        "word": ("resilient", "Hauptbuch", "Mieter", "Aufpreis", "Gelassenheit"),
        "country": ("Portugal", "Kenia", "Kanada", "Polen", "Chile"),
        "city": ("Turin", "Lyon", "Hamburg", "Sevilla", "Leeds"),
        "name": ("Martha", "Paul", "Ines", "Jonas", "Ruth"),
        "sentence": (
            "Das Paket kam am Dienstag, aber der Karton war offen.",
            "Vom 12. bis zum 20. August haben wir geschlossen.",
            "Schicken Sie mir bitte die Rechnung für die zwei Stühle.",
            "Der Zug zum Flughafen fährt alle halbe Stunde.",
            "Die Suppe war gut, das Brot ein wenig trocken.",
        ),
        "mail": (
            "Guten Tag, meine Bestellung 48213 ist noch immer nicht da. Es hieß Freitag, jetzt ist Mittwoch, und am "
            "Telefon antwortet niemand. Können Sie mir sagen, wo sie ist? Mit freundlichen Grüßen, Ruth",
            "Guten Morgen, ich möchte die Adresse meines Kontos ändern und die Rechnung vom März noch einmal bekommen, "
            "weil auf der ersten der Firmenname falsch war. Bestellung 11907. Danke, Paul",
            "Hallo, die Lampe von letzter Woche flackert beim Einschalten. Ich habe zwei Birnen versucht. Was brauche "
            "ich, um sie zurückzuschicken? Die Bestellnummer ist 77120. Ines",
        ),
        "review": (
            "Wir blieben drei Nächte. Das Zimmer war klein, aber blitzsauber, das Frühstück reichlich, und man "
            "fand uns "
            "einen Parkplatz, obwohl alles voll war. Die Straße ist morgens laut. Wir kämen wieder.",
            "Die Kaffeemaschine lief zwei Wochen, dann tropfte sie. Der Laden antwortete nach neun Tagen und wollte "
            "Fotos, die ich schon geschickt hatte. Das Geld kam am Ende zurück, aber nie wieder.",
        ),
        "system": (
            "einen Kartenverkauf für Konzerte",
            "eine Leitstelle für Rettungswagen",
            "einen gemeinsamen Texteditor",
            "einen Zahlungsdienst für kleine Läden",
            "ein Netz von Paketfächern",
        ),
        "measure": (
            "die Viertagewoche in Behörden",
            "ein Autoverbot in der Innenstadt",
            "kostenloses Schulessen für alle Kinder",
            "eine Abgabe auf leere Wohnungen",
            "eine Pflicht zu Wärmepumpen im Neubau",
        ),
        "claim": (
            "die Wurzel aus 2 plus die Wurzel aus 3 irrational ist",
            "es unendlich viele Primzahlen der Form 4k + 3 gibt",
            "jeder Baum mit n Knoten n - 1 Kanten hat",
            "die Summe der ersten n ungeraden Zahlen n zum Quadrat ist",
            "eine stetige Funktion auf einem abgeschlossenen Intervall gleichmäßig stetig ist",
        ),
        "subject": (
            "Quicksort auf sortierten Daten",
            "optimistisches Sperren bei vielen Schreibern",
            "eine Hashtabelle mit schlechter Hashfunktion",
            "die Speicherbereinigung bei großem Heap",
            "eine Lesekopie, die hinterherhinkt",
        ),
    },
    "es": {
        "word": ("resiliente", "libro mayor", "inquilino", "recargo", "serendipia"),
        "country": ("Portugal", "Kenia", "Canadá", "Polonia", "Chile"),
        "city": ("Turín", "Lyon", "Hamburgo", "Sevilla", "Leeds"),
        "name": ("Marta", "Pablo", "Inés", "Jonás", "Rut"),
        "sentence": (
            "El paquete llegó el martes, pero la caja estaba abierta.",
            "Estaremos cerrados del 12 al 20 de agosto.",
            "Envíeme por favor la factura de las dos sillas.",
            "El tren al aeropuerto sale cada media hora.",
            "La sopa me gustó, el pan estaba un poco seco.",
        ),
        "mail": (
            "Buenos días, mi pedido 48213 todavía no ha llegado. Me dijeron el viernes, hoy es miércoles y nadie "
            "contesta al teléfono. ¿Me puede decir dónde está? Un saludo, Rut",
            "Hola, quisiera cambiar la dirección de mi cuenta y recibir otra vez la factura de marzo, porque en la "
            "primera el nombre de la empresa estaba mal. Pedido 11907. Gracias, Pablo",
            "Hola, la lámpara que compré la semana pasada parpadea al encenderla. He probado dos bombillas. ¿Qué hace "
            "falta para devolverla? El número de pedido es 77120. Inés",
        ),
        "review": (
            "Nos quedamos tres noches. La habitación era pequeña pero limpísima, el desayuno abundante y el "
            "personal nos "
            "encontró aparcamiento aunque todo estaba lleno. La calle es ruidosa por la mañana. Volveríamos.",
            "La cafetera funcionó dos semanas y luego empezó a gotear. La tienda respondió a los nueve días y pidió "
            "fotos que ya había mandado. Al final me devolvieron el dinero, pero nunca más.",
        ),
        "system": (
            "una taquilla de conciertos",
            "una central de ambulancias",
            "un editor de texto compartido",
            "una pasarela de pagos para tiendas pequeñas",
            "una red de taquillas para paquetes",
        ),
        "measure": (
            "la semana de cuatro días en la administración",
            "la prohibición de coches en el centro",
            "el comedor escolar gratuito para todos",
            "un impuesto a los pisos vacíos",
            "la obligación de bombas de calor en casas nuevas",
        ),
        "claim": (
            "la raíz de 2 más la raíz de 3 es irracional",
            "hay infinitos números primos de la forma 4k + 3",
            "todo árbol con n vértices tiene n - 1 aristas",
            "la suma de los n primeros números impares es n al cuadrado",
            "una función continua en un intervalo cerrado es uniformemente continua",
        ),
        "subject": (
            "quicksort con datos ya ordenados",
            "el bloqueo optimista con mucha contención",
            "una tabla hash con una mala función",
            "la recolección de basura con un heap grande",
            "una réplica de lectura con retraso",
        ),
    },
}


def slots_of(language: str) -> dict[str, tuple[str, ...]]:
    """The values of every slot. `body` is one or two kilobytes of the language's sample text, cut at several places."""
    text = (_TEXTS / f"{language}.txt").read_text(encoding="utf-8").strip()
    bodies = tuple(
        text[start : start + size].strip() for start, size in ((0, 900), (400, 1500), (900, 1100), (0, 2400))
    )
    return {**_SLOTS[language], "code": CODE, "n": NUMBERS, "body": bodies}
