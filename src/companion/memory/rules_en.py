"""How people tell of themselves in English. Patterns are for flat text: no capitals, no accents."""

from __future__ import annotations

from companion.memory import rules
from companion.memory.rules import Rule
from companion.memory.words import words

AM = r"i(?:'?m| am)\s+(?:actually |now |currently |also |really |just |originally )*"
HOW = (
    r"(?:(?:really|also|just|still|absolutely|totally|particularly|especially|truly|quite|actually"
    r"|always|do|so|very much|personally|simply|genuinely|definitely|mostly|currently|now|kinda"
    r"|honestly|much)\s+)*"
)
SIZE = (
    r"(?:(?:little|big|older|younger|elder|eldest|oldest|youngest|baby|twin|late|dear"
    r"|best|own|new|old"
    r"|pet|beloved|cute|lovely|beautiful|sweet|small|black|white|first|second|rescue"
    r"|golden|\w+-year-old) )*"
)
FAVOURITE = r"(?:favou?rite [a-z]+(?: [a-z]+){0,2}?)"
PARTS = {"am": AM, "how": HOW, "size": SIZE, "kin": rules.kin(words("en")), "favourite": FAVOURITE}
HAVE = r"(?:i|we)(?:'ve| have|'ve got| have got| got| also have| also got| own| adopted| just got)"

