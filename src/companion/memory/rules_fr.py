"""How people tell of themselves in French. Patterns are for flat text: no capitals, no accents."""

from __future__ import annotations

from companion.memory import rules
from companion.memory.rules import Rule
from companion.memory.words import words

HOW = (
    r"(?:(?:bien|beaucoup|vraiment|aussi|tellement|trop|particulierement|surtout|enormement|tout"
    r"|maintenant|actuellement|desormais|donc|juste|egalement|quand meme|encore)\s+)*"
)
SIZE = (
    r"(?:(?:petite?|grande?|meilleure?|vieil|vieux|vieille|jeune|gros|grosse|beau|belle|cher|chere"
    r"|petits|petites|nouveau|nouvelle|premier|premiere|deuxieme|adorable|super) )*"
)
OF = r"(?:de la |de l'|de |d'|du |des |au |aux |a la |par (?:le |la |les |l')?)"
IN = r"(?:a la |a l'|a |au |aux |en |dans (?:la |le |les |l')?|pres de |pres d'|sur )"
HAVE = r"(?:j'ai|nous avons|on a)(?: aussi| egalement| maintenant)?"
FAVOURITE = r"[a-z]+(?: [a-z]+)?? preferee?s?"
PARTS = {
    "how": HOW,
    "size": SIZE,
    "of": OF,
    "in": IN,
    "kin": rules.kin(words("fr")),
    "favourite": FAVOURITE,
}

