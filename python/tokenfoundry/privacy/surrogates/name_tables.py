"""Common given and family names, by language: those that the statistical offices of the countries list again and again
(Istat, INSEE, INE, ONS and the US Census Bureau, Gesellschaft fuer deutsche Sprache). Only names of plain letters, and
none that is also an everyday word or a maker's name: a surrogate is looked for in every answer.
"""

from __future__ import annotations

from typing import Final

_ITALIAN_WOMEN = """
    Alessia Arianna Barbara Beatrice Camilla Carlotta Caterina Chiara Cinzia Claudia Daniela Debora Elena
    Eleonora Elisa Federica Francesca Gaia Giada Ginevra Giorgia Giovanna Giulia Ilaria Irene Laura Letizia
    Loredana Lucia Ludovica Manuela Margherita Martina Michela Miriam Monica Nicoletta Noemi Ornella Paola
    Patrizia Raffaella Roberta Sabrina Serena Silvia Simona Sofia Stefania Teresa Tiziana Valentina Vanessa
    Veronica Viviana
"""
_ITALIAN_MEN = """
    Alberto Aldo Alessio Andrea Angelo Antonio Bruno Carlo Claudio Corrado Cristian Daniele Dario Davide Diego
    Domenico Edoardo Emanuele Enrico Fabio Fabrizio Federico Filippo Francesco Gabriele Gennaro Giacomo Gianluca
    Giorgio Giovanni Giulio Giuseppe Guido Ivan Jacopo Lorenzo Luca Luigi Manuel Marcello Massimo Matteo Mattia
    Maurizio Michele Nicola Paolo Pasquale Pietro Renato Riccardo Roberto Salvatore Sergio Simone Stefano
    Tommaso Umberto Valerio Vincenzo Vittorio
"""
_ITALIAN_FAMILIES = """
    Albertini Amoruso Antonelli Arcuri Baldassarri Barbagallo Bartolini Basile Bellini Benedetti Bergamaschi
    Bernardini Bevilacqua Bonfanti Bonomo Borghesi Brambilla Bruschi Calabrese Capuano Carbonara Castellani
    Cattaneo Cavallaro Ceccarelli Cipriani Colombini Coppola Cristiani Damiani Donadoni Esposito Fabbri Falcone
    Fontanesi Fumagalli Gagliardi Galimberti Gargiulo Gentileschi Giordani Grassini Gualtieri Iannuzzi
    Lombardini Longhi Lorusso Maggioni Mancuso Marchesini Martinelli Mazzanti Melandri Meneghini Morandi Moretti
    Napolitano Orlandini Ottaviani Paganelli Pagliarini Palmieri Panebianco Parisini Pellegrini Perrone
    Piccinini Pozzi Quaranta Ravasi Ricciardi Rinaldi Romagnoli Ruggieri Sabatini Salvadori Santarelli Scarpelli
    Serafini Simonetti Tagliabue Tedeschi Tomasini Trevisan Valentini Vecchietti Venturini Vianello Zambelli
    Zanetti
"""

_ENGLISH_WOMEN = """
    Abigail Alice Amanda Amelia Angela Audrey Brenda Carol Caroline Charlotte Cynthia Deborah Diana Donna
    Dorothy Eleanor Elizabeth Emily Emma Evelyn Fiona Gillian Hannah Harriet Heather Helen Isabel Jacqueline
    Janet Jennifer Jessica Joanna Joyce Judith Karen Katherine Kathleen Kimberly Linda Margaret Marilyn Martha
    Megan Melissa Michelle Nancy Olivia Pamela Phoebe Rachel Rebecca Ruth Samantha Sandra Sarah Sharon Shirley
    Stephanie Susan Teresa Theresa Virginia
"""
_ENGLISH_MEN = """
    Adam Alan Albert Alexander Andrew Anthony Arthur Benjamin Bernard Brian Bruce Charles Christopher Colin
    Daniel David Dennis Donald Douglas Duncan Edward Eric Ethan Francis Gary Geoffrey George Gerald Gordon
    Graham Gregory Harold Henry Howard Hugh Ian Jacob James Jeremy Jonathan Joseph Joshua Keith Kenneth Kevin
    Lawrence Leonard Malcolm Martin Matthew Michael Nathan Nicholas Oliver Patrick Peter Philip Ralph Raymond
    Richard Robert Roger Ronald Samuel Simon Stephen Stuart Theodore Thomas Timothy Walter William
"""
_ENGLISH_FAMILIES = """
    Abbott Ainsworth Aldridge Armitage Ashworth Atkinson Bagshaw Barnett Baxter Beaumont Bennett Blackwell
    Bradshaw Brewster Buckley Burgess Caldwell Carmichael Cartwright Chadwick Chapman Clayton Coleman Crawford
    Cunningham Davenport Dawson Donovan Eastwood Ellison Fairfax Farrell Ferguson Fletcher Forsyth Gallagher
    Garrison Goodwin Hadfield Hargreaves Harrington Hartley Hathaway Hendricks Holbrook Holloway Hutchinson
    Jarvis Jenkins Kendall Kirkland Langley Lawson Lockwood Maddox Marsden Mathews Merritt Middleton Montgomery
    Nicholson Norris Ogden Pemberton Pickering Prescott Radcliffe Ramsey Rawlings Redmond Rutherford Sanderson
    Sheffield Sheldon Sinclair Stafford Stanton Sutcliffe Templeton Thackeray Thornton Underwood Wainwright
    Wakefield Wetherby Whitaker Wilkinson Winslow Woodward Yates
"""

