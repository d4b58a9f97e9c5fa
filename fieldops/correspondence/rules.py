"""The letter rules 信函规则: one row each. Debtor and address are asked as for visits, with the grades for letters."""

from typing import Any

from fieldops.correspondence import letter_answers as letter
from fieldops.correspondence import settling
from fieldops.correspondence.facts import LetterFacts
from fieldops.correspondence.paper_rules import TEMPLATE_RULES
from fieldops.policies.catalogue import Catalogue, Rule, Severity, Stage
from fieldops.visits import address_answers as address
from fieldops.visits import balance_answers as balance
from fieldops.visits import case_answers as case
from fieldops.visits import plan_answers as plan

WARN, REVIEW, REJECT = Severity.WARN, Severity.REVIEW, Severity.REJECT

EVERY_GATE = (Stage.SUBMIT, Stage.APPROVE, Stage.PRINT, Stage.POST)
ASKING = (Stage.SUBMIT, Stage.APPROVE)
ON_PAPER = (Stage.PRINT, Stage.POST)

FILE_RULES: tuple[Rule[Any], ...] = (
    Rule(
        code="LR-001", name="CASE_NOT_ACTIVE", about="case", severity=REJECT, stages=EVERY_GATE,
        question="Is the case still in our hands for collection?",
        question_zh="案件是否在催？",
        asks=settling.in_our_hands(case.case_is_active),
        message_zh="案件状态为{status_zh}，不得发函", message_en="Case is {status}; no letter",
        mend_zh="待案件恢复在催后重新申请", mend_en="Ask again once the case is active",
        source="002:136",
    ),
    Rule(
        code="LR-002", name="PAID_IN_FULL", about="balance", severity=REJECT, stages=EVERY_GATE,
        question="Is anything still owed?",
        question_zh="是否仍有欠款？",
        asks=settling.of_demands(balance.something_is_owed),
        message_zh="已还清欠款，禁止发函", message_en="Paid off; letters forbidden",
        mend_zh="取消信函", mend_en="Cancel the letter",
        source="002:136, 003:209",
    ),
    Rule(
        code="LR-003", name="NOT_SETTLED", about="balance", severity=REJECT, stages=EVERY_GATE,
        question="If it says that all is settled, is nothing owed?",
        question_zh="结清函：欠款是否已全部结清？",
        asks=settling.is_settled,
        message_zh="尚有欠款，不得发结清函", message_en="Something is still owed; no settlement letter",
        mend_zh="待结清后重新申请", mend_en="Ask again once all is paid",
        source="domain reference §3.2; docs/adr/0006-settlement-letters.md",
    ),
    Rule(
        code="LR-010", name="PRIOR_CALL_MISSING", about="calls", severity=REJECT, stages=EVERY_GATE,
        question="Was the debtor called on a recorded line before this request?",
        question_zh="申请前是否已有录音电催？",
        asks=settling.of_demands(case.prior_call(lambda policy: policy.letter.calls)), keys=("letter.calls",),
        message_zh="未经电话催收，不得发函（至少{n}次录音电催）",
        message_en="No prior recorded phone call on case {case}; no letter (at least {n})",
        mend_zh="先进行录音电催，再重新申请", mend_en="Call on a recorded line first, then ask again",
        source="003:197 (§四)",
    ),
    Rule(
        code="LR-020", name="BALANCE_NOT_ABOVE_MIN", about="balance", severity=REJECT, stages=EVERY_GATE,
        question="Is enough owed for a letter?",
        question_zh="欠款是否达到发函标准？",
        asks=settling.of_demands(letter.enough_is_owed_for_a_letter),
        keys=("letter.min_balance_fen", "letter.inclusive_block", "letter.hand_delivery_exempt"),
        message_zh="欠款{bal}元未超过{min}元，禁止发函（上门面交除外）",
        message_en="Balance {bal} is not above {min}; no letter (hand delivery exempt)",
        mend_zh="改用电话，或于外访时面交", mend_en="Use the phone, or hand it over on a visit",
        source="002:136 (1000元(含)); 003:199",
    ),
    Rule(
        code="LR-021", name="BALANCE_STALE", about="balance", severity=REJECT, stages=(Stage.PRINT,),
        question="Is the balance recent enough to be printed?",
        question_zh="欠款数据是否足够新？",
        asks=settling.of_demands(balance.balance_is_fresh(lambda policy: policy.letter.balance_max_age_days)),
        keys=("letter.balance_max_age_days",),
        message_zh="欠款数据截至{as_of}，请更新", message_en="Balance as of {as_of}; refresh before printing",
        mend_zh="导入最新欠款数据", mend_en="Import the bank's newest balances",
        source="003:369",
    ),
    Rule(
        code="LR-022", name="PAYMENT_SINCE_APPROVAL", about="balance", severity=REJECT, stages=ON_PAPER,
        question="Do the approved figures still stand?",
        question_zh="审批后是否没有还款？",
        asks=settling.of_demands(letter.nothing_paid_since_approval),
        message_zh="审批后已还款，应取消或调整信函", message_en="Payment since approval; cancel or adjust",
        mend_zh="作废并按新余额重新出函", mend_en="Void it; a new letter carries the new balance",
        source="003:209 (§四)",
    ),
    Rule(
        code="LR-023", name="INSTALMENT_ACTIVE", about="balance", severity=REJECT, stages=EVERY_GATE,
        question="Is there no instalment agreement being kept?",
        question_zh="是否没有履行中的分期还款协议？",
        asks=settling.of_demands(case.no_hold("LETTER", ("INSTALMENT",))),
        message_zh="分期协议履行中，停止催收", message_en="Instalment agreement active; collection must stop",
        mend_zh="仅在协议违约后恢复", mend_en="Only a default on the agreement reopens collection",
        source="credit-card measures, Article 70",
    ),
)  # fmt: skip

