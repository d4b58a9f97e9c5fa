"""The rules about paper: what a template must show and never say, and where every printed sheet and receipt is."""

from typing import Any

from fieldops.correspondence import paper_answers as paper
from fieldops.correspondence.facts import PaperFacts
from fieldops.policies.catalogue import Catalogue, Rule, Severity, Stage

WARN, REVIEW, REJECT = Severity.WARN, Severity.REVIEW, Severity.REJECT
WRITTEN = (Stage.SUBMIT, Stage.APPROVE, Stage.PRINT)

TEMPLATE_RULES: tuple[Rule[Any], ...] = (
    Rule(
        code="LR-041", name="DISCLOSURE_MISSING", about="template", severity=REJECT, stages=WRITTEN,
        question="Does the paper disclose everything Article 69 asks for?",
        question_zh="是否披露第六十九条规定的全部事项？",
        asks=paper.examined(paper.NOT_DISCLOSED, but=paper.WITHOUT_SENDER),
        message_zh="缺少法定披露项：{items}", message_en="Required disclosures missing: {items}",
        mend_zh="修改模板并重新审批", mend_en="Mend the template and have the new version approved",
        change_zh="新版本补齐{n}项（{ref}）", change_en="A new version of {ref} with the {n} item(s)",
        source="credit-card measures, Article 69; domain §10",
    ),
    Rule(
        code="LR-042", name="FORBIDDEN_WORDING", about="template", severity=REJECT, also=(REVIEW,), stages=WRITTEN,
        question="Is the wording free of threat, shame and invented consequences?",
        question_zh="用语是否没有威胁、羞辱或虚构后果？",
        asks=paper.examined(paper.FORBIDDEN_WORDS),
        message_zh="含不当用语：{items}", message_en="Improper wording: {items}",
        mend_zh="改写模板并重新审批", mend_en="Say it without these words in a new version",
        change_zh="新版本改写{n}处用语（{ref}）", change_en="A new version of {ref} without the {n} passage(s)",
        source="002:133, 003:165, 003:175",
    ),
    Rule(
        code="LR-043", name="PII_UNMASKED", about="template", severity=REJECT, stages=WRITTEN,
        question="Are card and identity numbers masked everywhere?",
        question_zh="卡号和证件号码是否均已掩码？",
        asks=paper.no_number_is_whole,
        message_zh="信函含完整卡号/身份证号", message_en="Full card/ID number in the letter",
        mend_zh="改用掩码后的号码", mend_en="Print the masked number",
        change_zh="掩去{n}个完整号码（{ref}）", change_en="{n} whole number(s) masked in {ref}",
        source="002:79, 003:369",
    ),
    Rule(
        code="LR-044", name="SEAL_OR_SENDER_MISSING", about="template", severity=REJECT, stages=WRITTEN,
        question="Does the paper say who writes for whom, how to reach them, and carry the seal?",
        question_zh="是否写明受委托身份、联系方式并加盖印章？",
        asks=paper.examined(paper.WITHOUT_SENDER),
        message_zh="缺少委托身份、联系方式或印章：{items}",
        message_en="Entrusted identity, contact or seal missing: {items}",
        mend_zh="补充后重新审批模板", mend_en="Add them in a new version of the template",
        change_zh="新版本补齐{n}项（{ref}）", change_en="A new version of {ref} with the {n} item(s)",
        source="credit-card measures, Article 69; 002:125",
    ),
    Rule(
        code="LR-046", name="FEE_OR_WAIVER_PROMISE", about="template", severity=REJECT, stages=WRITTEN,
        question="Does the paper promise no waiver and add no fee?",
        question_zh="是否没有承诺减免或另收费用？",
        asks=paper.examined(paper.FEES_AND_WAIVERS),
        message_zh="不得承诺减免或另收费用：{items}", message_en="No waiver promise or extra fee: {items}",
        mend_zh="删去相关内容并重新审批", mend_en="Take it out in a new version of the template",
        change_zh="新版本删去{n}处（{ref}）", change_en="A new version of {ref} without the {n} passage(s)",
        source="002:86, 003:305",
    ),
    Rule(
        code="LR-072", name="ENVELOPE_NOT_NEUTRAL", about="template", severity=REJECT, stages=WRITTEN,
        question="Does the envelope show nothing of a debt?",
        question_zh="信封是否不显示债务信息？",
        asks=paper.examined(paper.SHOWS_THE_DEBT),
        message_zh="信封不得显示债务信息：{items}", message_en="Envelope must not reveal the debt: {items}",
        mend_zh="改用中性信封或调整版面", mend_en="Use a neutral envelope, or move the text out of its window",
        change_zh="信封或窗口去除{n}处（{ref}）",
        change_en="{n} passage(s) off the envelope or out of its window ({ref})",
        source="privacy; Reg F 1006.22(f); FCA CONC 7",
    ),
)  # fmt: skip

CUSTODY_RULES: Catalogue[PaperFacts] = Catalogue(
    name="custody",
    title="Custody rules 保管规则",
    rules=(
        Rule(
            code="LR-081", name="SERIAL_GAP", about="printing", severity=REVIEW, stages=(Stage.RECONCILE,),
            question="Can somebody show every sheet that was printed?",
            question_zh="所有已打印信函是否均可说明去向？",
            asks=paper.sheets_are_all_there,
            message_zh="信函数量不符，缺{n}份", message_en="Letter count mismatch: {n} missing",
            mend_zh="查找并说明去向", mend_en="Find it, or say before a witness what became of it",
            change_zh="说明{n}份的去向", change_en="{n} sheet(s) found or accounted for",
            source="002:136",
        ),
        Rule(
            code="LR-082", name="RECEIPT_MISSING", about="posting", severity=WARN, also=(REVIEW,),
            stages=(Stage.RECONCILE,),
            question="Is the post's receipt of every posted item filed?",
            question_zh="挂号收据是否均已归档？",
            asks=paper.receipts_are_filed, keys=("letter.receipt_days",),
            message_zh="{n}件未归档挂号收据/回执（最早已{d}天）",
            message_en="Posting receipt / return receipt of {n} items not filed (the oldest {d} days)",
            mend_zh="扫描并归档收据", mend_en="Scan the stamped list or receipt and file it",
            change_zh="归档{n}件的收据（最早{since}交寄）",
            change_en="The receipts of {n} item(s) filed, the oldest posted on {since}",
            source="002:136, 002:159",
        ),
    ),
)  # fmt: skip
