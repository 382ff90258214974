//! Well-known names that are taken for each other: one is never suggested as a misspelling of the other.
//!
//! Our own compilation, of what pub quizzes ask and of what spelling alone would confuse. Pairs of single words also
//! count inside longer answers, so that North Carolina is not suggested for South Carolina.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::form::Form;

/// The names that are confused with the one whose compared form is `form`.
pub(super) fn partners(form: &str) -> &'static [Form] {
    NAMES.get(form).map_or(&[], Vec::as_slice)
}

/// Whether the two compared forms are a pair.
pub(super) fn is_pair(one: &str, other: &str) -> bool {
    partners(one).iter().any(|partner| partner.compared == other)
}

/// Whether `form` is the compared form of one of the names.
pub(super) fn is_name(form: &str) -> bool {
    NAMES.contains_key(form)
}

static NAMES: LazyLock<BTreeMap<String, Vec<Form>>> = LazyLock::new(|| {
    let mut names: BTreeMap<String, Vec<Form>> = BTreeMap::new();
    for (one, other) in PAIRS.into_iter().flatten().copied() {
        let (one, other) = (Form::new(one), Form::new(other));
        names.entry(one.compared.clone()).or_default().push(other.clone());
        names.entry(other.compared.clone()).or_default().push(one);
    }
    names
});

type Pair = (&'static str, &'static str);

pub(super) const PAIRS: [&[Pair]; 7] = [COUNTRIES, PLACES, DIRECTIONS, SCIENCE, NATURE, PEOPLE, WORDS];

/// Countries, regions and their people.
#[rustfmt::skip]
const COUNTRIES: &[Pair] = &[
    ("Iran", "Iraq"), ("Iranian", "Iraqi"), ("Slovakia", "Slovenia"), ("Slovakia", "Slavonia"),
    ("Slovenia", "Slavonia"), ("Slovak", "Slovene"), ("Slovakian", "Slovenian"), ("Austria", "Australia"),
    ("Austrian", "Australian"), ("Niger", "Nigeria"), ("Nigerien", "Nigerian"), ("Gambia", "Zambia"),
    ("Gambian", "Zambian"), ("Zambia", "Namibia"), ("Gambia", "Namibia"), ("Iceland", "Ireland"),
    ("Ireland", "Northern Ireland"), ("Mali", "Malawi"), ("Mali", "Malta"), ("Mali", "Bali"),
    ("Mauritius", "Mauritania"), ("Dominica", "Dominican Republic"), ("Guinea", "Guyana"),
    ("Guinea", "Papua New Guinea"), ("Guinea", "Equatorial Guinea"), ("Guinea", "Guinea-Bissau"), ("Ghana", "Guyana"),
    ("Ghana", "China"), ("Paraguay", "Uruguay"), ("Paraguayan", "Uruguayan"), ("Latvia", "Livonia"),
    ("Estonia", "Livonia"), ("Latvian", "Lithuanian"), ("Libya", "Liberia"), ("Liberia", "Siberia"),
    ("Liberia", "Iberia"), ("Siberia", "Iberia"), ("Siberia", "Serbia"), ("Serbia", "Syria"), ("Algeria", "Nigeria"),
    ("Algeria", "Liberia"), ("Armenia", "Romania"), ("Armenian", "Romanian"), ("Chad", "Chile"), ("China", "Chile"),
    ("Cuba", "Aruba"), ("Tonga", "Togo"), ("Tonga", "Congo"), ("Togo", "Tobago"), ("Congo", "Togo"),
    ("Samoa", "American Samoa"), ("Sudan", "South Sudan"),
    ("Republic of the Congo", "Democratic Republic of the Congo"), ("India", "Indiana"), ("Indonesia", "Micronesia"),
    ("Polynesia", "Melanesia"), ("Micronesia", "Melanesia"), ("Polynesia", "Micronesia"),
    ("Georgia", "South Georgia"), ("Mexico", "New Mexico"), ("Monaco", "Morocco"), ("Monaco", "Macao"),
    ("Mongolia", "Inner Mongolia"), ("Rwanda", "Uganda"), ("Rwanda", "Luanda"), ("Bahamas", "Bahrain"),
    ("Barbados", "Barbuda"), ("Bermuda", "Barbuda"), ("Borneo", "Brunei"), ("Oman", "Amman"), ("Fiji", "Fuji"),
    ("Nauru", "Niue"), ("Salvador", "El Salvador"), ("Tanzania", "Tasmania"), ("Turkmenistan", "Turkestan"),
    ("Pakistan", "Kazakhstan"), ("Tajikistan", "Pakistan"), ("Catalonia", "Caledonia"),
    ("Caledonia", "New Caledonia"), ("Holland", "Poland"), ("Finland", "Poland"), ("Ireland", "Finland"),
    ("Poland", "Iceland"),
];

