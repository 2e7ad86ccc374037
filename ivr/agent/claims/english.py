"""How one says in English that something is done."""

import re

from ivr.agent.claims.grammar import Grammar, one_of

_ADVERBS = (
    r"(?:(?:just|now|already|all|successfully|officially|also|both|then|duly|safely|indeed|definitely|currently|finally|therefore) )*"
)
_IS = r"(?:\b(?:is|are|was|were|am|got)|'s|'re|'m)"
_HAS = r"(?:\b(?:has|have|had)|'s|'ve|'d)"
_VISIT = r"(?:appointments?|visits?|bookings?|reservations?|consultations?|check-?ups?|cancellations?)"
_SPOT = r"(?:appointments?|visits?|bookings?|reservations?|consultations?|check-?ups?|spots?|slots?|times?|places?)"
_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_HOURS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|\d+)"
_WHEN = rf"(?:on|at|for|this|next|today|tomorrow|then|there|{_DAYS})"
_LIST = r"(?:schedules?|calendars?|books|diary|agenda)"
_SOME = r"(?:(?!not |never )\S+ ){0,4}?"
_ON_LIST = rf"(?:\S+ ){{1,3}}{_LIST}\b"
_I = rf"\b(?:i|we)(?:'ve| have| had)? {_ADVERBS}"
_MANAGED = r"\b(?:(?:was|were|been) able|managed) to"
_MADE = r"(?:created|registered|entered|added|saved|placed|finali[sz]ed|completed|secured|recorded)"
_HANDLED = r"(?:taken care of|sorted(?: out)?|handled|settled|squared away|wrapped up)"

_BOOKED = r"(?:re-?)?booked|scheduled|reserved|confirmed|arranged|secured|made|set up|locked in|pencill?ed in"
_MOVED = r"moved|rescheduled|changed|switched|shifted|postponed|brought forward|pushed back|transferred"
_SHIFTED = r"(?:updated|pushed|swapped|adjusted|bumped|pulled forward|put off)"
_CANCELLED = r"cancell?ed|called off|deleted|removed"

