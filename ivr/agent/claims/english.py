"""How one says in English that something is done."""

import re

from ivr.agent.claims.grammar import Grammar

_ADVERBS = (
    r"(?:(?:just|now|already|all|successfully|officially|also|both|then|duly|safely|indeed|definitely|currently|finally|therefore) )*"
)
_IS = r"(?:\b(?:is|are|was|were|am|got)|'s|'re|'m)"
_HAS = r"(?:\b(?:has|have|had)|'s|'ve|'d)"
_VISIT = r"(?:appointments?|visits?|bookings?|reservations?|consultations?|check-?ups?|cancellations?)"
_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"

_BOOKED = r"(?:re-?)?booked|scheduled|reserved|confirmed|arranged|secured|made|set up|locked in|pencill?ed in"
_MOVED = r"moved|rescheduled|changed|switched|shifted|postponed|brought forward|pushed back|transferred"
_CANCELLED = r"cancell?ed|called off|deleted|removed"

GRAMMAR = Grammar(
    words={
        "booked": re.compile(rf"\b(?:{_BOOKED})\b"),
        "moved": re.compile(rf"\b(?:{_MOVED})\b"),
        "cancelled": re.compile(rf"\b(?:{_CANCELLED})\b"),
    },
    is_done=re.compile(
        rf"{_IS} {_ADVERBS}$|{_HAS} {_ADVERBS}been {_ADVERBS}$|\b{_VISIT}\b.* (?:has|have) {_ADVERBS}$|\bconsider (?:it|that|yourself) $"
    ),
    has_done=re.compile(rf"\b(?:i|we|lilly)(?:'ve| have| has|'d| had)? {_ADVERBS}(?:gone ahead (?:and )?|went ahead (?:and )?)?$"),
    has_it_done=re.compile(r"\b(?:i|we|you|there)(?:'ve| have|'s| is)(?: got)? (?!to\b)(?:\S+ ){1,9}$"),
    to_be_done=re.compile(
        r"\b(?:be|being|get|getting|to|want|wants|wanted|like|liked|need|needs|needed|prefer|having|see|can|could|will|would)"
        rf"(?: \S+){{0,3}} {_ADVERBS}$"
    ),
    alone=re.compile(
        r"^(?:(?:okay|ok|great|perfect|done|alright|all right|right|yes|sure|good|there|excellent|wonderful|thanks|thank you|well) )*"
        rf"{_ADVERBS}(?:gone ahead |went ahead )?$"
    ),
    nothing=re.compile(
        r"\b(?:not|never|nothing|no(?! (?:problem|worries))|none|nobody|without|neither|nor|cannot|unable|failed)\b|n't\b"
        r"|\b(?:if|once|when|whenever|after|before|until|till|unless|whether|as soon as|in case|while|provided|assuming|suppose)\b"
        r"|\b(?:will|would|should|could|might|may|must|'ll) have been\b"
        r"|^(?:or |then |okay |well |now |also )?(?:is|are|was|were|has|have|had|do|does|did|shall|should|would|will|can|could|may|am"
        r"|what|which|who|how|why|where)(?:'s|'re|'d)? (?:i|you|it|we|he|she|they|that|this|the|your|there|my|an?|any\w*|one)\b"
        r"|\b(?:let me|let's|i'll|i will|going to|i need to|i have to|i want to|allow me to) (?:\w+ )?"
        r"(?:check|see|ensure|verify|look|find out|try|confirm)\b|\bmak(?:e|ing) sure\b"
        r"|\byou(?:'ve| have)? (?:said|say|mention(?:ed)?|told|think|thought|believe|ask(?:ed)?|want(?:ed)?|mean)\b|\byou'd like\b"
    ),
    others=re.compile(
        rf"\b(?:dra?|doctors?|doctor's|clinic|office|hospital|times?|slots?|mornings?|afternoons?|evenings?|days?|{_DAYS}|weeks?|months?"
        r"|schedules?|calendar|they|we|everyone|everybody|names?|identity|numbers?|date of birth|details|am|pm|o'clock|\d+)\b"
        r"|^(?:and )?s?he(?:'s| is)"
    ),
    own=re.compile(rf"\b(?:{_VISIT}|it|you|everything)\b|\b(?:that|this)(?:'s| is| was| has)\b"),
    for_the_patient=re.compile(r"\b(?:for (?:you|him|her)|(?:under|in) your name)\b|^ (?:for|with) "),
    adjective=re.compile(
        r" (?:by (?:someone|somebody|another)|appointments?|slots?|times?|visits?|patients?|up|solid|out|until|till|through)\b"
    ),
    aside=re.compile(
        r" (?:your|the|my|our|their|his|her) (?:mind|number|phone|address|name|details?|record|file|language|e-?mail|plans?)\b"
    ),
    needs_object=re.compile(rf"(?:{_MOVED}|confirmed|made|set up|removed|deleted|arranged)$"),
    about=re.compile(
        rf"^ (?:it|that|this|you|both|them|everything)\b(?! (?:name|number|date))|\b{_VISIT}\b|^ the (?:time|date|day|change)\b"
    ),
    phrases={
        "booked": re.compile(
            r"\b(?:i|we)(?:'ve| have)? (?:put|got|signed|pencill?ed) (?:you|him|her|\w+) (?:down|in|up) (?:for|with|on|at)\b(?!.*\bwait)"
            r"|\byou(?:'re| are) (?:now |all )?(?:on the (?:schedule|calendar|books)|down for|in for)\b"
            r"|\b(?:was|were) able to (?:book|schedule|reserve)\b"
        ),
        "cancelled": re.compile(r"\b(?:was|were) able to cancel\b"),
        "moved": re.compile(rf"\b{_VISIT} (?:is|has) now (?:on|at|for|with)\b|\b(?:was|were) able to (?:move|reschedule|change)\b"),
        "is_booked": re.compile(rf"\byour new {_VISIT}(?:'s| is| has)\b"),
        "done": re.compile(
            rf"\b(?:you|it|that|everything|we|this|{_VISIT})(?:'s|'re| is| are| has been| have been) (?:now |all |already )*"
            r"(?:all set|set$|done\b(?! (?:at|by|in|with|on|over))|taken care of|sorted|good to go|settled)"
            r"|^(?:okay |great |perfect )?(?:all )?(?:set|done|sorted)$|\bconsider (?:it|that) done\b"
            rf"|\btook care of (?:it|that|the|your)\b|\b(?:{_VISIT}|change) (?:is complete|went through)\b"
        ),
    },
    any_word=re.compile(
        rf"\b(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|able to|took care|change|done|set|sorted|settled|taken care|good to go|down|in|up"
        rf"|on the|{_VISIT})\b"
    ),
)
