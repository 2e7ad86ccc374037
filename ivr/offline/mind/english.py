"""English as callers speak it on the telephone."""

import re

from ivr.offline.mind.language import Language, cues
from ivr.offline.mind.numbers import Numbers

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth"
    " seventeenth eighteenth nineteenth twentieth"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_MONTHS = "january february march april may june july august september october november december".split()
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_HALF = r"(?: ?(?P<half>am|pm|(?:in|at) (?:the )?(?:morning|afternoon|evening|night)))"
_NO_CLOCK = r"(?![:@]| (?:weeks?|days?|months?|years?|minutes?|hours?|people|\d))"
_VISIT = r"(?:appointments?|visits?|bookings?|consultations?|check ?ups?)"
_WANT = r"(?:book|schedule|make|set ?up|arrange|get|need|want|like|have|take|looking for)"

ENGLISH = Language(
    code="en",
    rewrites=tuple(
        (re.compile(pattern), replacement)
        for pattern, replacement in (
            (r"\bgood (?:morning|afternoon|evening|day)\b", "hello"),
            (r"\b(?:a|one|just a|couple of) (?:second|sec)\b", "a moment"),
            (r"\bfirst (name|available|thing|time|of all)\b", r"initial \1"),
            (r"\bsecond (thought)", r"other \1"),
            (
                r"\b(first|second|third|fourth|last|next|other|another|earlier|later|earliest|latest|that|this|the|which|any|either|every|"
                r"new|right|available) ones?\b(?! (?:oclock|thirty|fifteen|forty|oh|pm|am|\d))",
                r"\1",
            ),
            (r"\bo clock\b", "oclock"),
            (r"\bthird day\b", "thursday"),
            (r"(?<=\d) am (?:in )?the (?=afternoon|evening)", " in the "),
            (r"\bnoon\b|\bmid ?day\b", "12 pm"),
            (rf"\b({'|'.join(_MONTHS)}) (?:for|forth)\b", r"\1 4"),
            (r"\bdouble (\w+)", r"\1 \1"),
            (r"\btriple (\w+)", r"\1 \1 \1"),
        )
    ),
    numbers=Numbers(
        units={word: value for value, word in enumerate(_UNITS)},
        tens={word: 10 * value for value, word in enumerate(_TENS, 2)},
        ordinals={**{word: value for value, word in enumerate(_ORDINALS, 1)}, "thirtieth": 30},
        hundred="hundred",
        thousand="thousand",
        joiner="and",
    ),
    months={name: number for number, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"sept": 9},
    weekdays={word: number for number, word in enumerate(_WEEKDAYS)},
    month_first=True,
    dates=(
        r"(?:<weekday>s? )?(?:the )?<month> (?:the )?<day>(?: (?:of |in )?<year>)?",
        r"(?:<weekday>s? )?(?:the )?<day>(?: day)?(?: of)?(?: the)? <month>(?: (?:of |in )?<year>)?",
        r"<weekday> (?:on )?(?:the )?<ordinal>",
        r"(?:on )(?:the )?<ordinal>",
        r"the (?P<day>[6-9]|[12]\d|3[01])th\b",
    ),
    weekday=r"(?:(?:(?P<next>next|following)|this|coming) )?<weekday>s?\b(?P<week> (?:of )?(?:the )?(?:next|following) week)?",
    correction=r"not (?:on |the |at |for )*<weekday>",
    relative=cues(
        ("overmorrow", r"\bday after tomorrow\b"),
        ("tomorrow", r"\btomorrow\b|\btmrw\b"),
        ("today", r"\btoday\b|\btonight\b|\bthis (?:morning|afternoon|evening)\b|\bright now\b"),
        ("weekend", r"\bweekend\b"),
        ("next_week", r"\b(?:next|following|coming) week\b"),
        ("this_week", r"\bthis week\b"),
        ("next_month", r"\b(?:next|following|coming) month\b"),
        ("in_days", r"\bin (?:about )?(?P<n>\d{1,2}) days?\b"),
        ("in_weeks", r"\bin (?:about )?(?P<n>\d{1,2}|a) weeks?\b"),
        (
            "any",
            r"\bas soon as\b|\basap\b|\bany ?(?:day|time)\b|\b(?:earliest|soonest|initial available|next available|whenever|soon)\b"
            r"|\bwhatever day\b",
        ),
    ),
    clocks=tuple(
        map(
            re.compile,
            (
                rf"(?<!from )(?<!between )\b(?P<past>half|(?:a )?quarter|(?:5|10|20|25)(?: minutes)?) (?P<sign>past|to|till)"
                rf" (?P<h>\d{{1,2}})\b{_HALF}?",
                rf"\b(?P<h>\d{{1,2}})[: ](?P<m>[0-5]\d)\b{_HALF}?",
                rf"\b(?P<h>1[0-2]|[1-9])(?P<m>[0-5]\d)\b{_HALF}?",
                rf"\b(?P<h>\d{{1,2}})(?: ?oclock{_HALF}|{_HALF.replace('half', 'half2')}| ?oclock)",
                r"\b(?P<pre>(?:at|after|before|around|about|by|until|till|past|from|between|for|than)(?: like)?) (?P<h>\d{1,2})\b"
                + _NO_CLOCK,
                r"(?<=\d[ap?] )(?P<pre>and|to|or) (?P<h>\d{1,2})\b" + _NO_CLOCK,
            ),
        )
    ),
    halves=cues(("am", r"am|morning"), ("pm", r"pm|afternoon|evening|night")),
    bounds=cues(
        ("between", r"\b(?:between|from) @ (?:and|to|until|till) @"),
        ("after", r"\b(?:after|from|past|later than|not before|starting(?: at)?)(?: like)? @|@ or later|@ onwards?"),
        ("before", r"\b(?:before|until|till|by|earlier than|no later than|not after)(?: like)? @|@ or earlier"),
    ),
    parts=cues(
        ("morning", r"\bmornings?\b"),
        ("afternoon", r"\bafternoons?\b|\bafter lunch\b"),
        ("evening", r"\bevenings?\b|\btonight\b|\bafter work\b"),
    ),
    intents=cues(
        (
            "emergency",
            r"chest pain|(?:cant|cannot|can not|not|trouble|difficulty) breath|heart attack|hard attack|having a stroke|overdos|too many"
            r" pills"
            r"|(?:hurt|kill) myself|suicid|unconscious|collapsed|bleeding (?:a lot|heavily|badly|out)|severe bleeding|passed out",
        ),
        (
            "attack",
            r"ignore (?:\w+ ){0,3}(?:instructions?|rules|prompt)|system prompt|who else (?:has|is|will)|(?:other|another|previous)"
            r" patients?\b"
            r"|patient (?:before|after) me|(?:number|address|name|record|appointment)s? of the (?:\w+ )?patient|pretend (?:to be|you)",
        ),
        (
            "human",
            r"real person|human|\boperator\b|receptionist|representative|front desk|(?:speak|talk) (?:to|with) (?:a |an |some ?)"
            r"(?:person|one|body|agent|nurse|staff)|connect me|transfer me",
        ),
        (
            "repeat",
            r"\brepeat\b|say (?:that|it) again|come again|pardon|what did you say|didnt (?:hear|catch|get|understand)|^again$"
            r"|what time (?:was|is) (?:it|that)\b",
        ),
        ("still_there", r"\byou (?:still )?there\b|can you hear me|anybody there|^hello hello"),
        ("spell", r"\bspell"),
        ("language", r"\b(?:do|can|could) (?:you|we|i) (?:\w+ )?(?:speak|talk) \w+$|\b(?:in|speak) (?:spanish|english)\b"),
        ("cancel", r"\bcancel|call off"),
        (
            "move",
            rf"\bre ?schedul|\bpostpone|\b(?:move|change|switch|shift|push|bring)\b.*\b(?:{_VISIT}|it|that|time|date)\b"
            rf"|come (?:in )?(?:on |at )?(?:another|a different) (?:day|time)|(?:another|different|new) (?:day|time|date) for my {_VISIT}",
        ),
        ("cancel", r"(?:cant|cannot|wont be able to|not able to) (?:make|come to|attend) (?:it|my|the)"),
        ("mine_told", rf"^(?:well |so |yes |hi |hello )?(?:i (?:already |do )?have an? {_VISIT}|my (?:next )?{_VISIT} (?:is|was)\b)"),
        (
            "mine",
            rf"\b(?:what|which|when|do i have|have i|check|tell me|remind|list|^is)\b.*\bmy (?:\w+ )?{_VISIT}"
            rf"|{_VISIT} do i have|do i have (?:an|any|another|a) |am i booked|when am i",
        ),
        (
            "doctors",
            r"\b(?:which|what|who|list|how many|names? of|tell me)\b.*\b(?:doctors|physicians|specialists|surgeons|\w+ologists|\w+icians)\b"
            r"|who (?:works|is|are) (?:in|your)\b|^your (?:doctors|\w+ologists)",
        ),
        (
            "book",
            rf"\b{_WANT}\b.*\b(?:{_VISIT}|slot|opening)\b|\b(?:see|visit|consult)\b (?:a|an|the|dr|doctor|my|some|someone|somebody)\b"
            rf"|\bappointment with\b"
            r"|\bis (?:dr|doctor)\b.*\b(?:available|free|in)\b|\b(?:do|have) you have (?:a|an|any)\b|\bis there (?:a|an|any)\b"
            r"|\bany(?:thing|one|body)?\b.*\b(?:available|free|open)\b|\bopenings?\b",
        ),
        (
            "bye",
            r"\b(?:good ?bye|bye)\b|\bthats (?:all|everything)\b|thatll be all|have a (?:nice|good|great)|nothing else|hang up|all set",
        ),
    ),
    topics=cues(
        ("parking", r"\bparking\b|\bto park\b|\b(?:can|do) (?:i|we) park\b"),
        ("price", r"\bhow much\b|\bcosts?\b|\bprices?\b|\bfees?\b|\bpay\b"),
        ("insurance", r"\binsur|\binsuring|\bensuring|blue cro|medicare|medicaid|\bcoverage\b|\bco ?pay|\b(?:do )?you (?:accept|take) "),
        (
            "hours",
            r"(?:opening|visiting|business|office) (?:hours|times)|\b(?:are|is) (?:you|the \w+) open|what (?:time|hours) (?:do|are) you"
            r" (?:open|close|start)"
            r"|when (?:do|are) you (?:open|close)|\byour hours\b|\bclosing\b",
        ),
        ("location", r"\bwhere (?:is|are|s)\b|\bwheres\b|\blocated\b|\baddress\b|\bdirections\b|how (?:do|can) i get (?:to|there)"),
        ("results", r"\bresults?\b|lab report|blood test"),
        ("referral", r"\breferral\b|do i need (?:a|an|to) (?!appointment)"),
        ("prescription", r"\bprescri|\brefill"),
        ("email", r"\be ?mail\b| dot com\b"),
    ),
    signals={
        name: re.compile(pattern)
        for name, pattern in {
            "yes": r"^(?:and |so |well |oh )?(?:yes|yeah|yep|yup|ya|sure|correct|right|okay|ok|fine|perfect|great|good|alright|all right"
            r"|definitely"
            r"|absolutely|of course|exactly|please)\b|\b(?:yes|yeah|go ahead|please do|thats? (?:right|correct|fine|it)|sounds good|do"
            r" (?:it|that|so)"
            r"|book (?:it|that)|confirm (?:it|that)?|i would(?! not| rather)|id like that|works for me|take it)\b",
            "no": r"\b(?:no|nope|nah|dont|neither|none|wont|not)\b",
            "unsure": r"\bi (?:dont|do not) know|\bnot sure",
            "wrong": r"not what i (?:said|meant|asked)|thats (?:wrong|not right|not correct|incorrect)|you (?:misunderstood|got (?:it"
            r"|that) wrong)",
            "never_mind": r"\bnever ?mind|\bforget (?:it|about)|\bleave it\b",
            "wait": r"^(?:please |oh |no )*(?:wait|hold on|hang on|a moment|1 moment|stop|let me (?:think|see|check)|give me a)",
            "thanks": r"\bthank",
            "hello": r"^(?:hello|hi|hey)\b|is (?:this|it) the hospital|who (?:is this|am i)",
            "asking": r"^(?:and |so |hello |hi |sorry )*(?:do|does|is|are|have|has|can|could|would|any|anything|anyone|when|which|what)\b",
            "earlier": r"\b(?:earlier|sooner|earliest|soonest)\b",
            "later": r"\blater\b",
            "soonest": r"\b(?:earliest|soonest|as soon as|asap|initial available|next available|soon)\b",
            "other_doctor": r"\b(?:other|another|different|else) (?:doctor|dr|physician|one with)|(?:someone|somebody|anyone) else|no"
            r" doctor\b",
            "other_time": r"\b(?:other|another|different|more) (?:times?|slots?|days?|options?|dates?|appointments?)\b|something else"
            r"|anything else"
            r"|what else|neither|none of",
            "other_day": r"\b(?:other|another|different) (?:days?|dates?)\b",
            "any": r"\b(?:either|whichever|whatever|any of|doesnt matter|dont care|dont mind|you (?:choose|pick)|up to you|both)\b",
            "choice": r"\b(?:the |number |option )?(?P<n>\d)th\b|\b(?:number|option) (?P<m>\d)\b|\b(?P<last>(?:the|your) (?:last|latter"
            r"|later|latest)"
            r"|last$)\b|\bthe (?P<first>earlier|earliest|former|early|sooner)\b",
            "birth": r"\bborn\b|\bbirth|\bdob\b",
            "phone": r"\b(?:phone|telephone|cell|mobile|number is|reach me|call me (?:at|on))\b",
            "goal": r"\b(?:mov|re ?schedul|chang|switch|shift|push|bring|postpon)\w*\b.*? (?:to|until|till) (?P<goal>.+)",
            "fresh": rf"\b(?:{_WANT})\b.*\b{_VISIT}\b",
            "mine_word": rf"\b(?:my|the|this) (?:\w+ )?{_VISIT}|\bre ?schedul",
        }.items()
    },
    given_lead=re.compile(r"\b(?:first|given) names?(?: is)?\b"),
    family_lead=re.compile(r"\b(?:last|family|sur) ?names?(?: is)?\b"),
    name_leads=tuple(
        map(
            re.compile,
            (
                r"\b(?:my|the|full|her|his|patients?)(?: full)? names? (?:is|are|would be)\b",
                r"\bnames? (?:is|would be)\b",
                r"\bnames\b(?! of)",
                r"\bthis is\b",
                r"\b(?:i am|im)\b",
                r"\bunder the name(?: of)?\b",
                r"\bmy (?:husband|wife|partner|son|daughter|child|baby|mother|mom|father|dad|brother|sister)\b",
            ),
        )
    ),
    answer_leads=re.compile(
        r"^(?:(?:um|uh|er|hmm|ah|oh|yes|yeah|sure|okay|ok|of course|so|well|its|it is|this is|im|i am|thats|for)\b ?)+"
    ),
    not_names=frozenset(
        "a about after afraid again all am an and any appointment are at bad birth book born but calling can cancel change come could"
        " date day do"
        " doctor dr first for from full fine go going good goodbye have having he hello help here hi his hospital how i id if ill im in"
        " into is"
        " it its just last later like looking me morning move my name need new next no not now of ok okay on one or patient phone please"
        " pregnant really reschedule right said say see she sick so sorry speaking still stop supposed sure tell thank thanks that thats"
        " the"
        " there they this time to today tomorrow trying um unable us very visit wait want was we well what when where which who why"
        " with would wrong yeah year years yes yet you your maybe also correct exactly perfect"
        " absolutely definitely great alright course yep yup nope nothing nobody none".split()
    ),
    doctor_titles=r"(?:doctor|doctors|dr)",
    not_doctors=frozenset(
        "a about after again and any anymore appointment are as at available be because before but can could do does doctor first for"
        " free from have"
        " here i if in instead is it later me my next not now of on one or other please right second so some that the then there this to"
        " today"
        " tomorrow was we what when which who will with would you your".split()
    )
    | frozenset(("dr", "doctors", *_WEEKDAYS)),
    marks=frozenset(
        "a am an and appointment are at book can could do doctor does for have hello hi i id im is it its like my need of on please see"
        " thank"
        " thanks that the there this to tomorrow want what when which with would yes you your".split()
    ),
)
