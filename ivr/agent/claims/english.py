"""How one says in English that something is done."""

import re

from ivr.agent.claims.grammar import Grammar, one_of

_ADVERBS = (
    r"(?:(?:just|now|already|all|successfully|officially|also|both|then|duly|safely|indeed|definitely|currently|finally|therefore) )*"
)
_IS = r"(?:\b(?:is|are|was|were|am|got)|'s|'re|'m)"
_HAS = r"(?:\b(?:has|have|had)|'s|'ve|'d)"
_ONE_VISIT = r"(?:appointment|visit|booking|reservation|consultation|check-?up)"
_VISITS = rf"{_ONE_VISIT}s"
_VISIT = rf"{_ONE_VISIT}s?"
_ONE_SPOT = rf"(?:{_ONE_VISIT}|spot|slot|place)"
_SPOT = rf"(?:{_VISIT}|spots?|slots?|times?|places?)"
_CANCELLATION = r"cancellations?"
_CHANGE = r"(?:change|move|switch|reschedul(?:e|ing))\b(?!.*\b(?:building|address|office|phone|numbers?|names?|records?)\b)"
_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
_HOURS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon|\d+)"
_WHEN = rf"(?:on|at|for|this|next|today|tomorrow|then|there|{_DAYS})"
_LIST = r"(?:schedules?|calendars?|books|diary|agenda)"
_SOME = r"(?:(?!(?:not|never|being|will|would|could|should|can|may|might|must|\S+n't) )\S+ ){0,4}?"
_ON_LIST = rf"(?:\S+ ){{1,3}}{_LIST}\b"
_MADE = (
    r"(?:created|registered|entered|added|saved|placed|finali[sz]ed|completed?|secured|recorded|processed|logged|filed|made|confirmed"
    r"|put through|carried out|successful)"
)
_HANDLED = r"(?:taken care of|sorted(?: out)?|handled|settled|squared away|wrapped up)"

_BOOKED = r"(?:re-?)?booked|scheduled|reserved|confirmed|arranged|secured|made|set up|locked in|pencill?ed in"
_MOVED = r"moved|rescheduled|changed|switched|shifted|postponed|brought forward|pushed back|transferred"
_SHIFTED = r"(?:updated|pushed|swapped|adjusted|bumped|relocated|slid|shuffled|pulled forward|put off)"
_CANCELLED = r"cancell?ed|called off|deleted|removed"
_DROPPED = r"(?:dropped|withdrawn|voided|annulled|revoked|scrapped|scratched|struck|erased|wiped|cleared|reversed|undone)"
_GRABBED = r"(?:grabbed|snagged|nabbed|snatched|claimed)"

_IF = r"\b(?:if|once|when|whenever|after|before|until|till|unless|whether|as soon as|in case|while|provided|assuming|suppose)\b"
_BY_OTHERS = r"by (?:someone|somebody|another|you|dr|doctor|(?:the|your|our|his|her) (?!way)\w+)"
_OPENING = r"(?:(?:okay|ok|great|perfect|done|alright|all right|right|yes|sure|good|there|excellent|wonderful|thanks|thank you|well) )*"
_NEW = rf"(?:(?:new|time|follow-up|{_DAYS}) )*"


def _she(*has_done: str) -> str:
    """That she has done one of these."""
    return rf"(?:i|we)(?:'ve| have| had)? {_ADVERBS}(?:{'|'.join(has_done)})"


def _to(noun: str, verbs: str) -> str:
    """That this is done to what the noun names: "dropped your appointment"."""
    return (
        rf"{verbs} (?:your|the|an?|that|this) (?:\S+ ){{0,2}}?{noun}\b"
        r"(?! (?:details?|reminders?|notes?|cards?|requests?|preferences?|reasons?|histor\w+)\b)(?!.*\bwait)"
    )


