use super::*;

fn refused(text: &str) -> String {
    Document::tree(text).unwrap_err().to_string()
}

#[test]
fn a_tree_has_its_text_and_attributes() {
    let tree = Document::tree(
        "<?xml version='1.0'?>\n<a x:b='1 &lt; 2'>t&amp;&#20013;<![CDATA[<b>]]><!-- c --><q:c d=\"e\"/>&nbsp;</a>",
    )
    .unwrap();
    assert_eq!((tree.name.as_str(), tree.attribute("b")), ("a", Some("1 < 2")));
    assert_eq!(tree.text(), "t&中<b>\u{a0}");
    assert_eq!(tree.child("c").unwrap().attribute("d"), Some("e"));
}

#[test]
fn bombs_and_broken_files_are_refused_with_their_line() {
    let bomb =
        "<?xml version=\"1.0\"?>\n<!DOCTYPE l [\n<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>\n<l>&b;</l>";
    assert!(refused(bomb).contains("entities"), "{}", refused(bomb));
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    assert!(refused(outside).contains("entities"));
    assert!(refused("<a>\n&unknown;</a>").contains("line 2"));
    assert!(refused("<a>\n<b></a>").contains("line 2"));
    assert!(refused("<a>\n<b>").contains("cut off at line 2"));
    assert!(refused(&format!("{}{}", "<a>".repeat(200), "</a>".repeat(200))).contains("inside one another"));
    assert!(refused("  ").contains("no XML element"));
    assert!(Document::tree("<!DOCTYPE quiz SYSTEM \"http://example.org/x.dtd\"><quiz/>").is_ok());
}

#[test]
fn the_stated_encoding_holds() {
    let text = "<?xml version=\"1.0\" encoding=\"gb2312\"?><a>章程</a>";
    let (file, _, _) = encoding_rs::GBK.encode(text);
    assert_eq!(Document::tree(&decode(&file).unwrap()).unwrap().text(), "章程");
    assert_eq!(root_name(&file).as_deref(), Some("a"));
    assert!(decode(b"<?xml version='1.0' encoding='nonsense'?><a/>").is_err());
    assert_eq!(root_name(b"plain < text"), None);
    assert_eq!(
        root_name("\u{feff}<?xml version='1.0'?>\n<!-- x -->\n<q:quiz a='b'>".as_bytes()).as_deref(),
        Some("quiz")
    );
}

#[test]
fn what_is_escaped_reads_back() {
    let text = "a<b>&\"'\r\n\t";
    assert_eq!(Document::tree(&format!("<a>{}</a>", escape(text))).unwrap().text(), text);
}
