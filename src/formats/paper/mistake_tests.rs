//! Papers with mistakes: nothing is lost or guessed in silence.

use super::layout_tests::{bank, shown, warnings};

/// A name, the paper, what is read or rejected, and how many warnings there are.
type Mistake = (&'static str, &'static str, &'static [&'static str], usize);

#[rustfmt::skip]
const MISTAKES: &[Mistake] = &[
    ("no answer", "一、单选题\n1. 甲\nA. 1\nB. 2\n2. 乙\nA. 1\nB. 2\n答案：A", &["line 2!/key", "single 乙 [1|2] A"], 0),
    ("answer outside the options", "一、单选题\n1. 甲\nA. 1\nB. 2\n答案：C", &["line 2!/key/0"], 0),
    ("two letters for a single", "一、单选题\n1. 甲\nA. 1\nB. 2\n答案：AB", &["line 2!/key"], 0),
    ("one letter for a multiple", "一、多选题\n1. 甲\nA. 1\nB. 2\n答案：A", &["multiple 甲 [1|2] A"], 1),
    ("a letter twice in the answer", "一、多选题\n1. 甲\nA. 1\nB. 2\n答案：AAB", &["line 2!/key/1"], 0),
    ("an option letter is missing", "一、单选题\n1. 甲\nA. 1\nB. 2\nD. 4\n答案：A", &["line 2!/options"], 0),
    ("an option letter twice", "一、单选题\n1. 甲\nA. 1\nB. 2\nB. 3\n答案：A", &["line 2!/options"], 0),
    ("an empty option", "一、单选题\n1. 甲\nA. 1\nB.\nC. 3\n答案：A", &["line 2!/options/1"], 0),
    ("equal options", "一、单选题\n1. 甲\nA. 1\nB. 1\n答案：A", &["line 2!/options/1"], 0),
    ("one option", "一、单选题\n1. 甲\nA. 1\n答案：A", &["line 2!/options,/key/0"], 0),
    ("an answer that says nothing", "一、单选题\n1. 甲\nA. 1\nB. 2\n答案：略", &["line 2!/key"], 0),
    ("a judgement that says nothing", "判断题\n1. 甲。\n答案：也许", &["line 2!/key"], 0),
    ("a judgement by letter", "判断题\n1. 甲。\n答案：A", &["judge 甲。 true"], 1),
    ("too few answers for the gaps", "填空题\n1. 由____和____组成\n答案：甲", &["line 2!/key"], 0),
    ("too many answers for the gaps", "填空题\n1. 由____组成\n答案：甲；乙", &["line 2!/key"], 0),
    ("gaps parted otherwise", "填空题\n1. 由____和____组成\n答案：甲、乙", &["blank 由____和____组成 甲;乙"], 1),
    ("two answers that differ", "一、单选题\n1. 甲\nA. 1\nB. 2\n答案：A\n答案：B", &["line 2!/key"], 0),
    ("list and question differ", "一、单选题\n1. 甲\nA. 1\nB. 2\n答案：A\n2. 乙\nA. 1\nB. 2\n参考答案\n1. B 2. A", &["line 2!/key", "single 乙 [1|2] A"], 0),
    ("list too short", "一、单选题\n1. 甲\nA. 1\nB. 2\n2. 乙\nA. 1\nB. 2\n参考答案\n1-3 AB", &["line 2!/key", "line 5!/key"], 1),
    ("list for a question that is not there", "一、单选题\n1. 甲\nA. 1\nB. 2\n2. 乙\nA. 1\nB. 2\n参考答案\n1. A 2. B 3. A", &["single 甲 [1|2] A", "single 乙 [1|2] B"], 1),
    ("a kind that is not known here", "一、连线题\n1. 甲\n答案：乙", &["line 2!/kind"], 0),
    ("a difficulty that says nothing", "判断题\n1. 甲\n答案：对\n难度：看情况", &["judge 甲 true"], 1),
    ("a difficulty out of range", "判断题\n1. 甲\n答案：对\n难度：9", &["line 2!/difficulty"], 0),
    ("a label twice", "判断题\n1. 甲\n答案：对\n难度：易\n难度：难", &["judge 甲 true"], 1),
    ("text that belongs to nothing", "题库\n考试时间60分钟\n一、判断题\n本部分请认真作答\n1. 甲\n答案：对", &["judge 甲 true"], 2),
    ("a number repeated", "判断题\n1. 甲\n答案：对\n2. 乙\n答案：错\n2. 丙\n答案：错", &["judge 甲 true", "judge 乙 false", "judge 丙 false"], 1),
    ("an answer without a question", "判断题\n答案：对", &["line 2!/stem"], 0),
    ("a stem without text", "判断题\n1.\n答案：对\n2. 乙\n答案：错", &["line 2!/stem", "judge 乙 false"], 0),
    ("a number without an answer inside an explanation", "判断题\n1. 甲\n答案：对\n解析：有二：\n1. 子\n2. 丑\n2. 乙\n答案：错", &["judge 甲 true", "judge 乙 false"], 1),
];

#[test]
fn mistakes() {
    let mut wrong = Vec::new();
    for (name, text, wanted, warned) in MISTAKES {
        let bank = bank(text);
        let found = (shown(&bank), warnings(&bank));
        if found.0 != *wanted || found.1 != *warned {
            wrong.push(format!("{name}: {found:#?}\n{:?}\n{:?}", bank.warnings, bank.questions));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), MISTAKES.len(), wrong.join("\n\n"));
}