def _is(noun: str, verbs: str) -> str:
    """That it has been done: "your appointment is dropped", "appointment dropped"."""
    done = rf"{_ADVERBS}{verbs}\b(?! (?:if|once|when|only|as soon)\b| {_BY_OTHERS})"
    return rf"{noun}(?:(?:'s)? {_SOME}(?:is|was|has been|been)|'s) {done}|^{_OPENING}{_NEW}{noun} (?!.*\?){done}"


def _went_through(noun: str) -> str:
    """That it has worked: "your booking went through"."""
    return rf"{noun}(?:'s)? {_SOME}(?:went|gone) {_ADVERBS}through\b"


def _carried_out(noun: str) -> str:
    """That a change or a cancellation has been made: "I've processed your cancellation", "cancellation complete"."""
    return "|".join((_she(_to(noun, _MADE)), _is(noun, rf"(?:{_MADE}|done)"), _went_through(noun)))


def _managed(verb: str, doing: str, done: str) -> str:
    """That it was brought about: "managed to cancel it", "was able to get it cancelled", "I've finished cancelling it"."""
    able = rf"(?:(?:was|were|been) able|managed) to (?:(?:{verb})\b|get (?:\S+ ){{1,4}}?(?:{done})\b)"
    return rf"{able}|(?:{_she('finished')}|(?:i'm|we're) done) (?:{doing})ing\b"


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
    alone=re.compile(rf"^{_OPENING}(?:{_NEW}{_ONE_SPOT} )?{_ADVERBS}(?:gone ahead |went ahead )?$"),
    topic=re.compile(rf"\b(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_VISIT})\b"),
    nothing=one_of(
        r"(?:not|never|nothing|no(?! (?:problem|worries))|none|nobody|without|neither|nor|cannot|unable|failed|\w+n't)\b",
        _IF,
        rf"(?:all|most|many|some|every) (?:of our |new |online )?{_VISIT}|^(?:new |online )?{_VISITS}(?:$| (?:are|can|must|may)\b)",
        r"(?:will|would|should|could|might|may|must|'ll) have been\b",
        r"^(?:or |then |okay |well |now |also )?(?:is|are|was|were|has|have|had|do|does|did|shall|should|would|will|can|could|may|am"
        r"|what|which|who|how|why|where)(?:'s|'re|'d)? (?:i|you|it|we|he|she|they|that|this|the|your|there|my|an?|any\w*|one)\b",
        r"(?:let me|let's|i'll|i will|going to|i need to|i have to|i want to|allow me to) (?:\w+ )?"
        r"(?:check|see|ensure|verify|look|find out|try|confirm)\b|mak(?:e|ing) sure\b",
        r"you(?:'ve| have)? (?:said|say|mention(?:ed)?|told|think|thought|believe|ask(?:ed)?|want(?:ed)?|mean)\b|you'd like\b",
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
    adjective=re.compile(rf" (?:{_BY_OTHERS}|appointments?|slots?|times?|visits?|patients?|up|solid|out|until|till|through)\b"),
    undoing=re.compile(rf"\b{_CANCELLATION}\b"),
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
            _she(
                r"(?:put|signed|set|fit|fitted|squeezed|slotted|pencill?ed|gotten) (?:you|him|her|them|your name|\w+) "
                rf"(?:(?:down|in|up) (?:with|{_WHEN})\b|with (?!an?\b))(?!.*\bwait)",
                rf"(?:got|gotten|made|booked) (?:you|him|her|them) an? (?:\w+ ){{0,2}}{_SPOT}\b",
                rf"(?:(?:got|gotten|gave|given) (?:you|him|her|them)|{_GRABBED}(?: (?:you|him|her|them))?) (?:the|that|this|your|an?) "
                rf"{_SOME}(?:{_ONE_SPOT}|o'clock)\b",
                rf"(?:put|got|added|entered) (?:it|that|this|you|him|her|(?:your|the) \w+) (?:down )?(?:in|on|to)(?:to)? {_ON_LIST}",
                _to(_SPOT, _MADE),
                r"locked (?:\S+ ){1,4}in\b|blocked (?:\S+ ){0,4}(?:off|out)\b",
                rf"(?:hereby )?confirm (?:that )?(?:your|the) (?:\S+ ){{0,2}}?{_VISIT}\b",
            ),
            r"got (?:you|him|her|them) in\b",
            rf"you(?:'re| are) {_ADVERBS}(?:on {_ON_LIST}|down for|in for)\b",
            rf"you(?:'ve| have| are|'re|were) {_ADVERBS}(?:been )?(?:added|put) (?:down )?(?:in|on|to)(?:to)? {_ON_LIST}",
            _managed(
                r"book|schedule|reserve|secure|lock|(?:get|fit|squeeze) (?:you|him|her|them|that (?:time|slot|spot))",
                "book|schedul|reserv",
                _BOOKED,
            ),
        ),
        "moved": one_of(
            _she(
                rf"(?:brought|put|pushed|pulled) (?:it|that|(?:your|the|that) (?:\S+ ){{0,2}}{_VISIT}) (?:forward|back|off|up)\b",
                rf"{_SHIFTED} (?:it|you) to\b",
                _to(_VISIT, _SHIFTED),
            ),
            _is(_VISIT, _SHIFTED),
            rf"{_VISIT} {_SOME}(?:(?:is|has) now|now is) (?:on|at|for|with|the|this|next|today|tomorrow|{_DAYS}|{_HOURS})\b",
            rf"{_VISIT}'s now {_DAYS}\b",
            _carried_out(_CHANGE),
            _managed("move|reschedule|change|switch|push", "mov|reschedul|chang|switch", _MOVED),
        ),
        "cancelled": one_of(
            _she(
                rf"(?:freed|released|opened|given) (?:up )?(?:that|your|the) (?:\S+ ){{0,2}}{_SPOT}",
                rf"(?:taken|took|{_DROPPED}) (?:\S+ ){{1,4}}(?:off|from) {_ON_LIST}",
                _to(_VISIT, _DROPPED),
            ),
            _is(_VISIT, _DROPPED),
            _carried_out(_CANCELLATION),
            _managed("cancel", "cancell?", _CANCELLED),
            rf"(?:{_VISIT}|it|that)(?: \S+){{0,4}} (?:is|are) no longer (?:in|on) {_ON_LIST}",
            rf"(?:your|that) {_VISIT}(?:'s| is| has) (?:now )?gone\b(?! through)",
            rf"your {_SPOT} {_SOME}(?:is|was|been) {_ADVERBS}(?:freed|released|given up)\b",
            rf"(?:you(?:'re| are) {_ADVERBS}|been {_ADVERBS}taken )off {_ON_LIST}",
            rf"you no longer (?:have (?:an|the|your|that) (?:\w+ )?{_VISIT}|need to come)",
            r"you (?:won't|don't) (?:have|need) to come\b.* any ?(?:more|longer)\b",
        ),
        "is_booked": one_of(
            _she(
                r"(?:got |have |had )?(?:you|him|her) "
                rf"(?:(?:all )?(?:down|in|set) (?:with (?:dr|doctor)|{_WHEN})|coming in|seeing (?:dr|doctor)|(?:on|for) {_DAYS}"
                rf"|at {_HOURS}(?= on\b| o'clock|$))\b"
            ),
            _is(rf"(?<!cancellation of your )(?:{_VISIT}|(?<=your ){_SPOT})", rf"(?:{_MADE}|in the system)"),
            _went_through(_VISIT),
            rf"(?:{_VISIT}|it|that)(?:'s| is) {_ADVERBS}(?:in|on) {_ON_LIST}|(?:it|that)(?:'s| is) {_ADVERBS}in (?:the|our) system\b",
            rf"your new (?:{_VISIT}|time|date|slot)(?: time| date)?(?:'s| is| has)\b",
            rf"you(?:'ve got| have) an? (?:confirmed|booked|scheduled|reserved) {_VISIT}\b",
            rf"you(?:'ve)? (?:now (?:have|got)|have now(?: got)?) an? (?:\w+ ){{0,2}}{_VISIT}\b",
            r"you(?:'ve got| have(?: got)?) (?:an?|the|your) (?:\w+ ){0,2}(?:place|spot|slot|seat)\b(?! in mind)(?!.*\bwait)",
            rf"you(?:'re| are) (?:now (?:with (?:dr|doctor)|seeing|on {_DAYS}|at {_HOURS})|{_ADVERBS}expected (?:\S+ )?{_WHEN})\b",
            rf"^(?=.*(?:\bis|'s) {_ADVERBS}yours\b(?! (?:if|to|once)))"
            r"(?!.*\b(?:number|records?|names?|phone|files?|card|choice|decision)\b)\S+",
            rf"^(?=.*\bsee you (?:\S+ )?{_WHEN}\b)(?!.*\b(?:can|could|would|may|might|able|to|only|likes?)\b)\S+",
            rf"forward to (?:see|seeing|meeting) you (?:\S+ )?{_WHEN}\b",
            rf"(?:is|are|be|'re|'s) expecting you\b|expects? you (?!to\b)(?:\S+ )?{_WHEN}\b",
        ),
        "done": one_of(
            rf"(?:you|it|that|everything|we|this|{_VISIT}|{_CANCELLATION}|{_CHANGE})"
            r"(?:'s|'re| is| are| has been| have been|'s been) (?:now |all |already )*"
            rf"(?:all set|set$|set (?:for|to)|done\b(?! (?:at|by|in|with|on|over))|good to go|{_HANDLED})",
            r"^(?:okay |great |perfect )?(?:all )?(?:set|done|sorted)(?: for you)?$",
            r"consider (?:it|that) (?:done\b|taken care of)",
            r"(?:it|that) went through\b|a done deal\b",
            _she(
                r"(?:taken|took) care of (?:it|that|this|the|your|everything)\b",
                rf"(?:got )?(?:it|that|this|everything|you) (?:all )?(?:done|{_HANDLED})",
                r"(?:handled|sorted) (?:it|that)\b",
            ),
        ),
    },
    any_word=one_of(
        rf"(?:{_BOOKED}|{_MOVED}|{_CANCELLED}|{_SHIFTED}|{_HANDLED}|{_MADE}|{_DROPPED}|{_GRABBED}|{_LIST}|{_VISIT}|{_CANCELLATION}|change"
        r"|move|switch|rescheduling|reschedule|able to|managed to|finished|care of|through|complete|system|place|spot|slot|o'clock|confirm"
        r"|got|gotten|gave|given|have you|coming|seeing|deal|blocked|your new|brought|pulled|put|signed|set|fit|fitted|squeezed|slotted"
        r"|locked|done|good to go|to come|down|in for|yours|see you|forward to|expect\w*|now|no longer|(?:is|has) gone|freed|released"
        r"|opened|off)\b"
    ),
    visit=re.compile(rf"^(?!.*\bwait).*\b(?:{_VISIT}|{_CANCELLATION}|booked|{_DAYS})\b"),
    courtesies=frozenset("no nope thanks thank you so very much bye bye-bye goodbye lilly appreciate your help for kind helpful".split()),
    assents=frozenset(
        "well oh okay ok alright right yes yeah great good perfect wonderful lovely nice fine it i'm set done that's that is all everything"
        " nothing else today now then later have a day night evening afternoon weekend too take care see been".split()
    ),
    leave=re.compile(r"\b(?:bye|goodbye|that(?:'s| is) (?:all|it|everything)|nothing else|nope?|have a|take care|good night|see you)\b"),
)
