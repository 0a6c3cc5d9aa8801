//! Papers as people lay them out: what is read from each.

use super::{Line, read};
use crate::domain::question::Draft;
use crate::formats::FoundBank;
use crate::formats::conventions::fold;

pub(super) fn bank(text: &str) -> FoundBank {
    let text = fold::tidy(text);
    let lines = text.lines().enumerate();
    let lines: Vec<Line> = lines
        .map(|(index, line)| Line {
            at: format!("line {}", index + 1),
            text: line.to_owned(),
            warnings: vec![],
        })
        .collect();
    read(&lines)
}

/// Each question as `kind stem [options] key`, or its place and `!` and the pointers of its faults.
pub(super) fn shown(bank: &FoundBank) -> Vec<String> {
    let question = |found: &crate::formats::FoundQuestion| {
        let checked =
            found.draft.clone().and_then(|draft| Draft { code: format!("c{}", draft.code), ..draft }.check());
        match checked {
            Ok(question) => {
                let options = question.options.join("|");
                let options = if options.is_empty() { options } else { format!(" [{options}]") };
                let kind = question.kind.as_str();
                format!("{kind} {}{options} {}", question.stem, question.written_key().join(";"))
            }
            Err(faults) => {
                let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
                format!("{}!{}", found.at, pointers.join(","))
            }
        }
    };
    bank.questions.iter().map(question).collect()
}

pub(super) fn warnings(bank: &FoundBank) -> usize {
    bank.warnings.len() + bank.questions.iter().map(|found| found.warnings.len()).sum::<usize>()
}

const ONE: &str = "single 首都是（ ） [北京|上海] A";
const TWO: &str = "single 最长的河 [长江|黄河] A";

/// A name, the paper, the questions in it, and how many warnings there are.
type Layout = (&'static str, &'static str, &'static [&'static str], usize);

