//! Questions become a package of QTI 2.1.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::metadata::DIFFICULTIES;
use super::package::MANIFEST;
use super::write_item;
use crate::domain::message::Message;
use crate::domain::question::Question;
use crate::formats::Written;
use crate::formats::markup::tags;
use crate::formats::markup::xml::escape;
use crate::message;

/// Writes a package: a manifest, and one file an item.
pub fn write(title: &str, questions: &[Question]) -> Result<Written, Message> {
    let failed = |_| message!("无法写出压缩包", "the archive cannot be written");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let codes: HashSet<&str> = questions.iter().map(|question| question.code.as_str()).collect();
    let mut resources = String::new();
    let mut files = Vec::with_capacity(questions.len());
    for (index, question) in questions.iter().enumerate() {
        let path = format!("items/q{:05}.xml", index + 1);
        let identifier = identifier(index, &question.code, &codes);
        resource(&mut resources, &path, &identifier, question);
        files.push((path, write_item::write(&identifier, question)));
    }
    zip.start_file(MANIFEST, options).map_err(failed)?;
    let manifest = manifest(title, &resources);
    zip.write_all(manifest.as_bytes()).map_err(|error| failed(error.into()))?;
    for (path, content) in files {
        zip.start_file(path, options).map_err(failed)?;
        zip.write_all(content.as_bytes()).map_err(|error| failed(error.into()))?;
    }
    let content = zip.finish().map_err(failed)?.into_inner();
    Ok(Written { content, left_out: vec![] })
}

/// An identifier, which begins with a letter: the code where it is one.
fn identifier(index: usize, code: &str, codes: &HashSet<&str>) -> String {
    let begins = code.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_');
    if begins && code.chars().all(|character| character.is_alphanumeric() || "_-.".contains(character)) {
        return code.to_owned();
    }
    let mut made = format!("q{:05}", index + 1);
    while codes.contains(made.as_str()) {
        made.push('_');
    }
    made
}

fn langstring(name: &str, text: &str) -> String {
    format!(
        "<imsmd:{name}><imsmd:langstring xml:lang=\"zh-CN\">{}</imsmd:langstring></imsmd:{name}>",
        escape(text)
    )
}

fn resource(resources: &mut String, path: &str, identifier: &str, question: &Question) {
    let keywords: String = tags::of(question).iter().skip(1).map(|tag| langstring("keyword", tag)).collect();
    let difficulty =
        usize::from(question.difficulty).checked_sub(1).and_then(|place| DIFFICULTIES.get(place));
    let difficulty = difficulty.copied().unwrap_or_default();
    let chapter = langstring("entry", &question.chapter);
    let word = |text: &str| format!("<imsmd:langstring xml:lang=\"x-none\">{text}</imsmd:langstring>");
    let (lom, discipline, difficulty) = (word("LOMv1.0"), word("discipline"), word(difficulty));
    let general = if keywords.is_empty() {
        String::new()
    } else {
        format!("<imsmd:general>{keywords}</imsmd:general>")
    };
    // Writing to a string never fails.
    let _ = writeln!(
        resources,
        "    <resource identifier=\"RES-{identifier}\" type=\"imsqti_item_xmlv2p1\" href=\"{path}\">\n      \
         <metadata><imsmd:lom>{general}\
         <imsmd:educational><imsmd:difficulty><imsmd:source>{lom}</imsmd:source><imsmd:value>{difficulty}</imsmd:value></imsmd:difficulty></imsmd:educational>\
         <imsmd:classification><imsmd:purpose><imsmd:source>{lom}</imsmd:source><imsmd:value>{discipline}</imsmd:value></imsmd:purpose>\
         <imsmd:taxonpath><imsmd:taxon>{chapter}</imsmd:taxon></imsmd:taxonpath></imsmd:classification></imsmd:lom></metadata>\n      \
         <file href=\"{path}\"/>\n    </resource>"
    );
}

fn manifest(title: &str, resources: &str) -> String {
    let title = langstring("title", title);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <manifest xmlns=\"http://www.imsglobal.org/xsd/imscp_v1p1\" xmlns:imsmd=\"http://www.imsglobal.org/xsd/imsmd_v1p2\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" identifier=\"MANIFEST-qianti\" \
         xsi:schemaLocation=\"http://www.imsglobal.org/xsd/imscp_v1p1 http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd \
         http://www.imsglobal.org/xsd/imsmd_v1p2 http://www.imsglobal.org/xsd/imsmd_v1p2p4.xsd\">\n  \
         <metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion>\
         <imsmd:lom><imsmd:general>{title}</imsmd:general></imsmd:lom></metadata>\n  \
         <organizations/>\n  <resources>\n{resources}  </resources>\n</manifest>\n"
    )
}