/// Cities, counties, rivers, islands.
#[rustfmt::skip]
const PLACES: &[Pair] = &[
    ("Kingston", "Kingstown"), ("Bridgetown", "Georgetown"), ("Dhaka", "Dakar"), ("Dakar", "Dakota"),
    ("Doha", "Dhaka"), ("Rome", "Lomé"), ("Lima", "Lomé"), ("Praia", "Paris"), ("Paris", "Parma"),
    ("Budapest", "Bucharest"), ("Vienna", "Vienne"), ("Vienna", "Verona"), ("Siena", "Vienna"), ("Verona", "Varna"),
    ("Bern", "Bonn"), ("Bern", "Brno"), ("Bonn", "Brno"), ("Bern", "Berlin"), ("Basel", "Basra"),
    ("Dublin", "Lublin"), ("Manila", "Manama"), ("Manila", "Medina"), ("Panama", "Manama"), ("Mumbai", "Dubai"),
    ("Turin", "Tunis"), ("Turin", "Turku"), ("Turin", "Trier"), ("Quito", "Kyoto"), ("Kyoto", "Tokyo"),
    ("Havana", "Savannah"), ("Lyon", "Laon"), ("Nantes", "Nancy"), ("Metz", "Mainz"), ("Mainz", "Main"),
    ("Lille", "Lillehammer"), ("Bologna", "Boulogne"), ("Bologna", "Cologne"), ("Boulogne", "Cologne"),
    ("Genoa", "Geneva"), ("Genoa", "Ghent"), ("Ghent", "Kent"), ("Pisa", "Riga"), ("Padua", "Parma"),
    ("Palermo", "Salerno"), ("Valencia", "Palencia"), ("Granada", "Grenada"), ("Malaga", "Malacca"),
    ("Bergen", "Bremen"), ("Bremen", "Breda"), ("Bruges", "Bourges"), ("Hamburg", "Homburg"), ("Hamburg", "Bamberg"),
    ("Nuremberg", "Bamberg"), ("Freiburg", "Fribourg"), ("Freiburg", "Freiberg"), ("Magdeburg", "Marburg"),
    ("Frankfurt", "Frankfort"), ("Gdansk", "Gdynia"), ("Omsk", "Tomsk"), ("Minsk", "Omsk"), ("Minsk", "Murmansk"),
    ("Kiev", "Kiel"), ("Delhi", "Delphi"), ("Madras", "Madrid"), ("Hunan", "Henan"), ("Hunan", "Yunnan"),
    ("Hunan", "Hainan"), ("Henan", "Hainan"), ("Hebei", "Hubei"), ("Shanxi", "Shaanxi"), ("Guangdong", "Guangxi"),
    ("Guangzhou", "Guizhou"), ("Hunan", "Wuhan"), ("Austin", "Boston"), ("Boston", "Bolton"), ("Boston", "Houston"),
    ("Austin", "Houston"), ("Arkansas", "Kansas"), ("Virginia", "West Virginia"), ("York", "New York"),
    ("Jersey", "New Jersey"), ("England", "New England"), ("Orleans", "New Orleans"), ("Washington", "Wellington"),
    ("Columbia", "Colombia"), ("South Dakota", "North Dakota"), ("South Carolina", "North Carolina"),
    ("South Korea", "North Korea"), ("Hertford", "Hereford"), ("Hertford", "Hartford"), ("Hereford", "Hartford"),
    ("Hertfordshire", "Herefordshire"), ("Bedford", "Bradford"), ("Bedfordshire", "Hertfordshire"),
    ("Stafford", "Stratford"), ("Chester", "Leicester"), ("Chester", "Manchester"), ("Chester", "Chichester"),
    ("Chichester", "Colchester"), ("Dorchester", "Rochester"), ("Dorchester", "Colchester"),
    ("Winchester", "Manchester"), ("Worcester", "Gloucester"), ("Gloucester", "Leicester"),
    ("Lancaster", "Doncaster"), ("Derry", "Kerry"), ("Derry", "Derby"), ("Cork", "York"), ("Dundee", "Dunedin"),
    ("Plymouth", "Portsmouth"), ("Plymouth", "Falmouth"), ("Bournemouth", "Portsmouth"), ("Newport", "Newquay"),
    ("Essex", "Sussex"), ("Essex", "Wessex"), ("Sussex", "Wessex"), ("Suffolk", "Norfolk"), ("Tyne", "Tyre"),
    ("Rhine", "Rhône"), ("Main", "Maine"), ("Volga", "Volta"), ("Java", "Jura"), ("Crete", "Corfu"),
    ("Rhodes", "Rhodesia"), ("Majorca", "Minorca"), ("Mallorca", "Menorca"), ("Majorca", "Menorca"),
    ("Mallorca", "Minorca"), ("Palma", "La Palma"), ("Palma", "Parma"), ("Mecca", "Macau"), ("Ararat", "Arafat"),
    ("Santiago", "San Diego"), ("Ljubljana", "Lublin"), ("Tehran", "Tirana"),
];