ADDRESS_RULES: tuple[Rule[Any], ...] = (
    Rule(
        code="LR-030", name="ADDRESS_INCOMPLETE", about="address", severity=REJECT, also=(REVIEW,), stages=EVERY_GATE,
        question="Can the post deliver to this address as it is written?",
        question_zh="地址是否完整可投递？",
        asks=address.address_is_complete(address.by_letter),
        message_zh="地址不完整（缺{part}），不得投递", message_en="Address incomplete ({part}); not mailable",
        mend_zh="补全地址", mend_en="Complete the address",
        source="003:201 (§四)",
    ),
    Rule(
        code="LR-031", name="ADDRESS_INVALID", about="address", severity=REJECT, also=(REVIEW,), stages=EVERY_GATE,
        question="Is the address free of any proof that it is dead?",
        question_zh="该地址是否未被证实无效？",
        asks=address.not_known_invalid,
        message_zh="地址已标注{reason}（{date}，依据{ref}），不得发函",
        message_en="Address marked {reason} ({date}, see {ref}); no letter",
        mend_zh="改用其他地址", mend_en="Use another address",
        source="003:203",
    ),
    Rule(
        code="LR-032", name="ADDRESS_MAIL_RETURNED", about="address", severity=REJECT, stages=EVERY_GATE,
        question="Has no mail to this address come back?",
        question_zh="该地址是否未曾退件？",
        asks=letter.no_mail_came_back,
        message_zh="该地址曾退件（{date} {reason}）", message_en="Mail to this address was returned ({date} {reason})",
        mend_zh="外访核实后由主管解除", mend_en="A supervisor may clear it after a visit found the debtor there",
        source="003:203",
    ),
    Rule(
        code="LR-033", name="ADDRESS_BROAD", about="address", severity=REJECT, also=(REVIEW,), stages=EVERY_GATE,
        question="Does the address name one place, not a whole campus or zone?",
        question_zh="地址范围是否具体？",
        asks=address.graded(address.VAGUE, address.by_letter),
        message_zh="地址范围过大且未核实（{kw}）", message_en="Broad unverified address ({kw})",
        mend_zh="补充楼栋、部门或房号", mend_en="Add building, department or room",
        source="003:207",
    ),
    Rule(
        code="LR-034", name="ADDRESS_SENSITIVE", about="address", severity=REJECT, also=(REVIEW,), stages=EVERY_GATE,
        question="Is the place no court, police station, law firm, newsroom or bank?",
        question_zh="是否非法院、公安、律所、媒体、金融机构？",
        asks=address.graded(address.SENSITIVE, address.by_letter),
        message_zh="敏感机构（{kw}），禁止发函", message_en="Sensitive institution ({kw}); letters forbidden",
        mend_zh="改用住宅地址", mend_en="Use a home address",
        source="003:205",
    ),
    Rule(
        code="LR-035", name="RECIPIENT_THIRD_PARTY", about="address", severity=REJECT, stages=EVERY_GATE,
        question="Does it go to the debtor or a guarantor, at their own address?",
        question_zh="收件人是否为债务人或担保人？",
        asks=letter.recipient_owes,
        message_zh="禁止向第三方发函", message_en="Letters to third parties are forbidden",
        mend_zh="改寄债务人本人", mend_en="Address it to the debtor",
        source="002:136; credit-card measures, Article 68",
    ),
    Rule(
        code="LR-036", name="ADDRESS_SOURCE_UNLAWFUL", about="address", severity=REJECT, stages=EVERY_GATE,
        question="Did the address come to us in a lawful way?",
        question_zh="地址来源是否合法？",
        asks=address.source_is_lawful, keys=("visit.lawful_sources",),
        message_zh="地址来源不合法或未登记", message_en="Unlawful/unknown address source",
        mend_zh="登记合法来源", mend_en="Record its lawful source",
        source="003:177; CBA guide 2026",
    ),
    Rule(
        code="LR-037", name="POSTCODE_MISSING", about="address", severity=WARN, stages=EVERY_GATE, may_be_off=True,
        question="Is the postcode known?",
        question_zh="是否有邮政编码？",
        asks=letter.has_postcode,
        message_zh="缺少邮政编码", message_en="Postcode missing",
        mend_zh="补充邮政编码", mend_en="Supply a postcode table",
        source="mail practice",
    ),
)  # fmt: skip

