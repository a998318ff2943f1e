#include "tokenfoundry/pii/cues_internal.h"

namespace tokenfoundry::pii {
namespace {

constexpr CueRow kRows[] = {
    {Cue::kPhone, "*",
     "tel|fax|sms|whatsapp|telegram|mobile|phone*|telephon*|telefon*|call|gsm|signal|viber|wa|msisdn|smartphone"},
    {Cue::kPhone, "en",
     "ring|rang|callback*|call back|rung|cell|contact*|reach*|voicemail|landline|helpline|hotline|dial|text me|text "
     "her|text him|text "
     "us|switchboard|my "
     "number|her number|his number|our number|their number|your number|new number|toll free|call|calls|calling|called"},
    {Cue::kPhone, "it",
     "cell|cel|cellul*|chiam*|richiam*|contatt*|recapit*|scriv*|raggiung*|utenz*|fisso|centralino|numero verde|mio "
     "numero|suo numero|tuo "
     "numero|nostro numero|nuovo numero|al numero|numeri utili|per info|info al|squill*|mio num"},
    {Cue::kPhone, "fr",
     "tél|téléphon*|portable|appel*|rappel*|joindre|joignable|contact*|le standard|au standard|standard "
     "téléphonique|télécopie|mon numéro|mon num|son numéro|votre "
     "numéro|notre numéro|au numéro|fixe"},
    {Cue::kPhone, "de",
     "handy*|mobil|mobilnummer|rufnummer|anruf*|rückruf*|erreich*|durchwahl|festnetz|tel nr|telefonnr|ruf|unter|meine "
     "nummer|ihre nummer|seine nummer|unsere nummer|neue nummer|der nummer"},
    {Cue::kPhone, "es",
     "tfno|tlf|tlfno|móvil|movil|celular|llam*|llám*|contact*|teléf*|fijo|centralita|mi número|su número|tu número|al "
     "número|nuestro número|escrib*|escríb*|marque|marcar"},
    {Cue::kOther, "*",
     "id|iban|isbn|ean|sku|ref|version*|build|batch|eur*|total*|timestamp|hash|seed|otp|pin|pid|port|uuid|issn|doi|"
     "gtin|"
     "upc|asin|n°|commit|rev|ticket*|http|epoch|offset|bytes|size|siren|siret|nif|nie|dni|cif|nhs|ssn|bsn|pesel|nip|"
     "vat|"
     "iva|p iva|piva|cf|nir|tin|ein|imei|rma|udi|barcode|checksum|crc|debug|warn|error|trace|pdf|zip"},
    {Cue::kOther, "en",
     "order|orders|code*|refer*|serial*|policy|invoice*|contract*|track*|account*|amount*|price*|lot|card|part "
     "number|quantity|article|item|case "
     "number|shipment|parcel|transaction*|receipt|booking|reservation|line|page|chapter|row|rows|column|user|users|"
     "docket|request*"
     "|session*|"
     "thread*|process|block|task|job|event|message id|record*|key|node|value*|count|index|tax|identifier|number "
     "of|user "
     "id|national insurance|passport|licence|license|insurance|member|customer number|client number"},
    {Cue::kOther, "it",
     "ordine|ordini|codic*|cod|rif|rifer*|prot|protoc*|lott*|serie|serial*|fattur*|pratic*|polizz*|matricol*|contratt*|"
     "spediz*|bolla|articol*|import*|prezz*|sald*|transa*|capitol*|cap|partit*|carta|conto|repertorio|fascicolo|"
     "sentenza|determina|delibera|scontrino|ricevuta|prenotazion*|riga|pagina|colli|valor*|process*|richiesta "
     "numero|identificativ*|codice fiscale|partita iva|passaporto|patente|tessera|cliente numero|numero "
     "cliente|registro|"
     "verbale|catastal*|particella"},
    {Cue::kOther, "fr",
     "commande*|facture*|réf|référence*|dossier|contrat|colis|suivi|article|lot|compte|montant|prix|série|devis|"
     "réservation|quantité|page|ligne|valeur*|numéro client|numéro fiscal|identifiant|passeport|permis|sécurité "
     "sociale"},
    {Cue::kOther, "de",
     "bestell*|auftrag*|rechnung*|artikel*|referenz*|aktenzeichen|az|kunden*|kundennr|vertrag*|sendung*|paket*|serien*|"
     "charge|konto|betrag|preis|seite|zeile|menge|vorgang*|beleg*|buchung*|wert|kennung|steuernummer|personalausweis*|"
     "reisepass*|mitglied*|versicherung*"},
    {Cue::kOther, "es",
     "pedido*|factura*|referencia|expediente|contrato|seguimiento|artículo|lote|cuenta|importe|precio|serie|envío|"
     "reserva|cantidad|página|fila|línea|albarán|valor*|identificador|pasaporte|matrícula|número de cliente"},
    {Cue::kBank, "*", "bank*|iban|banque|banca"},
    {Cue::kBank, "en", "account*|acct|checking|savings|debit|a/c"},
    {Cue::kBank, "it", "conto|c/c|conto corrente"},
    {Cue::kBank, "fr", "compte|rib"},
    {Cue::kBank, "de", "konto*|kontonummer|kto"},
    {Cue::kBank, "es", "cuenta|ccc"},
    {Cue::kBic, "*", "bic|swift|bic/swift|swift/bic|bic code|swift code"},
    {Cue::kRouting, "*", "aba|routing*|rtn|abarouting|bankrouting"},
    {Cue::kCard, "*", "visa|mastercard|maestro|amex|american express|pan|card*|carta*|tarjeta*|carte*|kreditkarte*|kk"},
    {Cue::kFiscalCode, "*",
     "codice fiscale|cod fiscale|cod fisc|codfisc|c f|cf|italian tax code|fiscal code|tax code|cfiscale|codici "
     "fiscali"},
    {Cue::kVat, "*",
     "vat|vat number|vat no|vat id|vat code|vatin|p iva|piva|part iva|partita iva|partite iva|partita i v "
     "a|tva|mwst|ust "
     "id|ust idnr|ustid|umsatzsteuer*|tva intracom*|numéro de tva|nif iva|btw|btw nummer|moms|iva|uid|alv|nip|pi|p "
     "i|vies|"
     "codice iva|steueridentifikation*"},
    {Cue::kIdentityCard, "*",
     "id card|identity card|identity document|id document|cie|document number|id number|id no"},
    {Cue::kIdentityCard, "it",
     "carta d'identità|carta identità|carta di identità|carta d'identita|carta identita|carta di identita|documento*|c "
     "i|ci|identità|riconoscimento"},
    {Cue::kIdentityCard, "fr", "carte d'identité|carte nationale|cni|carte identité|pièce d'identité|titre d'identité"},
    {Cue::kIdentityCard, "de", "personalausweis*|ausweis*|ausweisnummer|perso"},
    {Cue::kIdentityCard, "es", "documento*|carné*|identidad"},
    {Cue::kIdentityCard, "*", "dowód osobisty|dowod osobisty|dowodu osobistego|seria i numer"},
    {Cue::kPassport, "*", "passport*|passaport*|passeport*|pasaport*|reisepass*|paszport*|paspoort|travel document"},
    {Cue::kPassport, "de", "pass|passnummer|passnr|pass nr"},
    {Cue::kDriverLicense, "*",
     "driving licen*|driver licen*|drivers licen*|driver's licen*|dl number|licence number|license number|dvla|dl "
     "no|dln|"
     "permis de conduire|permiso de conducir|carnet de conducir|patente|patente di guida|licenza di "
     "guida|führerschein*|"
     "fuehrerschein*|fahrerlaubnis*|driving permit|num patente|patente n|license|licence"},
    {Cue::kHealthCard, "*",
     "tessera sanitaria|team|ehic|european health insurance|carte européenne|ts cns|tessera europea|numero tessera"},
    {Cue::kDate, "*", "date|data|datum|fecha"},
    {Cue::kCrypto, "*",
     "bitcoin|btc|ethereum|eth|ether|erc|wallet*|crypto*|usdt|usdc|token contract|contract address|litecoin|ltc|tron|"
     "trx|monero|xmr|dogecoin|doge|blockchain|metamask|portafoglio|portefeuille|cartera|ens|polygon|matic|bnb"},
    {Cue::kIp, "*",
     "ip|ips|ipv4|ipv6|indirizzo ip|adresse ip|ip adresse|dirección ip|host*|server*|ping|dns|gateway|subnet|ssh|"
     "netmask|proxy|vpn|firewall|remote addr|client|nameserver|inet"},
    {Cue::kMac, "*", "mac|mac address|hwaddr|ether|bssid|hardware address|indirizzo mac|adresse mac|mac adresse"},
    {Cue::kVersion, "*",
     "ver|version*|versión|release*|rev|revision*|build|firmware|fw|driver|oid|chapter|section|sec|capitolo|"
     "sezione|paragrafo|par|art|abschnitt|kapitel|chapitre|figure|table|clause|assembly"},
    {Cue::kAddress, "*", "address|adresse|domicil*|resident*|residen*"},
    {Cue::kAddress, "en", "live at|lives at|living at|lived at|moved to|deliver to|ship to|home address|located at"},
    {Cue::kAddress, "it",
     "indirizz*|abito|abita|abitava|abitante|abitazione|recapito|con sede in|sede legale|sede operativa|sito in|sita "
     "in"},
    {Cue::kAddress, "fr", "habite|habitant|demeurant|demeure|réside|résidant|logé|sise|sis"},
    {Cue::kAddress, "de", "anschrift*|wohnhaft|wohne|wohnt|wohnort|wohnsitz|lieferadresse|wohnadresse"},
    {Cue::kAddress, "es", "dirección|direccion|vivo en|vive en|viven en|señas|empadronad*"},
    {Cue::kPostcode, "*",
     "cap|c a p|zip|zip code|postcode|post code|postal code|postalcode|plz|postleitzahl|code postal|código postal|"
     "codigo postal|codice postale|codice di avviamento|avviamento postale|npa|postcodes"},
    {Cue::kPlate, "*",
     "targa|targat*|plaque|license plate|licence plate|plates|numberplate*|kennzeichen|kfz kennzeichen"},
    {Cue::kPlate, "en",
     "plate|plate number|plate no|number plate|registration plate|registration number|vehicle reg*|"
     "car registration|reg no|vrm|dvla"},
    {Cue::kPlate, "it", "targhe|autovettura|veicolo|auto targata|motorizzazione"},
    {Cue::kPlate, "fr", "immatricul*|plaque d'immatriculation|véhicule|carte grise"},
    {Cue::kPlate, "de", "kfz|nummernschild*|autokennzeichen|zulassung|fahrzeug"},
    {Cue::kPlate, "es", "matrícula|matricula|matrículas|vehículo|vehiculo"},
    {Cue::kAtSvnr, "*",
     "svnr|sv nr|sv nummer|sozialversicherungsnummer|versicherungsnummer|vsnr|svnummer|sozialversicherung*|ecard|e "
     "card"},
    {Cue::kBeNationalNumber, "*",
     "rijksregisternummer|registre national|numéro national|national number|nationaal "
     "nummer|rrn|insz|niss|rijksregister|"
     "numéro de registre|nrn|belgian national*|nn"},
    {Cue::kBgEgn, "*", "egn|егн|единен граждански номер"},
    {Cue::kChAhv, "*", "ahv|avs|ahv nummer|ahvn|numéro avs|oasi|sozialversicherungsnummer"},
    {Cue::kCzBirthNumber, "*", "rodné číslo|rodne cislo|rč|r č|rc|rodné|rodným číslem|birth number"},
    {Cue::kDeBsnr, "*",
     "bsnr|betriebsstättennummer|betriebsstätten nummer|betriebsstätte|praxisnummer|arztpraxis|kv "
     "nummer|betriebsstaette*"},
    {Cue::kDeHandelsregister, "*",
     "handelsregister*|amtsgericht|registergericht|hra|hrb|hr nummer|registerauszug|ag|firma|gmbh|registernummer"},
    {Cue::kDeHealthInsurance, "*",
     "krankenversicherungsnummer|krankenversichertennummer|versichertennummer|kvnr|krankenkasse*|gesundheitskarte|egk|"
     "versicherten nr|versichertennr|kv nr|krankenversicherung*|kvnummer|versicherungsnummer"},
    {Cue::kDeLanr, "*", "lanr|arztnummer|lebenslange arztnummer|arzt nr|arztnr|vertragsarzt|kassenarzt"},
    {Cue::kDeSocialSecurity, "*",
     "rentenversicherungsnummer|sozialversicherungsnummer|rvnr|sv "
     "nummer|svnr|versicherungsnummer|rentenversicherung*|rv "
     "nummer|sozialversicherungsausweis"},
    {Cue::kDeTaxId, "*",
     "steuer id|steueridentifikationsnummer|steuer identifikationsnummer|idnr|tin|steuerid|tax id|steuerliche "
     "identifikation*|steuer idnr|identifikationsnummer|steuer identnummer|tax identification|id nr|steuerident*"},
    {Cue::kDeTaxNumber, "*",
     "steuernummer|steuer nr|st nr|stnr|steuernr|finanzamt|steuer nummer|steuerbescheid|tax number|steuernummern"},
    {Cue::kDkCpr, "*", "cpr|cpr nr|cpr nummer|personnummer|cprnr|cpr number|cprnummer"},
    {Cue::kEeIsikukood, "*", "isikukood|asmens kodas|personal code|ik|isikukoodi"},
    {Cue::kEsCif, "*", "cif|nif|c i f|n i f|vat|iva|empresa|sociedad|s l|s a|razón social"},
    {Cue::kEsNie, "*", "nie|n i e|número de identificación de extranjero|identificación de extranjero|extranjer*"},
    {Cue::kEsNif, "*", "dni|nif|d n i|n i f|documento nacional|identificación*|nacional de identidad"},
    {Cue::kFiHetu, "*", "hetu|henkilötunnus|personbeteckning|sotu"},
    {Cue::kFrNir, "*",
     "nir|sécurité sociale|securite sociale|numéro de sécu|sécu|n° sécu|n° ss|insee|carte vitale|numéro ss|assuré "
     "social"},
    {Cue::kFrSiren, "*", "siren|n° siren|rcs|numéro siren|immatricul*"},
    {Cue::kFrSiret, "*", "siret|n° siret|numéro siret|établissement"},
    {Cue::kGrAmka, "*", "amka|αμκα"},
    {Cue::kHrOib, "*", "oib|osobni identifikacijski broj"},
    {Cue::kIePps, "*", "pps|ppsn|pps number|pps no|personal public service"},
    {Cue::kMedicalLicense, "*", "dea|dea number|medical licen*|dea no|prescriber|certificate"},
    {Cue::kNlBsn, "*", "bsn|burgerservicenummer|burger service nummer|sofinummer|sofi nummer|citizen service number"},
    {Cue::kNoFodselsnummer, "*", "fødselsnummer|fodselsnummer|fnr|personnummer|fødselsnr|d nummer|fodselsnr"},
    {Cue::kPlNip, "*", "nip|numer identyfikacji podatkowej|vat"},
    {Cue::kPlPesel, "*", "pesel|nr pesel|numer pesel|pesel nr"},
    {Cue::kPlRegon, "*", "regon|nr regon|numer regon"},
    {Cue::kPtNif, "*", "nif|contribuinte|número de contribuinte|nipc|n° contribuinte|número fiscal|fiscal"},
    {Cue::kRoCnp, "*", "cnp|cod numeric personal|codul numeric personal"},
    {Cue::kSeOrganisationsnummer, "*", "organisationsnummer|org nr|orgnr|org nummer|orgnummer|organisationsnr"},
    {Cue::kSePersonnummer, "*", "personnummer|pers nr|persnr|pnr|personnr|samordningsnummer|person nr"},
    {Cue::kUkNhs, "*", "nhs|nhs number|nhs no|national health service|health authority|nhs num"},
    {Cue::kUkNino, "*", "nino|ni number|national insurance|national insurance number|ni no|n i|insurance no"},
    {Cue::kUsClaim, "*", "claim|claim number|claim no|medical claim|healthcare claim|claim id"},
    {Cue::kUsHealthInsurance, "*",
     "member id|member number|subscriber id|subscriber|insurance id|insurance member|health plan|member no|member|"
     "insurance policy|policyholder"},
    {Cue::kUsItin, "*", "itin|individual taxpayer|taxpayer|tax id|tin|taxpayer id"},
    {Cue::kUsMbi, "*", "medicare|mbi|beneficiary|medicaid|hicn"},
    {Cue::kUsNpi, "*", "npi|national provider|provider id|provider identifier|npi number|npi no|taxonomy"},
    {Cue::kUsPrescription, "*", "rx|prescription|prescription number|rx number|rx no"},
    {Cue::kUsPriorAuthorization, "*",
     "prior authorization|prior auth|preauthorization|pre auth|authorization number|auth no"},
    {Cue::kUsReferral, "*", "referral|referral number|referral no|referral id"},
    {Cue::kUsSsn, "*", "ssn|ssns|social security|social sec|ss no|soc sec|ssn no"},
    {Cue::kUsTaxId, "*", "ein|tax id|taxpayer id|employer identification|fein|provider tax|tin|federal tax"},
};

}  // namespace

std::span<const CueRow> CueRows() { return kRows; }

}  // namespace tokenfoundry::pii