_FRENCH_WOMEN = """
    Adeline Agathe Alice Amandine Anais Annick Antoinette Aurore Bernadette Brigitte Capucine Carole Cassandra
    Catherine Chantal Charlotte Christelle Christine Claudine Clotilde Colette Corinne Danielle Delphine Denise
    Elisabeth Elodie Emmanuelle Estelle Fabienne Florence Gabrielle Ginette Isabelle Jacqueline Jeanne Josiane
    Julie Juliette Laurence Louise Lucie Madeleine Manon Marguerite Marianne Marion Martine Mathilde Monique
    Nadine Nathalie Nicole Odile Pauline Sandrine Simone Sophie Suzanne Sylvie Valentine Virginie Yvette
"""
_FRENCH_MEN = """
    Adrien Alain Albert Alexandre Alexis Antoine Arnaud Arthur Bastien Benjamin Benoit Bernard Bertrand Bruno
    Christian Christophe Cyril Damien Daniel David Denis Didier Dominique Emmanuel Etienne Fabien Fabrice
    Florian Gaston Georges Gilbert Gilles Guillaume Guy Henri Hugo Jacques Jerome Julien Laurent Lionel Louis
    Luc Lucas Marcel Mathieu Maurice Maxime Michel Nicolas Olivier Pascal Patrice Paul Philippe Pierre Quentin
    Raymond Robert Roland Romain Samuel Serge Simon Sylvain Thibault Thierry Thomas Valentin Vincent Xavier Yves
"""
_FRENCH_FAMILIES = """
    Aubertin Barbier Baudouin Beaufort Belanger Berthelot Bertin Besnard Blanchard Boisvert Bonhomme Bouchard
    Boulanger Bourgeois Brunet Carlier Charpentier Chevallier Cordier Courtois Dechamps Delacroix Delmas Delorme
    Deschamps Descombes Desjardins Devaux Dubreuil Duchesne Dufresne Dumoulin Dupuis Duvivier Evrard Ferrand
    Fournier Gaillard Garnier Gauthier Girard Grandjean Guichard Guillemin Guillot Hamelin Humbert Jacquemin
    Jourdain Lacombe Lacroix Laforge Lagrange Lamoureux Langlois Laporte Lavigne Leblanc Lecomte Lefebvre
    Legrand Lemoine Levasseur Maillard Marchand Masson Mercier Meunier Michaud Monnier Moreau Morvan Noblet
    Parmentier Pelletier Perrault Poirier Poulain Regnier Renaud Rousselle Royer Sauvage Tessier Thibodeau
    Tremblay Vasseur Vautrin Verdier Vidal Villeneuve
"""

_GERMAN_WOMEN = """
    Andrea Angelika Anja Annette Antje Barbara Beate Bettina Birgit Brigitte Carina Charlotte Christa Christiane
    Claudia Cornelia Dagmar Daniela Doris Elke Emilia Erika Eva Franziska Frieda Gabriele Gerda Gisela Greta
    Hannelore Heike Helga Hildegard Ingrid Irmgard Jana Johanna Julia Jutta Karin Katharina Katja Katrin Kerstin
    Kirsten Lena Manuela Margit Marlene Martina Mathilda Monika Nadine Petra Regina Renate Sabine Sandra Sigrid
    Silke Simone Stefanie Susanne Svenja Ulrike Ursula Ute Vera Waltraud
"""
_GERMAN_MEN = """
    Achim Albrecht Andreas Anton Armin Arndt Axel Benedikt Bernd Bernhard Carsten Christoph Clemens Detlef
    Dieter Dietmar Dirk Eberhard Eckhard Egon Emil Erich Erwin Felix Ferdinand Frank Franz Friedrich Fritz
    Gerhard Gottfried Guenter Hannes Hans Harald Hartmut Heiko Heiner Heinrich Heinz Helmut Herbert Hermann
    Holger Horst Ingo Jens Joachim Jochen Johannes Josef Karl Karsten Klaus Konrad Kurt Lars Leopold Lothar
    Ludwig Manfred Markus Matthias Norbert Olaf Oskar Otto Rainer Reinhard Rolf Rudolf Ruediger Siegfried Stefan
    Sven Thorsten Torsten Ulrich Uwe Volker Walter Werner Wilhelm Wolfgang
"""
_GERMAN_FAMILIES = """
    Ackermann Albrecht Altmann Baumgartner Bergmann Birnbaum Brandstetter Braunschweig Brinkmann Buchholz
    Burkhardt Christiansen Dietrich Dombrowski Ebersbach Ehlers Eichhorn Engelhardt Falkenberg Feldmann Fiedler
    Frankenberg Freitag Friedrichs Gebhardt Gerlach Goldschmidt Grossmann Gruenwald Haberland Hartmann Hausmann
    Heidenreich Heilmann Hellwig Hennig Herrmann Hildebrandt Hoffmann Holzmann Huebner Jaeger Jankowski
    Kaltenbach Kellermann Kirchner Kleinschmidt Klingenberg Knoblauch Koenig Kortmann Kranz Krueger Langhans
    Lehmann Lichtenberg Lindemann Lorenzen Marquardt Meissner Mertens Neubauer Neumann Niemeyer Oberhauser
    Obermeier Petersen Pfeiffer Poschmann Rademacher Reichert Reinhardt Rosenthal Sauerbrey Schaefer Schilling
    Schroeder Schumacher Seidel Siebert Sonnenberg Stegmann Steinbach Stolze Theissen Uhlmann Vogelsang
    Wagenknecht Waldmann Weidner Westermann Wiedemann Winkelmann Zimmermann
"""

