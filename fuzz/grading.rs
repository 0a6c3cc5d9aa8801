use arbitrary::{Arbitrary as _, Result, Unstructured};
use qianti::domain::blueprint::{Blueprint, MultipleRule, Section};
use qianti::domain::draw::{Item, Paper};
use qianti::domain::grading::{Answers, compared_form, fit, grade_item, grade_paper, shown_key};
use qianti::domain::points::Points;
use qianti::domain::question::{Draft, Kind, Question, letter};

/// Kinds that the machine grades.
const KINDS: [Kind; 4] = [Kind::Single, Kind::Multiple, Kind::Judge, Kind::Blank];
const RULES: [MultipleRule; 3] =
    [MultipleRule::AllOrNothing, MultipleRule::HalfIfIncomplete, MultipleRule::PerOption];

/// Makes an item, its paper and an answer out of any bytes, and grades it: whether the bytes were enough for
/// an item. What must hold of every grade is asserted.
///
/// # Panics
/// When grading panics or a rule of it does not hold.
pub fn exercise(bytes: &[u8]) -> bool {
    let mut bytes = Unstructured::new(bytes);
    some_item(&mut bytes).is_ok_and(|found| found.is_some())
}

fn some_item(bytes: &mut Unstructured<'_>) -> Result<Option<()>> {
    let Some(question) = some_question(bytes)? else { return Ok(None) };
    let section = Section {
        title: String::new(),
        kinds: vec![],
        chapters: vec![],
        difficulty: (1, 5),
        count: 1,
        points: Points(bytes.int_in_range(1..=100_000)?),
        multiple_rule: *bytes.choose(&RULES)?,
    };
    let mut order: Vec<u8> = (0_u8..).take(question.options.len()).collect();
    for last in (1..order.len()).rev() {
        order.swap(last, bytes.int_in_range(0..=last)?);
    }
    let item = Item { question: 0, section: 0, options: order.iter().copied().collect() };
    let answer = some_answer(bytes, &question)?;
    check(&question, &section, &item, &answer);
    check_paper(&question, &section, &item, &answer, bytes.int_in_range(0..=100)?);
    Ok(Some(()))
}

/// A question as somebody might write it, when it passes the checks.
fn some_question(bytes: &mut Unstructured<'_>) -> Result<Option<Question>> {
    let kind = *bytes.choose(&KINDS)?;
    let options = if matches!(kind, Kind::Single | Kind::Multiple) { bytes.int_in_range(2..=8)? } else { 0 };
    let gaps = if kind == Kind::Blank { bytes.int_in_range(1..=4)? } else { 0 };
    let key = match kind {
        Kind::Single => vec![letter(bytes.int_in_range(0..=options - 1)?)],
        Kind::Multiple => {
            let chosen: u8 = bytes.arbitrary()?;
            (0..options).filter(|&option| chosen >> option & 1 == 1).map(letter).collect()
        }
        Kind::Judge => vec![bool::arbitrary(bytes)?.to_string()],
        _ => (0..gaps).map(|_| String::arbitrary(bytes)).collect::<Result<Vec<String>>>()?,
    };
    let draft = Draft {
        code: "q1".to_owned(),
        kind: Some(kind),
        chapter: Some("总纲".to_owned()),
        difficulty: Some(1),
        stem: format!("题干{}", "____".repeat(gaps).replace("________", "____，____")),
        options: (0..options).map(|option| format!("选项{option}")).collect(),
        key,
        ..Draft::default()
    };
    Ok(draft.check().ok())
}

/// Letters, truths, texts of the key in other forms, and anything at all.
fn some_answer(bytes: &mut Unstructured<'_>, question: &Question) -> Result<Vec<String>> {
    let words = bytes.int_in_range(0..=6)?;
    let mut answer = Vec::new();
    for _ in 0..words {
        answer.push(match bytes.int_in_range(0..=4)? {
            0 | 1 => letter(bytes.int_in_range(0..=9)?),
            2 => bool::arbitrary(bytes)?.to_string(),
            3 => {
                let key = question.written_key();
                let of = bytes.choose(&key)?.split('|').next().unwrap_or_default().to_owned();
                format!(" {} ", of.to_uppercase())
            }
            _ => String::arbitrary(bytes)?,
        });
    }
    Ok(answer)
}

fn check(question: &Question, section: &Section, item: &Item, answer: &[String]) {
    let grade = |answer: &[String]| grade_item(question, item, section, Some(answer));
    let graded = grade(answer);
    assert!((Points::ZERO..=section.points).contains(&graded.score), "{graded:?} of {:?}", section.points);
    assert_eq!(
        graded.correct,
        graded.score == section.points,
        "an item is right when it earns all its points"
    );
    let empty = grade_item(question, item, section, None);
    assert_eq!((empty.score, empty.correct), (Points::ZERO, false), "an empty item earns nothing");
    let key: Vec<String> = shown_key(question, item)
        .iter()
        .map(|gap| gap.split('|').next().unwrap_or_default().to_owned())
        .collect();
    if key.iter().all(|word| !compared_form(word).is_empty()) {
        assert!(grade(&key).correct, "the key earns all points: {key:?}");
    }
    let Ok(fitted) = fit(question, answer) else { return };
    assert_eq!(fit(question, &fitted).as_ref(), Ok(&fitted), "the written form is its own written form");
    assert_eq!(grade(&fitted), graded, "the written form earns the same");
    if question.kind == Kind::Multiple {
        for word in &fitted {
            let fewer: Vec<String> = fitted.iter().filter(|other| *other != word).cloned().collect();
            let is_right = key.contains(word);
            let other = grade(&fewer).score;
            assert!(!is_right || other <= graded.score, "a right option less earns no more");
            assert!(is_right || graded.score == Points::ZERO, "a wrong option spoils the item");
        }
    }
}

fn check_paper(question: &Question, section: &Section, item: &Item, answer: &[String], pass_percent: u32) {
    let blueprint =
        Blueprint { sections: vec![section.clone()], shuffle_questions: true, shuffle_options: true };
    let paper = Paper { items: vec![item.clone(), item.clone(), item.clone()] };
    let answers: Answers = [(1, answer.to_vec()), (3, answer.to_vec()), (9, answer.to_vec())].into();
    let bank = std::slice::from_ref(question);
    let result = grade_paper(bank, &blueprint, &paper, &answers, pass_percent);
    let one = grade_item(question, item, section, Some(answer));
    assert_eq!(result.score, one.score + one.score, "an answer to an item that is not there earns nothing");
    assert_eq!(result.max_score, section.points + section.points + section.points);
    assert_eq!(result.correct, if one.correct { 2 } else { 0 });
    let reaches = result.score.0 * 100 >= result.max_score.0 * i64::from(pass_percent);
    assert_eq!(result.passed, reaches, "the pass mark");
}