/// Words that turn a longer answer into another one.
#[rustfmt::skip]
const DIRECTIONS: &[Pair] = &[
    ("north", "south"), ("east", "west"), ("northern", "southern"), ("eastern", "western"),
    ("northeast", "northwest"), ("southeast", "southwest"), ("northeast", "southeast"), ("northwest", "southwest"),
    ("upper", "lower"), ("inner", "outer"), ("greater", "lesser"), ("major", "minor"), ("senior", "junior"),
    ("elder", "younger"), ("male", "female"), ("man", "woman"), ("men", "women"), ("prince", "princess"),
    ("count", "countess"), ("mother", "brother"), ("father", "mother"), ("June", "July"), ("Tuesday", "Thursday"),
    ("Sunday", "Monday"),
];

/// Elements, compounds, shapes, particles, sciences, bones, units.
#[rustfmt::skip]
const SCIENCE: &[Pair] = &[
    ("radium", "radius"), ("radium", "radon"), ("radium", "indium"), ("radium", "rhodium"), ("radium", "barium"),
    ("radium", "vanadium"), ("radon", "argon"), ("carbon", "boron"), ("neon", "xenon"), ("krypton", "kryptonite"),
    ("iron", "ion"), ("thorium", "thallium"), ("thorium", "thulium"), ("thallium", "thulium"),
    ("thallium", "gallium"), ("thulium", "holmium"), ("holmium", "hafnium"), ("terbium", "erbium"),
    ("ytterbium", "erbium"), ("ytterbium", "terbium"), ("yttrium", "ytterbium"), ("rubidium", "rhodium"),
    ("rubidium", "ruthenium"), ("rhodium", "rhenium"), ("rhenium", "ruthenium"), ("sodium", "rhodium"),
    ("sodium", "indium"), ("sodium", "scandium"), ("iridium", "indium"), ("iridium", "rubidium"),
    ("cerium", "caesium"), ("cerium", "curium"), ("curium", "barium"), ("cadmium", "calcium"),
    ("cadmium", "chromium"), ("caesium", "calcium"), ("gallium", "calcium"), ("lithium", "helium"),
    ("lithium", "thulium"), ("titanium", "tantalum"), ("selenium", "rhenium"), ("polonium", "plutonium"),
    ("neptunium", "plutonium"), ("fermium", "erbium"), ("fermium", "terbium"), ("hassium", "caesium"),
    ("americium", "germanium"), ("hafnium", "francium"), ("francium", "germanium"), ("magnesium", "manganese"),
    ("silicon", "silicone"), ("fluorine", "chlorine"), ("fluorine", "fluoride"), ("chlorine", "chloride"),
    ("bromine", "bromide"), ("iodine", "iodide"), ("sulphate", "sulphite"), ("sulphate", "sulphide"),
    ("sulphide", "sulphite"), ("sulfate", "sulfite"), ("sulfate", "sulfide"), ("sulfide", "sulfite"),
    ("nitrate", "nitrite"), ("phosphate", "phosphite"), ("ethane", "methane"), ("ethane", "ethene"),
    ("ethene", "methane"), ("methane", "methanol"), ("ethanol", "methanol"), ("ethane", "ethanol"),
    ("propane", "propene"), ("butane", "butene"), ("pentane", "heptane"), ("hexane", "heptane"), ("hexane", "hexene"),
    ("pentagon", "heptagon"), ("hexagon", "heptagon"), ("octagon", "nonagon"), ("octagon", "hexagon"),
    ("nonagon", "decagon"), ("decagon", "hexagon"), ("dodecagon", "decagon"), ("octagon", "pentagon"),
    ("cation", "anion"), ("proton", "photon"), ("proton", "positron"), ("neutron", "neutrino"),
    ("electron", "positron"), ("neutron", "electron"), ("gluon", "muon"), ("meson", "boson"), ("mitosis", "meiosis"),
    ("stalactite", "stalagmite"), ("meteor", "meteorite"), ("meteorite", "meteoroid"), ("astronomy", "astrology"),
    ("geology", "theology"), ("geology", "zoology"), ("etymology", "entomology"), ("ecology", "oncology"),
    ("urology", "neurology"), ("neurology", "nephrology"), ("urology", "virology"), ("cardiology", "radiology"),
    ("ecology", "geology"), ("concave", "convex"), ("latitude", "altitude"), ("latitude", "longitude"),
    ("sine", "cosine"), ("Miocene", "Eocene"), ("Miocene", "Pliocene"), ("Pliocene", "Pleistocene"),
    ("Holocene", "Eocene"), ("Cambrian", "Precambrian"), ("endothermic", "exothermic"),
    ("hypertension", "hypotension"), ("hyperthermia", "hypothermia"), ("hyperglycaemia", "hypoglycaemia"),
    ("hyperglycemia", "hypoglycemia"), ("hyperthyroidism", "hypothyroidism"), ("carpal", "tarsal"),
    ("carpals", "tarsals"), ("metacarpal", "metatarsal"), ("metacarpals", "metatarsals"), ("ureter", "urethra"),
    ("thyme", "thymus"), ("kilobyte", "kilobit"), ("megabyte", "megabit"), ("gigabyte", "gigabit"),
    ("megabyte", "gigabyte"), ("kilometre", "millimetre"), ("kilogram", "milligram"), ("kilometer", "millimeter"),
    ("ellipse", "eclipse"), ("ellipse", "ellipsis"), ("hyperbola", "hyperbole"), ("insulin", "inulin"),
    ("adenine", "adenosine"), ("adenine", "alanine"), ("thymine", "thiamine"), ("cytosine", "cysteine"),
    ("cysteine", "cystine"), ("guanine", "guanidine"), ("glycine", "glycerine"), ("Centaurus", "Centaur"),
    ("Taurus", "Centaurus"),
];