_SPANISH_WOMEN = """
    Adriana Alba Alejandra Alicia Amparo Ana Antonia Araceli Aurora Beatriz Blanca Candela Carla Carlota Carmen
    Carolina Celia Clara Claudia Cristina Daniela Elena Elvira Emilia Encarna Esther Eugenia Eva Fernanda
    Gabriela Gloria Graciela Guadalupe Inmaculada Isabel Jimena Josefa Juana Julia Laura Leticia Lidia Lorena
    Lourdes Luisa Manuela Margarita Marina Marta Martina Matilde Miriam Montserrat Natalia Noelia Nuria Olga
    Patricia Paula Raquel Rebeca Remedios Rocio Sara Silvia Sonia Susana Teresa Valeria Vega Yolanda
"""
_SPANISH_MEN = """
    Adolfo Agustin Alejandro Alfonso Alfredo Alonso Alvaro Anselmo Antonio Armando Arturo Benito Bernardo Borja
    Camilo Carlos Cristobal Daniel David Diego Eduardo Emilio Enrique Ernesto Esteban Eugenio Felipe Fermin
    Fernando Francisco Gabriel Gerardo Gonzalo Gregorio Guillermo Gustavo Hector Ignacio Ismael Jaime Javier
    Joaquin Jorge Jose Juan Julian Julio Leandro Lorenzo Luis Manuel Marcos Mariano Mario Mateo Mauricio Miguel
    Nicolas Pablo Pedro Rafael Ramiro Ramon Raul Ricardo Roberto Rodrigo Rogelio Salvador Santiago Sebastian
    Sergio Teodoro Tomas Vicente Victor
"""
_SPANISH_FAMILIES = """
    Acosta Aguilar Alarcon Albarracin Alcantara Almeida Alvarado Aranda Arellano Arroyo Avellaneda Ballesteros
    Barrientos Bautista Becerra Benavente Bermejo Bustamante Caballero Cabrera Calderon Camacho Campillo
    Cardenas Carrasco Carvajal Castellanos Castillo Cervantes Cisneros Contreras Cordero Cortijo Crespo Delgado
    Dominguez Echeverria Encinas Escalante Escobar Espinosa Fajardo Figueroa Galindo Gallardo Garrido Gimenez
    Granados Guerrero Herrera Hidalgo Hinojosa Ibarra Izquierdo Jaramillo Jimenez Lozano Maldonado Manrique
    Marroquin Medina Mendoza Miranda Montero Montoya Morales Navarrete Navarro Ocampo Olivares Orozco Ortega
    Pacheco Palacios Paredes Pedraza Quesada Quintana Ramirez Rebolledo Riquelme Robledo Saavedra Salazar
    Salcedo Sandoval Santamaria Sepulveda Solano Toledo Valdivia Valenzuela Vallejo Velasco Villalobos Zamora
    Zapata
"""

# Of women and of men.
GIVEN_NAMES: Final = {
    "it": (tuple(_ITALIAN_WOMEN.split()), tuple(_ITALIAN_MEN.split())),
    "en": (tuple(_ENGLISH_WOMEN.split()), tuple(_ENGLISH_MEN.split())),
    "fr": (tuple(_FRENCH_WOMEN.split()), tuple(_FRENCH_MEN.split())),
    "de": (tuple(_GERMAN_WOMEN.split()), tuple(_GERMAN_MEN.split())),
    "es": (tuple(_SPANISH_WOMEN.split()), tuple(_SPANISH_MEN.split())),
}
FAMILY_NAMES: Final = {
    "it": tuple(_ITALIAN_FAMILIES.split()),
    "en": tuple(_ENGLISH_FAMILIES.split()),
    "fr": tuple(_FRENCH_FAMILIES.split()),
    "de": tuple(_GERMAN_FAMILIES.split()),
    "es": tuple(_SPANISH_FAMILIES.split()),
}
LANGUAGES: Final = tuple(GIVEN_NAMES)
