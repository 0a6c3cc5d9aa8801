/// What every execution does with a file: recognise it, read it, check what was read, write the
/// questions and read them back. Shared by the fuzz targets and by `tests/fuzz/`.
///
/// # Panics
/// When a reader panics, or what was written does not read back with as many questions.
pub fn exercise(format: &dyn qianti::formats::BankFormat, file: &[u8]) {
    let _ = format.recognises(file);
    let _ = qianti::formats::recognise(file);
    let Ok(bank) = format.read(file) else {
        return;
    };
    let mut questions = Vec::new();
    for found in bank.questions {
        assert!(!found.at.is_empty(), "a question has a place");
        if let Ok(mut draft) = found.draft
            && questions.len() < 50
        {
            draft.code = format!("q{}", questions.len());
            questions.extend(draft.check());
        }
    }
    let written = format.write("题库", &questions).expect("checked questions can be written");
    let kept = questions.len() - written.left_out.len();
    if kept > 0 {
        let again = format.read(&written.content).expect("what was written can be read");
        let name = format.name();
        assert_eq!(again.questions.len(), kept, "{name}: {}", String::from_utf8_lossy(&written.content));
        for found in again.questions {
            if let Err(faults) = found.draft {
                panic!("{name}: {faults:?} in {}", String::from_utf8_lossy(&written.content));
            }
        }
    }
}