/// Animals and plants.
#[rustfmt::skip]
const NATURE: &[Pair] = &[
    ("goose", "moose"), ("moose", "mouse"), ("mouse", "louse"), ("goose", "grouse"), ("donkey", "monkey"),
    ("horse", "house"), ("macaw", "macaque"), ("stork", "shark"), ("skunk", "skink"), ("tortoise", "porpoise"),
    ("beaver", "weaver"), ("ibis", "iris"), ("lemon", "melon"), ("lemon", "lemur"), ("pear", "pearl"),
    ("beech", "leech"), ("cedar", "cider"), ("alder", "elder"), ("maple", "apple"), ("pine", "vine"),
    ("violet", "viola"), ("bear", "boar"), ("eagle", "beagle"), ("ferret", "egret"), ("heron", "heroin"),
    ("parrot", "carrot"), ("parrot", "ferret"), ("whale", "whelk"), ("macaron", "macaroon"), ("clove", "glove"),
    ("clove", "olive"), ("leek", "leech"), ("sage", "sago"), ("tulip", "turnip"),
];

/// People, gods and planets.
#[rustfmt::skip]
const PEOPLE: &[Pair] = &[
    ("Manet", "Monet"), ("Handel", "Mendel"), ("Mendel", "Mandela"), ("Schubert", "Schumann"), ("Keats", "Yeats"),
    ("Marx", "Mars"), ("Lenin", "Lennon"), ("Lenin", "Stalin"), ("Johnson", "Jonson"), ("Johnson", "Jackson"),
    ("Andrew Johnson", "Andrew Jackson"), ("Michael Jackson", "Michael Johnson"),
    ("Franklin Roosevelt", "Theodore Roosevelt"), ("Pissarro", "Pizarro"), ("Picasso", "Pizarro"),
    ("Picasso", "Pissarro"), ("Cook", "Hook"), ("Drake", "Blake"), ("Austen", "Auster"), ("Plato", "Pluto"),
    ("Pliny the Elder", "Pliny the Younger"), ("Pieter Bruegel the Elder", "Pieter Bruegel the Younger"),
    ("Hans Holbein the Elder", "Hans Holbein the Younger"), ("Einstein", "Eisenstein"), ("Bohr", "Born"),
    ("Volta", "Volt"), ("Ares", "Aries"), ("Ares", "Eros"), ("Hera", "Rhea"), ("Charon", "Chiron"), ("Isis", "Iris"),
    ("Isis", "Ibis"), ("Juno", "Juneau"), ("Elijah", "Elisha"), ("Saul", "Paul"), ("Noah", "Jonah"),
    ("Romeo", "Rome"), ("Taylor", "Tyler"), ("Hardy", "Harding"), ("Harrison", "Morrison"), ("Burns", "Byrne"),
    ("Titian", "Titan"), ("Dali", "Bali"), ("Rossini", "Rossetti"), ("Wagner", "Warner"), ("Anne", "Anna"),
];

/// Words of one sound, games, instruments, money.
#[rustfmt::skip]
const WORDS: &[Pair] = &[
    ("desert", "dessert"), ("stationary", "stationery"), ("principal", "principle"), ("complement", "compliment"),
    ("emigration", "immigration"), ("capital", "capitol"), ("cavalry", "calvary"), ("ballot", "ballet"),
    ("canon", "cannon"), ("angel", "angle"), ("dairy", "diary"), ("pistol", "pistil"), ("sonata", "sonnet"),
    ("racket", "rocket"), ("simile", "smile"), ("cricket", "croquet"), ("hockey", "jockey"), ("judo", "ludo"),
    ("bowling", "boxing"), ("rowing", "boxing"), ("trumpet", "crumpet"), ("viola", "violin"), ("lute", "flute"),
    ("rupee", "rupiah"), ("dinar", "denar"), ("dinar", "dirham"), ("krona", "krone"), ("kroon", "krone"),
    ("krona", "koruna"), ("rial", "real"), ("riyal", "real"), ("riel", "real"), ("rial", "riel"),
    ("sultan", "sultana"),
];