RULES: list[Rule] = [
    *rules.rules(
        "name",
        rules.name,
        (
            r"(?:my|the) (?:(?:full|first|real|actual|given) )?name(?:'s|s| is) "
            r"(?:actually |really |now )*"
        ),
        r"<am>(?:called|named) ",
        parts=PARTS,
    ),
    *rules.rules(
        "name",
        rules.strict_name,
        r"(?:you|u) (?:can|may|could|should) (?:just |also )?call me ",
        r"(?:please |just )*call me ",
        (
            r"(?:people|everyone|everybody|(?:my |all my |most )?friends|they"
            r"|most people) (?:just |all )?calls? me "
        ),
        r"i go by (?:the name )?",
        r"<am>(?=\w)",
        r"i(?:'m| am) (?=\w)",
        parts=PARTS,
    ),
    *rules.rules(
        "name", rules.name, r"my name(?: is not| isn'?t|'s not| is no longer) ", holds=False
    ),
    *rules.rules(
        "name",
        rules.strict_name,
        r"(?:please )?(?:don't|do not|stop) call(?:ing)? me ",
        holds=False,
    ),
    *rules.rules(
        "like",
        rules.things,
        r"(?:i|we) <how>(?:like|love|adore|enjoy|dig) <how>",
        r"(?:i|we) <how>prefer (?P<v>.+?)(?: (?:to|over) .+)?$",
        (
            r"<am>(?:a |an )?(?:(?:very|such|huge|big|massive|great|real|true|lifelong"
            r"|total) )*(?:a )?fan of "
        ),
        (
            r"<am>an? (?:(?:very|huge|big|massive|great|real|true|lifelong"
            r"|total) )+(?P<v>[\w' -]{2,40}?) fan\b"
        ),
        (
            r"<am><how>(?:very |so |super |quite |pretty |a bit )*(?:into|fond of|keen on"
            r"|passionate about|crazy about|mad about|obsessed with)(?: the)? "
        ),
        parts=PARTS,
    ),
    *rules.rules(
        "like",
        rules.thing,
        (
            r"my (?:absolute |all-time |all time )?(?P<about><favourite>) "
            r"(?:of all time )?(?:is|are|has to be|would be|would have to be"
            r"|will always be) "
        ),
        (
            r"(?P<v>[^,]{2,40}?) (?:is|are) my (?:absolute |all-time "
            r"|all time )?(?P<about><favourite>)(?: by far| of all time| ever)?$"
        ),
        parts=PARTS,
    ),
    *rules.rules(
        "dislike",
        rules.things,
        r"(?:i|we) <how>(?:don'?t|do not|never|no longer) <how>(?:like|enjoy|love) ",
        (
            r"(?:i|we) <how>(?:hate|dislike|detest|loathe|despise|can'?t stand"
            r"|cannot stand|can'?t bear) "
        ),
        r"<am>(?:definitely )?not (?:(?:a|really|big|huge|much|of|very|such|the biggest) )*fan of ",
        r"<am>not (?:really |very |too |that |so )*(?:into|fond of|keen on) ",
        parts=PARTS,
    ),
    *rules.rules(
        "place",
        rules.place,
        (
            r"(?:i|we) <how>(?:live|reside|am living|am based)(?: now| currently"
            r"| mostly)? (?:in|near|just outside) "
        ),
        r"(?:i|we)(?:'ve| have) been living in ",
        r"(?:i'?m|we'?re|i am|we are) (?:now |currently )*(?:living|based|settled) (?:in|near) ",
        (
            r"(?:i|we)(?:'ve| have)? (?:just |recently )*(?:moved|relocated)(?: back"
            r"| over| house)? to "
        ),
        about="home",
        parts=PARTS,
    ),
    *rules.rules(
        "place",
        rules.place,
        r"<am>from ",
        r"i <how>(?:come|came|hail) (?:originally )?from ",
        r"i (?:grew up|was raised|was born|was born and raised|was brought up) (?:and raised )?in ",
        r"my (?:home ?town|home country|birthplace) is ",
        about="origin",
        parts=PARTS,
    ),
    *rules.rules(
        "place",
        rules.place,
        r"(?:i|we) (?:no longer|don'?t|do not) (?:live|reside) in ",
        about="home",
        holds=False,
    ),
    *rules.rules("place", rules.place, r"i(?:'m| am) not from ", about="origin", holds=False),
    *rules.rules("work", rules.job, r"<am>(?:an? )", about="job", parts=PARTS),
    *rules.rules(
        "work",
        rules.any_job,
        r"i <how>work as (?:an? |the )?",
        r"<am>working as (?:an? |the )?",
        r"my (?:job|profession|occupation|trade) is (?:being )?(?:an? |to be an? )?",
        about="job",
        parts=PARTS,
    ),
    *rules.rules(
        "work",
        rules.workplace,
        r"i <how>work (?:full[- ]time |part[- ]time )?(?:at|for) ",
        r"<am>working (?:at|for) ",
        r"i <how>work (?:full[- ]time |part[- ]time )?in (?=(?:an?|the) )",
        about="workplace",
        parts=PARTS,
    ),
    *rules.rules("work", rules.place, r"i <how>work in ", about="workplace", parts=PARTS),
    *rules.rules(
        "work",
        rules.studies,
        r"i <how>study ",
        r"<am>(?:studying|majoring in|doing a (?:degree|master|masters|phd) in) ",
        r"i(?:'m| am) an? (?P<v>[a-z]+) major\b",
        about="studies",
        parts=PARTS,
    ),
    *rules.rules(
        "work",
        rules.job,
        r"i(?:'m| am) (?:not|no longer) (?:an? )",
        r"i no longer work as (?:an? )?",
        about="job",
        holds=False,
    ),
    *rules.rules(
        "work",
        rules.workplace,
        r"i (?:no longer|don'?t|do not) work (?:at|for) ",
        about="workplace",
        holds=False,
    ),
    *rules.rules(
        "family",
        rules.several,
        r"(?:my|our) <size><kin>(?:'s|'|s) (?:\w+ )?names?(?:'s| is| are) ",
        r"(?:my|our) <size><kin>(?:'s| is| are) (?:called|named) ",
        r"the names? of (?:my|our) <size><kin> (?:is|are) ",
        HAVE + r" (?:an?|one|two|three|four|five|\d|another|some) <size><kin>(?:,? "
        r"(?:who is |that is |who's )?(?:called|named|whose names? (?:is|are))|,|:"
        r"| -) ",
        parts=PARTS,
    ),
    *rules.rules("family", rules.capital, r"(?:my|our) <size><kin>,? (?=\w)", parts=PARTS),
    *rules.rules(
        "family",
        rules.name,
        r"(?:my|our) <size><kin>'s name (?:isn'?t|is not) ",
        r"(?:my|our) <size><kin> (?:isn'?t|is not) (?:called|named) ",
        holds=False,
        parts=PARTS,
    ),
    *rules.rules(
        "date",
        rules.day,
        r"my birthday(?:'s| is| falls)(?: on)? ",
        r"i was born (?:on )?",
        about="birthday",
    ),
    *rules.rules("date", rules.day, r"(?:i'm|i am|we're|we are) getting married ", about="wedding"),
    *rules.rules(
        "date",
        rules.day,
        (
            r"(?:my|our) (?P<event>[a-z' -]{3,40}?)(?:'s| is| are) (?:scheduled |set "
            r"|due |coming up |planned )?"
        ),
        (
            r"(?:i|we)(?:'ve| have|'ve got| have got| got) (?:an? |my |our "
            r"|another )?(?P<event>[a-z' -]{3,40}?) (?:scheduled |coming up "
            r"|planned )?(?=on |next |this |tomorrow|the day after|monday|tuesday"
            r"|wednesday|thursday|friday|saturday|sunday)"
        ),
    ),
]
