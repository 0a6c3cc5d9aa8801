use std::io::{Cursor, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;
use crate::domain::question::{Draft, Kind};
use crate::formats::FoundQuestion;

fn packed(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn item_2(declarations: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<assessmentItem xmlns=\"http://www.imsglobal.org/xsd/imsqti_v2p2\" \
         identifier=\"i64f0\" title=\"第一题\" adaptive=\"false\" timeDependent=\"false\" toolName=\"TAO\">{declarations}\
         <outcomeDeclaration identifier=\"SCORE\" cardinality=\"single\" baseType=\"float\"/><itemBody>{body}</itemBody>\
         <responseProcessing template=\"http://www.imsglobal.org/question/qti_v2p2/rptemplates/match_correct\"/></assessmentItem>"
    )
}

fn read_one(text: &str) -> FoundQuestion {
    assert!(Qti.recognises(text.as_bytes()));
    Qti.read(text.as_bytes()).unwrap().questions.remove(0)
}

fn draft_of(text: &str) -> Draft {
    read_one(text).draft.unwrap_or_else(|faults| panic!("{faults:?}"))
}

const MULTIPLE: &str = "<responseDeclaration identifier=\"RESPONSE\" cardinality=\"multiple\" baseType=\"identifier\">\
     <correctResponse><value>choice_3</value><value> choice_1 </value></correctResponse></responseDeclaration>";

/// In the style of TAO: a grid of columns, the stem as the prompt, styles.
const COLUMNS: &str = "<div class=\"grid-row\"><div class=\"col-12\"><choiceInteraction responseIdentifier=\"RESPONSE\" shuffle=\"false\" maxChoices=\"0\">
    <prompt>下列属于<strong>四个自信</strong>的有&amp;包括：</prompt>
    <simpleChoice identifier=\"choice_1\" fixed=\"false\">道路自信<feedbackInline outcomeIdentifier=\"F\" identifier=\"c\" showHide=\"show\">对</feedbackInline></simpleChoice>
    <simpleChoice identifier=\"choice_2\"><img src=\"a.png\" alt=\"民族自信\"/></simpleChoice>
    <simpleChoice identifier=\"choice_3\"><p>理论自信</p></simpleChoice></choiceInteraction></div></div>";

#[test]
fn items_in_the_style_of_other_tools_are_read() {
    let found = read_one(&item_2(MULTIPLE, COLUMNS));
    let draft = found.draft.unwrap();
    assert_eq!((draft.code.as_str(), draft.kind), ("i64f0", Some(Kind::Multiple)));
    assert_eq!(draft.stem, "下列属于四个自信的有&包括：");
    assert_eq!(draft.options, ["道路自信", "民族自信", "理论自信"]);
    assert_eq!(draft.key, ["A", "C"]);
    assert_eq!(draft.explanation.as_deref(), Some("对"));
    assert_eq!(found.warnings.len(), 1, "the picture: {:?}", found.warnings);

    let gaps = "<responseDeclaration identifier=\"R1\" cardinality=\"single\" baseType=\"string\"><correctResponse><value>北京</value></correctResponse>\
        <mapping defaultValue=\"0\"><mapEntry mapKey=\"北京\" mappedValue=\"1\"/><mapEntry mapKey=\"北京市\" mappedValue=\"1\"/><mapEntry mapKey=\"京\" mappedValue=\"0.5\"/></mapping></responseDeclaration>\
        <responseDeclaration identifier=\"R2\" cardinality=\"single\" baseType=\"identifier\"><correctResponse><value>b</value></correctResponse></responseDeclaration>";
    let body = "<p>首都是<textEntryInteraction responseIdentifier=\"R1\"/>，成立于 <inlineChoiceInteraction responseIdentifier=\"R2\" shuffle=\"false\">\
        <inlineChoice identifier=\"a\">1919</inlineChoice><inlineChoice identifier=\"b\">1921</inlineChoice></inlineChoiceInteraction> 年。</p>";
    let found = read_one(&item_2(gaps, body));
    let draft = found.draft.unwrap();
    assert_eq!(draft.stem, "首都是____，成立于 ____ 年。");
    assert_eq!(draft.key, ["北京|北京市", "1921"]);
    assert_eq!(found.warnings.len(), 2);

    let essay = item_2(
        "<responseDeclaration identifier=\"RESPONSE\" cardinality=\"single\" baseType=\"string\"/>",
        "<p>谈谈体会。</p><extendedTextInteraction responseIdentifier=\"RESPONSE\"><prompt>不少于 300 字</prompt></extendedTextInteraction>",
    );
    let draft = draft_of(&essay);
    assert_eq!((draft.kind, draft.stem.as_str()), (Some(Kind::Short), "谈谈体会。\n不少于 300 字"));
}

#[test]
fn version_3_reads_as_version_2() {
    let item = "<qti-assessment-item xmlns=\"http://www.imsglobal.org/xsd/imsqtiasi_v3p0\" identifier=\"judge-1\" title=\"t\" adaptive=\"false\" time-dependent=\"false\">
        <qti-response-declaration identifier=\"RESPONSE\" cardinality=\"single\" base-type=\"identifier\">
          <qti-correct-response><qti-value>B</qti-value></qti-correct-response></qti-response-declaration>
        <qti-item-body><p>党成立于 1949 年。</p><qti-choice-interaction response-identifier=\"RESPONSE\" shuffle=\"false\" max-choices=\"1\">
          <qti-simple-choice identifier=\"A\">正确</qti-simple-choice><qti-simple-choice identifier=\"B\">错误</qti-simple-choice></qti-choice-interaction></qti-item-body>
        <qti-modal-feedback outcome-identifier=\"FEEDBACK\" identifier=\"x\" show-hide=\"show\"><p>1921 年</p></qti-modal-feedback>
      </qti-assessment-item>";
    let found = read_one(item);
    let draft = found.draft.unwrap();
    assert_eq!((draft.kind, draft.key.concat()), (Some(Kind::Judge), "false".into()));
    assert_eq!((draft.code.as_str(), draft.explanation.as_deref()), ("judge-1", Some("1921 年")));
    assert_eq!(found.warnings.len(), 1, "that it became a judge question");
}

#[test]
fn a_key_in_the_rules_is_found_and_told() {
    let item = "<assessmentItem identifier=\"x\"><responseDeclaration identifier=\"RESPONSE\" cardinality=\"single\" baseType=\"string\"/>\
        <itemBody><p>首都？</p><p><textEntryInteraction responseIdentifier=\"RESPONSE\"/></p></itemBody>\
        <responseProcessing><responseCondition><responseIf><stringMatch caseSensitive=\"false\"><variable identifier=\"RESPONSE\"/>\
        <baseValue baseType=\"string\">北京</baseValue></stringMatch><setOutcomeValue identifier=\"SCORE\"><baseValue baseType=\"float\">1</baseValue></setOutcomeValue></responseIf></responseCondition></responseProcessing></assessmentItem>";
    let draft = draft_of(item);
    assert_eq!((draft.stem.as_str(), draft.key.concat()), ("首都？", "北京".into()));
}

#[test]
fn what_the_product_lacks_is_refused_with_its_reason() {
    let refused = |declarations: &str, body: &str| match read_one(&item_2(declarations, body)).draft {
        Err(faults) => faults[0].message.to_string(),
        Ok(draft) => panic!("{draft:?}"),
    };
    assert!(refused("", "<orderInteraction responseIdentifier=\"R\"/>").contains("orderInteraction"));
    assert!(refused("", "<p>只是说明</p>").contains("no interaction"));
    assert!(refused(MULTIPLE, &format!("{COLUMNS}{COLUMNS}")).contains("several interactions"));
    assert!(refused(&MULTIPLE.replace("choice_3", "choice_9"), COLUMNS).contains("choice_9"));
    assert!(refused("", "<p><textEntryInteraction responseIdentifier=\"R\"/></p>").contains("no key"));
    assert!(
        draft_of(&item_2("", COLUMNS)).check().unwrap_err()[0].message.to_string().contains("key is missing")
    );
}

const MANIFEST: &str = "<?xml version=\"1.0\"?><manifest xmlns=\"http://www.imsglobal.org/xsd/imscp_v1p1\" xmlns:lom=\"http://ltsc.ieee.org/xsd/LOM\">
    <metadata><lom:lom><lom:general><lom:title><lom:string>党史题库</lom:string></lom:title></lom:general></lom:lom></metadata>
    <resources>
    <resource identifier=\"t\" type=\"imsqti_test_xmlv2p1\" href=\"tests/t.xml\"/>
    <resource identifier=\"a\" type=\"imsqti_item_xmlv2p1\" href=\"items/a%20b.xml\"><metadata><lom:lom>
      <lom:general><lom:keyword><lom:string>来源:党章</lom:string></lom:keyword></lom:general>
      <lom:educational><lom:difficulty><lom:source>LOMv1.0</lom:source><lom:value>difficult</lom:value></lom:difficulty></lom:educational></lom:lom></metadata></resource>
    <resource identifier=\"b\" type=\"imsqti_item_xmlv2p1\" href=\"items/b.xml\"/>
    <resource identifier=\"c\" type=\"imsqti_item_xmlv2p1\" href=\"../../etc/passwd\"/>
    <resource identifier=\"p\" type=\"webcontent\" href=\"a.png\"/></resources></manifest>";

#[test]
fn a_package_is_read_in_the_order_of_its_test() {
    let test = "<assessmentTest><testPart><assessmentSection title=\"党章\"><assessmentItemRef href=\"../items/b.xml\"/></assessmentSection>\
                <assessmentSection title=\"\"><assessmentItemRef href=\"../items/a%20b.xml\"/></assessmentSection></testPart></assessmentTest>";
    let item = item_2(MULTIPLE, COLUMNS);
    let file = packed(&[
        ("imsmanifest.xml", MANIFEST),
        ("tests/t.xml", test),
        ("items/a b.xml", &item),
        ("items/b.xml", &item.replace("i64f0", "b")),
        ("etc/passwd", "x"),
    ]);
    assert!(Qti.recognises(&file));
    let bank = Qti.read(&file).unwrap();
    assert_eq!(bank.title.as_deref(), Some("党史题库"));
    let places: Vec<&str> = bank.questions.iter().map(|found| found.at.as_str()).collect();
    assert_eq!(places[..2], ["items/b.xml", "items/a b.xml"]);
    let first = bank.questions[0].draft.as_ref().unwrap();
    assert_eq!((first.code.as_str(), first.chapter.as_deref()), ("b", Some("党章")));
    let second = bank.questions[1].draft.as_ref().unwrap();
    assert_eq!((second.difficulty, second.source.as_deref()), (Some(4), Some("党章")));
    assert!(bank.questions[2].draft.is_err(), "a path that leads out of the archive");
}

#[test]
fn damaged_and_foreign_packages_are_refused() {
    let told = |file: &[u8]| Qti.read(file).unwrap_err().to_string();
    assert!(told(&packed(&[("a.xml", "<a/>")])).contains("imsmanifest.xml"));
    let canvas = MANIFEST.replace("imsqti_item_xmlv2p1", "imsqti_xmlv1p2");
    assert!(told(&packed(&[("imsmanifest.xml", &canvas)])).contains("QTI 1.x"));
    assert!(told(b"<questestinterop/>").contains("QTI 1.x"));
    assert!(told(b"<assessmentTest/>").contains("whole QTI package"));
    let whole = packed(&[("imsmanifest.xml", MANIFEST)]);
    assert!(Qti.read(&whole[..whole.len() / 2]).is_err());
    let bomb = "<!DOCTYPE a [<!ENTITY a \"b\">]><assessmentItem>&a;</assessmentItem>";
    let bank = Qti.read(&packed(&[("imsmanifest.xml", MANIFEST), ("items/b.xml", bomb)])).unwrap();
    assert!(bank.questions.iter().all(|found| found.draft.is_err()));
    let bare = packed(&[("imsmanifest.xml", "<manifest/>"), ("x/q.xml", &item_2(MULTIPLE, COLUMNS))]);
    let bank = Qti.read(&bare).unwrap();
    assert_eq!((bank.questions.len(), bank.warnings.len()), (1, 1));
}
