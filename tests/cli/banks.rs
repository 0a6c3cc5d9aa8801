//! Checking, importing and exporting banks.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::{Place, question};

#[test]
fn bank_check_tells_counts_and_every_fault_with_its_place() {
    let place = Place::new();
    let good = place.write("good.json", json!([question("a-1"), question("a-2")]).to_string());
    place.write("README.md", "# No bank");
    let said = place.run(&["bank", "check", good.to_str().unwrap(), "README.md"]).done();
    assert!(said.contains("2 questions, no finding"), "{said}");
    assert!(said.contains("README.md"), "what is skipped is named: {said}");

    let mut no_key = question("b-1");
    no_key["key"] = json!([]);
    let mut bad_kind = question("b-2");
    bad_kind["kind"] = json!("essay");
    let bad = json!({"title": "坏", "questions": [question("b-0"), no_key, bad_kind, question("b-0")]});
    place.write("bad.json", bad.to_string());
    let reason = place.run(&["bank", "check", "good.json", "bad.json"]).refused(1);
    for at in ["bad.json: /questions/1", "bad.json: /questions/2", "bad.json: /questions/3"] {
        assert!(reason.contains(at), "{at} in {reason}");
    }
    assert!(!reason.contains("good.json") && !reason.contains("/questions/0:"), "{reason}");

    place.write("broken.json", "[\n{\"code\": }\n]");
    let reason = place.run(&["bank", "check", "broken.json"]).refused(1);
    assert!(reason.contains("broken.json"), "{reason}");
    place.write("noise.json", [0_u8, 159, 146, 150, 255]);
    assert!(place.run(&["bank", "check", "noise.json"]).refused(1).contains("noise.json"));
    place.run(&["bank", "check"]).refused(2);
    let files = place.files();
    assert!(!files.iter().any(|file| file.contains("data")), "a check needs no database: {files:?}");
}

#[test]
fn the_built_in_bank_passes_the_check() {
    let place = Place::new();
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("question_bank");
    let mut args = vec!["bank".to_owned(), "check".into()];
    args.extend(fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string()));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(place.run(&args).done().contains("no finding"));
}

#[test]
fn an_exported_bank_comes_back_unchanged() {
    let place = Place::new();
    place.start_empty();
    let two = json!({"title": "两题", "questions": [question("q-1"), question("q-2")]});
    place.write("two.json", two.to_string());
    let said = place.run(&["bank", "import", "two.json", "--bank", "B-2"]).done();
    assert!(said.contains("2 added"), "{said}");
    place.run(&["bank", "export", "B-2", "--output", "out.json"]).done();
    let said = place.run(&["bank", "import", "out.json", "--bank", "B-2"]).done();
    assert!(said.contains("0 added, 0 updated, 2 unchanged"), "{said}");

    let said = place.run(&["bank", "export", "1000", "--format", "json", "--output", "all.json"]).done();
    assert!(said.contains("all.json"), "{said}");
    let all: Value = serde_json::from_slice(&fs::read(place.path("all.json")).unwrap()).unwrap();
    let count = all["questions"].as_array().unwrap().len();
    let said = place.run(&["bank", "import", "all.json"]).done();
    assert!(said.contains(&format!("0 added, 0 updated, {count} unchanged")), "{said}");
    place.run(&["bank", "import", "all.json", "--bank", "copy"]).done();
    place.run(&["bank", "export", "copy", "--output", "copy.json"]).done();
    let copy: Value = serde_json::from_slice(&fs::read(place.path("copy.json")).unwrap()).unwrap();
    assert_eq!(copy["questions"], all["questions"]);

    assert!(place.run(&["bank", "export", "none", "--output", "x.json"]).refused(1).contains("none"));
    place.run(&["bank", "export", "1000", "--format", "gif", "--output", "x.gif"]).refused(1);
    place.run(&["bank", "export", "1000"]).refused(2);
}

#[test]
fn a_dry_run_or_a_refused_import_makes_no_bank() {
    let place = Place::new();
    place.start_empty();
    place.write("good.json", json!([question("a-1")]).to_string());
    let mut bad = question("a-2");
    bad["key"] = json!(["C"]);
    place.write("bad.json", json!([question("a-1"), bad]).to_string());
    let said = place.run(&["bank", "import", "good.json", "--bank", "new", "--dry-run"]).done();
    assert!(said.contains("1 added") && said.contains("dry run"), "{said}");
    let reason = place.run(&["bank", "import", "bad.json", "--bank", "new"]).refused(1);
    assert!(reason.contains("bad.json: /1"), "{reason}");
    let reason =
        place.run(&["bank", "import", "good.json", "bad.json", "--bank", "new", "--dry-run"]).refused(1);
    assert!(reason.contains("bad.json: /1"), "{reason}");
    place.run(&["bank", "export", "new", "--output", "new.json"]).refused(1);
    // Into a bank that is there: the whole file or nothing of it.
    place.run(&["bank", "import", "bad.json"]).refused(1);
    place.run(&["bank", "export", "1000", "--output", "all.json"]).done();
    assert!(!fs::read_to_string(place.path("all.json")).unwrap().contains("题干 a-1"));
}

#[test]
fn a_fault_in_a_table_is_told_with_its_file_and_its_cell() {
    let place = Place::new();
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/formats/tables/openpyxl-merged.xlsx");
    let told = place.run(&["bank", "check", table, "--any-source"]).refused(1);
    assert!(told.contains(&format!("\n{table}: 试题内容!H12: the key is missing\n")), "{told}");
}