_IF = r"\b(?:if|once|when|whenever|after|before|until|till|unless|whether|as soon as|in case|while|provided|assuming|suppose)\b"

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
        rf"|{_IF}|\b(?:all|most|many|some|every) (?:of our |new |online )?{_VISIT}"
        r"|\b(?:will|would|should|could|might|may|must|'ll) have been\b"
        r"|^(?:or |then |okay |well |now |also )?(?:is|are|was|were|has|have|had|do|does|did|shall|should|would|will|can|could|may|am"
        r"|what|which|who|how|why|where)(?:'s|'re|'d)? (?:i|you|it|we|he|she|they|that|this|the|your|there|my|an?|any\w*|one)\b"
        r"|\b(?:let me|let's|i'll|i will|going to|i need to|i have to|i want to|allow me to) (?:\w+ )?"
        r"(?:check|see|ensure|verify|look|find out|try|confirm)\b|\bmak(?:e|ing) sure\b"
        r"|\byou(?:'ve| have)? (?:said|say|mention(?:ed)?|told|think|thought|believe|ask(?:ed)?|want(?:ed)?|mean)\b|\byou'd like\b"
    ),
    condition=re.compile(_IF),
    others=re.compile(
        rf"\b(?:dra?|doctors?|doctor's|clinic|office|hospital|times?|slots?|mornings?|afternoons?|evenings?|days?|{_DAYS}|weeks?|months?"
        r"|schedules?|calendar|they|we|everyone|everybody|names?|identity|numbers?|date of birth|details|am|pm|o'clock|\d+"
        r"|address|records?|files?|phones?|e-?mail|insurance|information|profile|contacts?|language)\b"
        r"|^(?:and )?s?he(?:'s| is)"
    ),
    own=re.compile(rf"\b(?:{_VISIT}|it|you|everything|your (?:slot|spot|time))\b|\b(?:that|this)(?:'s| is| was| has)\b"),
    for_the_patient=re.compile(r"\b(?:for (?:you|him|her)|(?:under|in) your name)\b|^ (?:for|with) "),
    adjective=re.compile(
        r" (?:by (?:someone|somebody|another)|appointments?|slots?|times?|visits?|patients?|up|solid|out|until|till|through)\b"
    ),
    aside=re.compile(
        r"(?: \S+){0,3} (?:to|on|onto|for) (?:the|our|his|her) wait"
        r"| (?:your|the|my|our|their|his|her) (?:mind|number|phone|address|name|details?|record|file|language|e-?mail|plans?)\b"
    ),
    needs_object=re.compile(rf"(?:{_MOVED}|confirmed|made|set up|removed|deleted|arranged)$"),
    about=re.compile(
        rf"^ (?:it|that|this|you|both|them|everything)\b(?! (?:name|number|date))|\b{_VISIT}\b"
        r"|^ the (?:time|date|day|change)\b|^ for (?:you|him|her) to (?:see|be seen)\b"
    ),
    phrases={
        "booked": one_of(
            rf"{_I}(?:put|signed|set|fit|fitted|squeezed|slotted|pencill?ed|gotten) (?:you|him|her|them|your name|\w+) "
            rf"(?:(?:down|in|up) (?:with|{_WHEN})\b|with (?!an?\b))(?!.*\bwait)",
            rf"{_I}(?:got|gotten|made|booked) (?:you|him|her|them) an? (?:\w+ ){{0,2}}{_SPOT}\b",
            r"\bgot (?:you|him|her|them) in\b",
            rf"{_I}(?:put|got|added|entered) (?:it|that|this|you|him|her|(?:your|the) \w+) (?:down )?(?:in|on|to)(?:to)? {_ON_LIST}",
            rf"{_I}{_MADE} (?:your|the|an?|that|this) (?:\w+ ){{0,2}}{_SPOT}\b(?!.*\bwait)",
            rf"{_I}(?:locked (?:\S+ ){{1,4}}in\b|blocked (?:\S+ ){{0,4}}(?:off|out)\b)",
            rf"\byou(?:'re| are) {_ADVERBS}(?:on {_ON_LIST}|down for|in for)\b",
            rf"\byou(?:'ve| have| are|'re|were) {_ADVERBS}(?:been )?(?:added|put) (?:down )?(?:in|on|to)(?:to)? {_ON_LIST}",
            rf"{_MANAGED} (?:book|schedule|reserve|secure|lock|(?:get|fit|squeeze) (?:you|him|her|them|that (?:time|slot|spot))\b)",
        ),
        "moved": one_of(
            rf"\b{_VISIT} {_SOME}(?:(?:is|has) now|now is) (?:on|at|for|with|the|this|next|today|tomorrow|{_DAYS}|{_HOURS})\b",
            rf"\b{_VISIT}'s now {_DAYS}\b",
            rf"{_MANAGED} (?:move|reschedule|change|switch|push)\b",
            rf"{_I}(?:brought|put|pushed|pulled) (?:it|that|(?:your|the|that) (?:\S+ ){{0,2}}{_VISIT}) (?:forward|back|off|up)\b",
            rf"{_I}{_SHIFTED} (?:it to|you to|(?:your|the|that) (?:\S+ ){{0,2}}{_VISIT})\b",
            rf"\b{_VISIT} {_SOME}(?:is|was|has been|(?<='s )been) {_ADVERBS}{_SHIFTED}\b",
        ),
        "cancelled": one_of(
            rf"{_MANAGED} cancel\b",
            rf"\b(?:{_VISIT}|it|that)(?: \S+){{0,4}} (?:is|are) no longer (?:in|on) {_ON_LIST}",
            rf"\byou no longer (?:have (?:an|the|your|that) (?:\w+ )?{_VISIT}|need to come)",
            r"\byou (?:won't|don't) (?:have|need) to come\b.* any ?(?:more|longer)\b",
            rf"\b(?:your|that) {_VISIT} is (?:now )?gone\b",
            rf"{_I}(?:freed|released|opened|given) (?:up )?(?:that|your|the) (?:\S+ ){{0,2}}{_SPOT}",
            rf"\byour {_SPOT} {_SOME}(?:is|was|been) {_ADVERBS}(?:freed|released|given up)\b",
            rf"(?:{_I}(?:taken|took) (?:\S+ ){{1,4}}|\byou(?:'re| are) {_ADVERBS}|\bbeen {_ADVERBS}taken )off {_ON_LIST}",
            rf"{_I}(?:{_MADE}|processed) (?:your|the) cancellation\b",
        ),
        "is_booked": one_of(
            rf"\byour new (?:{_VISIT}|time|date|slot)(?: time| date)?(?:'s| is| has)\b",
            rf"\byou(?:'ve got| have) an? (?:confirmed|booked|scheduled|reserved) {_VISIT}\b",
            rf"\byou(?:'ve)? (?:now (?:have|got)|have now(?: got)?) an? (?:\w+ ){{0,2}}{_VISIT}\b",
            rf"\b(?:i|we)(?:'ve| have)? {_ADVERBS}(?:got |have |had )?(?:you|him|her) (?:all )?(?:down|in|set) "
            rf"(?:with (?:dr|doctor)|{_WHEN})\b",
            rf"(?:\b{_VISIT}\b|\byour {_SPOT}) {_SOME}(?:is|was|has been|been) {_ADVERBS}(?:{_MADE}|in the system)\b",
            rf"\b(?:{_VISIT}|it|that)(?:'s| is) {_ADVERBS}(?:in|on) {_ON_LIST}",
            rf"^(?!.*\b(?:number|records?|names?|phone|files?|card|choice|decision)\b).*(?:\bis|'s) {_ADVERBS}yours\b(?! (?:if|to|once))",
            rf"^(?!.*\b(?:can|could|would|may|might|able|to|only|likes?)\b).*\bsee you (?:\S+ )?{_WHEN}\b",
            rf"\bforward to (?:see|seeing|meeting) you (?:\S+ )?{_WHEN}\b",
            rf"\b(?:(?:is|are|be)|'re|'s|'ll be) expecting you\b|\bexpects? you (?!to\b)(?:\S+ )?{_WHEN}\b",
            rf"\b(?:{_VISIT}|change) has gone through\b",
        ),
        "done": one_of(
            rf"\b(?:you|it|that|everything|we|this|{_VISIT})(?:'s|'re| is| are| has been| have been|'s been) (?:now |all |already )*"
            rf"(?:all set|set$|set (?:for|to)|done\b(?! (?:at|by|in|with|on|over))|good to go|{_HANDLED})",
            r"^(?:okay |great |perfect )?(?:all )?(?:set|done|sorted)(?: for you)?$",
            r"\bconsider (?:it|that) (?:done\b|taken care of)",
            rf"{_I}(?:taken|took) care of (?:it|that|this|the|your|everything)\b",
            rf"\b(?:{_VISIT}|change|move) (?:is complete|went through)\b",
            r"\b(?:it|that) went through\b",
            rf"\b(?:i|we)(?:'ve| have)(?: got)? (?:it|that|this|everything|you) (?:all )?(?:done|{_HANDLED})",
            rf"{_I}(?:handled|sorted) (?:it|that)\b",
        ),
    },
    any_word=re.compile(
        rf"\b(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_SHIFTED}|{_HANDLED}|{_MADE}|{_LIST}|{_VISIT}|able to|managed to|care of|change|through"
        r"|complete|blocked|your new|brought|put|done|set|good to go|down|in|up|on the|yours|see you|forward to|expect\w*|now|no longer"
        r"|(?:is|has) gone|freed|released|off)\b"
    ),
    visit=re.compile(rf"^(?!.*\bwait).*\b(?:{_VISIT}|booked|{_DAYS})\b"),
    courtesies=frozenset("no nope thanks thank you so very much bye bye-bye goodbye lilly appreciate your help for kind helpful".split()),
    assents=frozenset(
        "well oh okay ok alright right yes yeah great good perfect wonderful lovely nice fine it i'm set done that's that is all everything"
        " nothing else today now then later have a day night evening afternoon weekend too take care see been".split()
    ),
    leave=re.compile(r"\b(?:bye|goodbye|that(?:'s| is) (?:all|it|everything)|nothing else|nope?|have a|take care|good night|see you)\b"),
)