#[rustfmt::skip]
const LAYOUTS: &[Layout] = &[
    ("canonical", "一、单选题（每题2分）\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n2. 最长的河\nA. 长江  B. 黄河\n答案：A", &[ONE, TWO], 0),
    ("enumeration comma", "一、单选题\n1、首都是（ ）\nA、北京\nB、上海\n答案：A\n2、最长的河\nA、长江 B、黄河\n答案：A", &[ONE, TWO], 0),
    ("full width", "一、单选题\n１．首都是（ ）\nＡ．北京\nＢ．上海\n答案：Ａ", &[ONE], 0),
    ("round numbers", "一、单选题\n（1）首都是（ ）\nA. 北京\nB. 上海\n答案：A\n（2）最长的河\nA. 长江 B. 黄河\n答案：A", &[ONE, TWO], 0),
    ("half brackets", "单选题\n1) 首都是（ ）\nA) 北京\nB) 上海\n答案：A", &[ONE], 0),
    ("square numbers", "单选题：\n【1】首都是（ ）\nA. 北京\nB. 上海\n【答案】A", &[ONE], 0),
    ("named numbers", "【单选题】\n第1题 首都是（ ）\nA. 北京\nB. 上海\n正确答案：A\n第2题、最长的河\nA. 长江\nB. 黄河\n正确答案：A", &[ONE, TWO], 0),
    ("bare numbers", "一、单选题\n1 首都是（ ）\nA 北京\nB 上海\n答案 A\n2最长的河\nA. 长江\nB. 黄河\n答案 A", &[ONE, TWO], 0),
    ("one character", "一、单选题\n⒈首都是（ ）\nA. 北京\nB. 上海\n答案：A\n⒉最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 0),
    ("one line", "一、单选题\n1. 首都是（ ）A. 北京 B. 上海 答案：A\n2. 最长的河 A. 长江 B. 黄河 答案：A", &[ONE, TWO], 0),
    ("squeezed", "一、单选题\n1.首都是（ ）\nA.北京B.上海\n答案:A", &[ONE], 0),
    ("tabs", "一、单选题\n1.\t首都是（ ）\nA.\t北京\tB.\t上海\n答案：A", &[ONE], 0),
    ("in the stem", "一、单选题\n1. 首都是（A）。\nA. 北京\nB. 上海", &["single 首都是（  ）。 [北京|上海] A"], 0),
    ("in the stem, spaced", "一、多选题\n1. 直辖市有（ A B ）\nA. 北京\nB. 上海\nC. 济南", &["multiple 直辖市有（  ） [北京|上海|济南] A;B"], 0),
    ("list of letters", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n2. 最长的河\nA. 长江\nB. 黄河\n参考答案\n1-2 AA", &[ONE, TWO], 0),
    ("list one by one", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n2. 最长的河\nA. 长江\nB. 黄河\n\n答案：\n1. A  2. A", &[ONE, TWO], 0),
    ("list by section", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n二、判断题\n1. 地球是圆的。（ ）\n2. 地球是方的。（ ）\n参考答案\n一、单选题\n1. A\n二、判断题\n1.√ 2.×", &[ONE, "judge 地球是圆的。 true", "judge 地球是方的。 false"], 0),
    ("list without sections", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n二、判断题\n1. 地球是圆的。（ ）\n2. 地球是方的。（ ）\n参考答案：\n1、A\n1、对 2、错", &[ONE, "judge 地球是圆的。 true", "judge 地球是方的。 false"], 0),
    ("list numbered through", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n二、判断题\n2. 地球是圆的。（ ）\n参考答案\n1. A\n2. 对", &[ONE, "judge 地球是圆的。 true"], 0),
    ("list of several letters", "一、多选题\n1. 直辖市\nA. 北京\nB. 上海\nC. 济南\n2. 偶数\nA. 2\nB. 4\n参考答案\n1-2：AB AB", &["multiple 直辖市 [北京|上海|济南] A;B", "multiple 偶数 [2|4] A;B"], 0),
    ("list with explanations", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n2. 最长的河\nA. 长江\nB. 黄河\n参考答案及解析\n1.【答案】A【解析】宪法写明。\n2. A 解析：六千公里。\n又一行。", &[ONE, TWO], 0),
    ("list heads with the kind", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n2. 最长的河\nA. 长江\nB. 黄河\n单选题答案\n1~2：AA", &[ONE, TWO], 0),
    ("list of texts", "一、填空题\n1. 首都是____。\n2. 由____和____组成。\n答案\n1. 北京\n2. 甲；乙", &["blank 首都是____。 北京", "blank 由____和____组成。 甲;乙"], 0),
    ("judge words", "三、判断题\n1. 甲。（√）\n2. 乙。（×）\n3. 丙。 ( 对 )\n4. 丁（错）。\n5. 戊。答案：T\n6. 己。\n答案：False", &["judge 甲。 true", "judge 乙。 false", "judge 丙。 true", "judge 丁。 false", "judge 戊。 true", "judge 己。 false"], 0),
    ("judge with options", "判断题\n1. 地球是圆的。\nA. 正确\nB. 错误\n答案：A", &["judge 地球是圆的。 true"], 0),
    ("blanks", "填空题\n1. 由（　　）和（ ）组成。\n答案：甲|乙；丙\n2. 首都是【】。\n答案：北京\n3. 由__和___组成\n答案：甲;乙", &["blank 由____和____组成。 甲|乙;丙", "blank 首都是____。 北京", "blank 由__和___组成 甲;乙"], 0),
    ("short with points", "五、简答题\n1. 为什么？\n答案：\n1. 因为甲。\n2. 因为乙。\n解析：无\n2. 怎么做？\n答：照章办。", &["short 为什么？ 1. 因为甲。;2. 因为乙。", "short 怎么做？ 照章办。"], 0),
    ("short without an answer", "简答题\n1. 为什么？\n2. 怎么做？", &["short 为什么？ ", "short 怎么做？ "], 0),
    ("terms", "名词解释\n1. 民主集中制\n答案：一项原则。", &["short 民主集中制 一项原则。"], 0),
    ("inline kinds", "1.【单选题】首都是（ ）\nA. 北京\nB. 上海\n答案：A\n2. (多选题) 偶数\nA. 2\nB. 4\n答案：AB\n3. 〔判断〕地球是圆的。\n答案：对\n4. 填空题：首都是____。\n答案：北京", &[ONE, "multiple 偶数 [2|4] A;B", "judge 地球是圆的。 true", "blank 首都是____。 北京"], 0),
    ("inline kind behind", "1. 首都是（ ）【单选题】\nA. 北京\nB. 上海\n答案：A", &[ONE], 0),
    ("inline kind with points", "1.【单选题，2分】首都是（ ）\nA. 北京\nB. 上海\n答案：A\n2. （多选题 3分）偶数\nA. 2\nB. 4\n答案：AB", &[ONE, "multiple 偶数 [2|4] A;B"], 0),
    ("points before", "一、单选题\n1. （2分）首都是（ ）\nA. 北京\nB. 上海\n答案：A", &[ONE], 0),
    ("labels on one line", "一、单选题\n1. 首都是（ ）\nA. 北京 B. 上海\n答案：A    难度：中    分类：地理    依据：宪法", &[ONE], 0),
    ("labels in brackets", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n【答案】A　【解析】宪法。【难度】易", &[ONE], 0),
    ("labelled blocks", "题型：单选题\n题干：首都是（ ）\n选项：\nA. 北京\nB. 上海\n答案：A\n\n题型：单选题\n题干：最长的河\n选项：A. 长江 B. 黄河\n答案：A", &[ONE, TWO], 0),
    ("labelled stems only", "题目：首都是（ ）\nA. 北京\nB. 上海\n答案：A\n题目：最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 2),
    ("no numbers", "一、单选题\n首都是（ ）\nA. 北京\nB. 上海\n答案：A\n\n最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 0),
    ("no numbers, no empty lines", "单选题\n首都是（ ）\nA. 北京\nB. 上海\n答案：A\n最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 0),
    ("no kinds", "1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n2. 偶数\nA. 2\nB. 4\n答案：AB\n3. 地球是圆的。\n答案：对\n4. 首都是____。\n答案：北京\n5. 为什么？\n答案：因为这样。", &[ONE, "multiple 偶数 [2|4] A;B", "judge 地球是圆的。 true", "blank 首都是____。 北京", "short 为什么？ 因为这样。"], 5),
    ("choice, single or multiple", "一、选择题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n2. 偶数\nA. 2\nB. 4\n答案：AB", &[ONE, "multiple 偶数 [2|4] A;B"], 2),
    ("numbers restart in sections", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n二、判断题\n1. 地球是圆的。\n答案：对", &[ONE, "judge 地球是圆的。 true"], 0),
    ("numbers restart without a heading", "1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n1. 最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 2),
    ("continued stem and option", "一、单选题\n1. 首都\n是（ ）\nA. 北\n京\nB. 上海\n答案：A", &["single 首都\n是（ ） [北\n京|上海] A"], 0),
    ("enumeration in the stem", "一、单选题\n1. 说法正确的是：\n1. 甲\n2. 乙\nA. 只有1 B. 只有2\n答案：A\n2. 最长的河\nA. 长江\nB. 黄河\n答案：A", &["single 说法正确的是：\n1. 甲\n2. 乙 [只有1|只有2] A", TWO], 0),
    ("circled statements", "一、单选题\n1. 正确的是：①甲 ②乙\nA. ① B. ②\n答案：A", &["single 正确的是：①甲 ②乙 [①|②] A"], 0),
    ("bracketed points in the stem", "一、单选题\n1. 正确的是：\n（1）甲\n（2）乙\nA. 前者 B. 后者\n答案：A", &["single 正确的是：\n（1）甲\n（2）乙 [前者|后者] A"], 0),
    ("enumeration in the explanation", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n解析：\n1. 宪法写明\n2. 常识\n2. 最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 1),
    ("decimals and dates begin lines", "一、单选题\n1. 首都是（ ）\n3.14是圆周率\n2021年是闰年吗\nA. 北京\nB. 上海\n答案：A", &["single 首都是（ ）\n3.14是圆周率\n2021年是闰年吗 [北京|上海] A"], 0),
    ("empty lines everywhere", "\n\n一、单选题\n\n1. 首都是（ ）\n\nA. 北京\n\nB. 上海\n\n答案：A\n\n\n2. 最长的河\n\nA. 长江\n\nB. 黄河\n\n答案：A\n", &[ONE, TWO], 0),
    ("indented", "　　一、单选题\n　　1. 首都是（ ）\n　　　A. 北京\n　　　B. 上海\n　　答案：A", &[ONE], 0),
    ("many options", "单选题\n1. 选第九个\nA. 1 B. 2 C. 3 D. 4\nE. 5 F. 6 G. 7 H. 8\nI. 9\n答案：I", &["single 选第九个 [1|2|3|4|5|6|7|8|9] I"], 0),
    ("all right", "多选题\n1. 直辖市\nA. 北京\nB. 上海\nC. 天津\n答案：全选\n2. 偶数\nA. 2\nB. 4\nC. 6\n答案：A-C", &["multiple 直辖市 [北京|上海|天津] A;B;C", "multiple 偶数 [2|4|6] A;B;C"], 0),
    ("parted letters", "多选题\n1. 偶数\nA. 2\nB. 4\nC. 5\n答案：A、B\n2. 奇数\nA. 1\nB. 3\nC. 4\n答案：A,B", &["multiple 偶数 [2|4|5] A;B", "multiple 奇数 [1|3|4] A;B"], 0),
    ("bracketed options", "一、单选题\n1. 首都是（ ）\n（A）北京 （B）上海\n答案：（A）", &[ONE], 0),
    ("English", "Single choice\n1. The capital is\nA. Beijing\nB. A big town\nAnswer: A\nTrue/False\n2. It is round.\nAnswer: True", &["single The capital is [Beijing|A big town] A", "judge It is round. true"], 0),
    ("Kangxi radicals", "⼀、单选题\n1. ⾸都是（ ）\nA. 北京\nB. 上海\n答案：A", &[ONE], 0),
    ("rules between", "一、单选题\n------\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n======\n2. 最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 0),
    ("indefinite choice", "二、不定项选择题（每题3分，少选得1分）\n1. 偶数\nA. 2\nB. 4\n答案：AB", &["multiple 偶数 [2|4] A;B"], 0),
    ("instructions in the heading", "一、单项选择题：本大题共2小题，每小题2分，共4分。在每小题列出的选项中只有一项符合要求\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A", &[ONE], 0),
    ("judge heading with instructions", "三、判断题（正确的打“√”，错误的打“×”）\n1. 地球是圆的。（√）", &["judge 地球是圆的。 true"], 0),
    ("numbered heading", "1、单选题（共1题）\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n2、判断题（共1题）\n1. 地球是圆的。\n答案：对", &[ONE, "judge 地球是圆的。 true"], 0),
    ("a number is missing", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n3. 最长的河\nA. 长江\nB. 黄河\n答案：A", &[ONE, TWO], 1),
    ("answers and explanation below", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n宪法第一百四十三条。", &[ONE], 1),
    ("text of the option", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：北京", &[ONE], 1),
    ("the key twice, the same", "一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n答案：A", &[ONE], 0),
];

#[test]
fn layouts() {
    let mut wrong = Vec::new();
    for (name, text, wanted, warned) in LAYOUTS {
        let bank = bank(text);
        let found = (shown(&bank), warnings(&bank));
        if found.0 != *wanted || found.1 != *warned {
            wrong.push(format!(
                "{name}: {found:#?}\n{:?}\n{:?}",
                bank.warnings,
                bank.questions.iter().map(|q| (&q.draft, &q.warnings)).collect::<Vec<_>>()
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), LAYOUTS.len(), wrong.join("\n\n"));
}

#[test]
fn chapters_titles_and_fields() {
    let paper = "党章知识题库\n第一章 总纲\n一、单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A\n解析：宪法写明。\n第二行。\n难度：较难\n依据：宪法第143条\n核对日期：2026年8月3日\n编号：dzy-001\n第二章 党员\n一、判断题\n1. 地球是圆的。\n答案：对\n章节：天文";
    let bank = bank(paper);
    assert_eq!(bank.title.as_deref(), Some("党章知识题库"));
    assert_eq!(bank.warnings, []);
    let drafts: Vec<Draft> = bank.questions.iter().map(|found| found.draft.clone().unwrap()).collect();
    assert_eq!(drafts[0].chapter.as_deref(), Some("第一章 总纲"));
    assert_eq!(drafts[0].explanation.as_deref(), Some("宪法写明。\n第二行。"));
    assert_eq!(drafts[0].difficulty, Some(4));
    assert_eq!(drafts[0].source.as_deref(), Some("宪法第143条"));
    assert_eq!(drafts[0].verified_on.as_deref(), Some("2026-08-03"));
    assert_eq!(drafts[0].code, "dzy-001");
    assert_eq!(drafts[1].chapter.as_deref(), Some("天文"));
    assert_eq!((drafts[1].explanation.as_deref(), drafts[1].difficulty), (None, None));
    let outer = self::bank("一、判断题\n第一章 总纲\n1. 甲\n答案：对\n第二章 党员\n1. 乙\n答案：错");
    let chapters: Vec<_> = outer
        .questions
        .iter()
        .map(|found| found.draft.clone().unwrap())
        .map(|draft| (draft.chapter.unwrap(), draft.kind.unwrap().as_str()))
        .collect();
    assert_eq!(chapters, [("第一章 总纲".to_owned(), "judge"), ("第二章 党员".to_owned(), "judge")]);
    let guessed = self::bank("一、党章部分\n单选题\n1. 首都是（ ）\nA. 北京\nB. 上海\n答案：A");
    assert_eq!(
        (guessed.warnings.len(), guessed.questions[0].draft.clone().unwrap().chapter.as_deref()),
        (1, Some("党章部分"))
    );
}