RULES: list[Rule] = [
    *rules.rules(
        "name",
        rules.name,
        r"je m'appelle <how>(?=\w)",
        r"je me (?:nomme|prenomme) ",
        r"mon (?:vrai |petit )?(?:prenom|nom|nom complet)(?:,? c'est| est)(?: en fait| donc)? ",
        parts=PARTS,
    ),
    *rules.rules(
        "name",
        rules.strict_name,
        r"moi,? c'est ",
        r"(?:tu peux|vous pouvez) (?:juste |simplement |aussi )?m'appeler ",
        r"appelle[sz]?[- ]moi (?:juste |simplement )?",
        r"(?:on|tout le monde|mes amis|les gens|mes proches) m'appell?ent? ",
        r"(?:on|tout le monde) m'appelle ",
        r"je suis ",
    ),
    *rules.rules(
        "name",
        rules.name,
        r"je (?:ne )?m'appelle (?:pas|plus) ",
        r"mon (?:prenom|nom) (?:n'est|est) pas ",
        holds=False,
    ),
    *rules.rules("name", rules.strict_name, r"(?:ne )?m'appelle[sz]? (?:pas|plus) ", holds=False),
    *rules.rules(
        "like",
        rules.things,
        r"j'(?:aime|adore|apprecie|kiffe) <how>(?!pas\b|plus\b)",
        (
            r"je (?:suis|reste) (?:une? )?(?:(?:tres|grande?|gros|grosse|vraiment|un peu"
            r"|super|vrai|vraie) )*(?:fan|passionnee?|amateur|amatrice|adepte|fou|folle"
            r"|accro) <of>"
        ),
        r"je prefere (?P<v>.+?)(?: (?:a|au|aux|plutot que) .+)?$",
        parts=PARTS,
    ),
    *rules.rules(
        "like",
        rules.thing,
        r"(?:mon|ma|mes) (?P<about><favourite>)(?:,? c'est|,? ce sont| est| sont| reste) ",
        r"(?P<v>[^,]{2,40}?) (?:est|sont) (?:mon|ma|mes) (?P<about><favourite>)$",
        parts=PARTS,
    ),
    *rules.rules(
        "dislike",
        rules.things,
        (
            r"je (?:n'|ne )(?:aime|supporte|apprecie) <how>(?:pas|plus|guere) (?:"
            r"(?:du tout|trop|beaucoup|vraiment|tellement|specialement"
            r"|particulierement) )*"
        ),
        r"j'aime <how>(?:pas|plus) (?:(?:du tout|trop|beaucoup|vraiment|tellement) )*",
        r"je <how>(?:deteste|hais|execre) <how>",
        r"j'ai (?:une sainte )?horreur (?:de la |de l'|de |d'|du |des )",
        (
            r"je ne suis pas (?:(?:tres|un|une|grande?|gros|grosse|vraiment|trop) )*"
            r"(?:fan|amateur|amatrice) <of>"
        ),
        parts=PARTS,
    ),
    *rules.rules(
        "place",
        rules.place,
        (
            r"(?:je |j'|nous |on )<how>(?:habite|habitons|vis|vivons|vit|reside|residons"
            r"|loge) <how><in>"
        ),
        (
            r"(?:j'ai|nous avons|on a|je viens de|on vient de) <how>(?:demenager?"
            r"|emmenager?) <how>(?:<in>|vers )"
        ),
        r"je me suis installee? <how><in>",
        about="home",
        parts=PARTS,
    ),
    *rules.rules(
        "place",
        rules.place,
        r"je viens <how>(?:de la |de l'|de |d'|du |des )",
        (
            r"je suis (?:ne|nee|originaire|natif|native|d'origine)(?: et j'ai grandi)? "
            r"(?:<in>|de la |de l'|de |d'|du |des )"
        ),
        r"j'ai grandi <in>",
        r"je suis (?:de|d'|du) ",
        about="origin",
        parts=PARTS,
    ),
    *rules.rules(
        "place",
        rules.place,
        r"(?:je |j'|on )(?:ne |n')?(?:habite|vis|vit) (?:plus|pas) <in>",
        about="home",
        holds=False,
        parts=PARTS,
    ),
    *rules.rules(
        "work",
        rules.any_job,
        r"je <how>(?:travaille|bosse) <how>(?:comme|en tant que|en tant qu')\s?",
        r"mon (?:metier|boulot|travail|job)(?:,? c'est| est) (?:d'etre )?",
        about="job",
        parts=PARTS,
    ),
    *rules.rules(
        "work",
        rules.workplace,
        (
            r"je <how>(?:travaille|bosse) <how>(?:a plein temps |a mi-temps )?(?:chez"
            r"|pour|a la|au|dans(?= une? | l[ae] | l')|a(?= l')) "
        ),
        about="workplace",
        parts=PARTS,
    ),
    *rules.rules(
        "work", rules.place, r"je <how>(?:travaille|bosse) <how>a ", about="workplace", parts=PARTS
    ),
    *rules.rules(
        "work",
        rules.studies,
        r"j'etudie <how>",
        (
            r"je fais (?:des etudes|une licence|un master|une these|un doctorat"
            r"|ma licence|mon master|ma these) (?:de |d'|en )"
        ),
        (
            r"je suis (?:etudiante?|eleve|en licence|en master|en these|en fac"
            r"|en doctorat) (?:en |de |d')"
        ),
        about="studies",
        parts=PARTS,
    ),
    *rules.rules("work", rules.job, r"je suis <how>(?:une? )?", about="job", parts=PARTS),
    *rules.rules(
        "work",
        rules.job,
        r"je (?:ne )?suis (?:pas|plus) (?:une? )?",
        about="job",
        holds=False,
    ),
    *rules.rules(
        "work",
        rules.workplace,
        r"je (?:ne )?travaille (?:pas|plus) (?:chez|pour|a la|au) ",
        about="workplace",
        holds=False,
    ),
    *rules.rules(
        "family",
        rules.several,
        r"(?:ma|mon|mes|notre|nos) <size><kin>(?: prefere)? s'appellen?t? ",
        r"le (?:nom|prenom) de (?:ma|mon|mes|notre) <size><kin>(?:,? c'est| est) ",
        HAVE + r" (?:une?|deux|trois|quatre|\d) <size><kin>(?:,? (?:qui s'appellen?t?|"
        r"(?:nommee?|appelee?|prenommee?)s?)|,|:| -) ",
        r"(?:ma|mon|notre) <size><kin>,? (?:c'est|se nomme) ",
        parts=PARTS,
    ),
    *rules.rules("family", rules.capital, r"(?:ma|mon|notre) <size><kin>,? (?=\w)", parts=PARTS),
    *rules.rules(
        "family",
        rules.name,
        r"(?:ma|mon|notre) <size><kin> (?:ne )?s'appelle pas ",
        holds=False,
        parts=PARTS,
    ),
    *rules.rules(
        "date",
        rules.day,
        r"mon anniversaire(?:,? c'est| est| tombe)(?: le)? ",
        r"je suis nee? (?=le )",
        about="birthday",
    ),
    *rules.rules("date", rules.day, r"(?:je me|on se) marie ", about="mariage"),
    *rules.rules(
        "date",
        rules.day,
        (
            r"(?:mon|ma|mes|notre|nos) (?P<event>[a-z' -]{3,40}?)(?:,? c'est| est| sont"
            r"| a lieu| ont lieu| aura lieu| tombe) (?:prevue?s? )?(?:pour )?"
        ),
        HAVE + r" (?:une? |mon |ma |mes |des |notre )?(?P<event>[a-z' -]{3,50}?) "
        r"(?:prevue? )?(?=le \d|demain|apres-demain|lundi|mardi|mercredi|jeudi"
        r"|vendredi|samedi|dimanche|ce )",
    ),
]
