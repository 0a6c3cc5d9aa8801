//! Names that other systems give to questions, and whether they may be codes.

use std::collections::HashMap;

use crate::domain::question::LONGEST_CODE;
use crate::formats::FoundQuestion;
use crate::message;

/// Whether `text` can be the code of a question.
pub fn can_be_code(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= LONGEST_CODE
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "/?#%\\".contains(c))
}

/// The chapter that a category path of Moodle names: its last part. `//` stands for a slash in a part.
pub fn chapter_of(path: &str) -> Option<String> {
    let mut parts = vec![String::new()];
    let mut characters = path.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, parts.last_mut()) {
            ('/', _) if characters.peek() != Some(&'/') => parts.push(String::new()),
            ('/', Some(part)) => {
                characters.next();
                part.push('/');
            }
            (other, Some(part)) => part.push(other),
            (_, None) => {}
        }
    }
    let mut parts = parts.iter().map(|part| part.trim()).peekable();
    parts.next_if(|part| part.len() > 1 && part.starts_with('$') && part.ends_with('$'));
    parts.next_if_eq(&"top");
    parts.last().filter(|part| !part.is_empty()).map(str::to_owned)
}

/// The category path of Moodle for a chapter.
pub fn path_of(chapter: &str) -> String {
    let part = chapter.replace(['\n', '\r'], " ").replace('/', "//");
    // Of three slashes nobody could tell which one parts.
    let space = if part.starts_with('/') { " " } else { "" };
    format!("$course$/top/{space}{part}")
}

/// Makes codes of names. Systems let a name stand twice and make one from the stem: only a name that is
/// unlike the stem, can be a code and stands once becomes the code. `names` belong to `questions` one by one.
pub fn settle(questions: &mut [FoundQuestion], names: &[Option<String>]) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for name in names.iter().flatten() {
        *seen.entry(name).or_default() += 1;
    }
    for (found, name) in questions.iter_mut().zip(names) {
        let (Some(name), Ok(draft)) = (name, &mut found.draft) else {
            continue;
        };
        let begins_stem = draft.stem.starts_with(name.trim_end_matches(['.', '…']));
        if !draft.code.is_empty() || begins_stem {
            continue;
        }
        if !can_be_code(name) {
            found.warnings.push(message!(
                "题名“{name}”不能作题号（不能含空白和 / ? # % \\），题号由系统编",
                "the name “{name}” cannot be a code (no white space and none of / ? # % \\); one is made"
            ));
        } else if seen.get(name.as_str()).is_some_and(|&times| times > 1) {
            found.warnings.push(message!(
                "题名“{name}”在文件里不止一次，不作题号，题号由系统编",
                "the name “{name}” stands more than once in the file and is no code; one is made"
            ));
        } else {
            draft.code.clone_from(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::question::Draft;

    #[test]
    fn the_last_part_of_a_path_is_the_chapter() {
        for (path, chapter) in [
            ("$course$/top/党章/总纲", Some("总纲")),
            ("$course$/党章", Some("党章")),
            ("党章", Some("党章")),
            ("$course$/top", None),
            ("", None),
            ("a//b/c//d", Some("c/d")),
        ] {
            assert_eq!(chapter_of(path).as_deref(), chapter, "{path}");
        }
        for chapter in ["党章", "top", "$course$", "a/b", "/a", "a/", "//", "a // b"] {
            assert_eq!(chapter_of(&path_of(chapter)).as_deref(), Some(chapter), "{chapter}");
        }
    }

    #[test]
    fn only_names_that_stand_once_and_are_no_stems_become_codes() {
        let found = |stem: &str| FoundQuestion {
            at: String::new(),
            draft: Ok(Draft { stem: stem.into(), ..Draft::default() }),
            warnings: vec![],
            original: vec![],
        };
        let mut questions = vec![found("甲是谁？"), found("乙"), found("丙"), found("丁"), found("戊")];
        let names = ["甲是谁", "Q1", "Q1", "P0001", "a b"].map(|name| Some(name.to_owned()));
        settle(&mut questions, &names);
        let codes: Vec<&str> =
            questions.iter().map(|found| found.draft.as_ref().unwrap().code.as_str()).collect();
        assert_eq!(codes, ["", "", "", "P0001", ""]);
        let warned: Vec<usize> = questions.iter().map(|found| found.warnings.len()).collect();
        assert_eq!(warned, [0, 1, 1, 0, 1]);
    }
}