LETTER_ONLY_RULES: tuple[Rule[Any], ...] = (
    Rule(
        code="LR-040", name="TEMPLATE_NOT_APPROVED", about="template", severity=REJECT,
        stages=(Stage.SUBMIT, Stage.APPROVE, Stage.PRINT),
        question="Is the template approved by the bank, or filed by head office, and in force?",
        question_zh="模板是否经委托方批准或总部备案并在有效期内？",
        asks=letter.template_is_approved,
        message_zh="模板未经委托方批准或总部备案", message_en="Template not approved by bank / filed by HQ",
        mend_zh="改用已批准版本", mend_en="Use an approved version",
        source="003:365 (第二十七条)",
    ),
    Rule(
        code="LR-045", name="LAWYER_LETTER_NOT_ELIGIBLE", about="template", severity=REJECT, stages=EVERY_GATE,
        question="If it is a lawyer's letter, are its conditions met?",
        question_zh="律师函条件是否具备？",
        asks=letter.lawyer_letter_is_due, keys=("letter.lawyer_min_overdue_days",),
        message_zh="不符合律师函条件（逾期>{n}天且恶意拖欠、律所授权）",
        message_en="Not eligible for a lawyer's letter (over {n} days, malicious, law-firm authorisation)",
        mend_zh="改用缴款告知函或催收函", mend_en="Send a payment notice or dunning letter",
        source="000:22",
    ),
    Rule(
        code="LR-050", name="COLLECTION_STOPPED", about="debtor", severity=REJECT, also=(REVIEW,), stages=EVERY_GATE,
        question="Does no special status, hold, complaint or dispute stand in the way?",
        question_zh="是否没有特殊状态、停催、投诉或异议？",
        asks=settling.of_demands(letter.nothing_stops_collection), keys=("visit.banned_statuses",),
        message_zh="{what_zh}，不得发函或须主管审批", message_en="{what_en}; no letter, or a supervisor decides",
        mend_zh="待其解除后重新申请", mend_en="Ask again once it is lifted",
        source="003:149, 003:187, 003:265, 003:361; as VR-040 to VR-052",
    ),
    Rule(
        code="LR-060", name="DUPLICATE_OR_TOO_SOON", about="request", severity=REVIEW, may_be_off=True,
        stages=(*ASKING, Stage.PRINT),
        question="Has no letter of this kind gone to the address lately?",
        question_zh="近期是否未向该地址发送同类信函？",
        asks=letter.no_letter_too_soon, keys=("letter.min_days_between",),
        message_zh="{d}天前已发同类信函（{no}）", message_en="Same letter {no} sent {d} days ago",
        mend_zh="间隔期满后再发", mend_en="Wait until the interval has passed",
        source="practice",
    ),
    Rule(
        code="LR-070", name="CHANNEL_NOT_REGISTERED", about="posting", severity=REJECT, stages=EVERY_GATE,
        question="Does it go by registered mail, or from hand to hand?",
        question_zh="是否挂号邮寄或上门面交？",
        asks=letter.goes_registered, keys=("letter.channels",),
        message_zh="邮寄须采用挂号", message_en="Must be registered mail",
        mend_zh="改用挂号信", mend_en="Send it registered",
        source="002:136",
    ),
    Rule(
        code="LR-071", name="TRACKING_NO_BAD", about="posting", severity=REJECT, stages=(Stage.POST,),
        question="Is the registered number well formed and this letter's alone?",
        question_zh="挂号编号是否正确且未被使用？",
        asks=letter.number_is_good, keys=("letter.tracking_pattern",),
        message_zh="挂号编号格式错误或重复", message_en="Tracking number malformed or duplicate",
        mend_zh="重新扫描标签或换号", mend_en="Scan the label again, or take another number",
        source="mail practice",
    ),
    Rule(
        code="LR-073", name="PUBLIC_POSTING", about="posting", severity=REJECT, stages=EVERY_GATE,
        question="Will nobody else get to read it on a door or wall?",
        question_zh="是否未采用张贴方式？",
        asks=letter.is_not_posted_up,
        message_zh="禁止张贴催收文书", message_en="Posting notices in public is forbidden",
        mend_zh="改用挂号信或面交", mend_en="Send it registered, or hand it over",
        source="CBA guide 2026",
    ),
    Rule(
        code="LR-080", name="PRINT_QTY_NOT_APPROVED", about="printing", severity=REJECT, stages=(Stage.PRINT,),
        question="Has the admin department approved this many copies?",
        question_zh="打印数量是否在行政审批数内？",
        asks=letter.quantity_is_approved,
        message_zh="打印数量超过行政审批数", message_en="Print quantity exceeds approval",
        mend_zh="重新申请打印数量", mend_en="Ask for a higher quantity",
        source="003:367 (第二十八条)",
    ),
    Rule(
        code="LR-083", name="SELF_APPROVAL", about="request", severity=REJECT, stages=(Stage.APPROVE,),
        question="Does somebody other than the requester approve?",
        question_zh="审批人是否非申请人？",
        asks=plan.approver_is_another,
        message_zh="申请人不得审批本人申请", message_en="Requester cannot approve own request",
        mend_zh="由他人审批", mend_en="Let somebody else approve",
        source="003:367",
    ),
)  # fmt: skip

LETTER_RULES: Catalogue[LetterFacts] = Catalogue(
    name="letter",
    title="Letter rules 信函规则",
    rules=tuple(sorted((*FILE_RULES, *ADDRESS_RULES, *TEMPLATE_RULES, *LETTER_ONLY_RULES), key=lambda row: row.code)),
)
