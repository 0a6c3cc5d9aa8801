//! A package: an archive with a manifest that lists items and perhaps a test that orders them.

use std::collections::{HashMap, HashSet};

use super::{item, metadata};
use crate::domain::message::Message;
use crate::domain::question::Fault;
use crate::formats::archive::Archive;
use crate::formats::markup::xml::{self, Document, Element};
use crate::formats::{FoundBank, FoundQuestion, Place};
use crate::message;

/// The manifest's name.
pub const MANIFEST: &str = "imsmanifest.xml";

/// The last part of a path.
pub fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a root element of this name stands above items.
pub fn is_collection(name: &str) -> bool {
    matches!(name, "assessmentTest" | "qti-assessment-test" | "questestinterop" | "assessmentItems" | "items")
}

/// Reads one XML file: an item, or several in one element.
///
/// # Errors
/// When it is not well formed or has no items of a version that is read.
pub fn read_xml(text: &str) -> Result<FoundBank, Message> {
    let mut document = Document::open(text)?;
    let root = document.root().name.clone();
    if item::is_item(&root) {
        let found = read_item(Document::tree(text)?, "/assessmentItem".to_owned());
        return Ok(FoundBank { questions: vec![found], ..FoundBank::default() });
    }
    if root == "questestinterop" {
        return Err(older());
    }
    let mut bank = FoundBank::default();
    while let Some(element) = document.next_child()? {
        if item::is_item(&element.name) {
            let number = bank.questions.len() + 1;
            let at = format!("/{root}/{}[{number}]", element.name);
            bank.questions.push(read_item(element, at));
        }
    }
    if bank.questions.is_empty() {
        return Err(message!(
            "这个文件里没有 assessmentItem；请上传整个 QTI 压缩包（.zip）",
            "the file has no assessmentItem; upload the whole QTI package (.zip)"
        ));
    }
    Ok(bank)
}

fn older() -> Message {
    message!(
        "这是 QTI 1.x 的文件，请从原系统导出 QTI 2.1、2.2 或 3.0",
        "this is QTI 1.x; export QTI 2.1, 2.2 or 3.0 from the other system"
    )
}

fn read_item(mut element: Element, at: String) -> FoundQuestion {
    item::to_version_2(&mut element);
    let mut warnings = Vec::new();
    let draft = item::read(&element, &mut warnings);
    let original = ["identifier", "title"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), element.attribute(name)?.to_owned())))
        .collect();
    FoundQuestion { at, draft, warnings, original }
}

/// One item that a package lists.
struct Listed {
    path: Result<String, String>,
    metadata: Option<Element>,
    section: Option<String>,
}

/// Reads a package.
///
/// # Errors
/// When the archive or its manifest cannot be read, or it lists no items.
pub fn read(file: &[u8]) -> Result<FoundBank, Message> {
    let mut archive = Archive::open(file)?;
    let entries: Vec<String> = archive.names();
    let Some(manifest_path) =
        entries.iter().filter(|name| file_name(name) == MANIFEST).min_by_key(|name| name.len()).cloned()
    else {
        return Err(message!("压缩包里缺少 {MANIFEST}", "the archive lacks {MANIFEST}"));
    };
    let known: HashSet<&str> = entries.iter().map(String::as_str).collect();
    let manifest = parse(&mut archive, &manifest_path)?;
    let mut bank =
        FoundBank { title: manifest.child("metadata").and_then(metadata::title), ..FoundBank::default() };
    let listed = list(&mut archive, &manifest, &manifest_path, &known, &mut bank.warnings)?;
    for Listed { path, metadata, section } in listed {
        let path = match path {
            Ok(path) => path,
            Err(href) => {
                bank.questions.push(missing(
                    &href,
                    message!(
                        "压缩包里没有清单所列的这个文件",
                        "the archive lacks this file, which its manifest lists"
                    ),
                ));
                continue;
            }
        };
        let element = match parse(&mut archive, &path) {
            Ok(element) => element,
            Err(message) => {
                bank.questions.push(missing(&path, message));
                continue;
            }
        };
        if !item::is_item(&element.name) {
            let name = element.name;
            bank.questions.push(missing(
                &path,
                message!("应为 assessmentItem，这里是 {name}", "an assessmentItem is wanted, not {name}"),
            ));
            continue;
        }
        let mut found = read_item(element, path);
        if let Ok(draft) = &mut found.draft {
            if let Some(metadata) = &metadata {
                metadata::take(metadata, draft, &mut found.warnings);
            }
            if draft.chapter.is_none() && section.is_some() {
                found.warnings.push(message!(
                    "章节取自试卷部分的标题",
                    "the chapter is the title of the test's section"
                ));
                draft.chapter = section;
            }
        }
        bank.questions.push(found);
    }
    Ok(bank)
}

fn missing(at: &str, message: Message) -> FoundQuestion {
    FoundQuestion {
        at: at.to_owned(),
        draft: Err(vec![Fault { pointer: String::new(), message }]),
        warnings: vec![],
        original: vec![],
    }
}

fn parse(archive: &mut Archive<'_>, path: &str) -> Result<Element, Message> {
    Document::tree(&xml::decode(&archive.read(path)?)?)
}

/// The items of a package: those of its tests in their order, then the others in the manifest's.
fn list(
    archive: &mut Archive<'_>,
    manifest: &Element,
    manifest_path: &str,
    known: &HashSet<&str>,
    warnings: &mut Vec<Place>,
) -> Result<Vec<Listed>, Message> {
    let mut resources = Vec::new();
    manifest.find_all(&|element| element.name == "resource", &mut resources);
    let base = manifest.child("resources").and_then(|element| element.attribute("base")).unwrap_or_default();
    let (mut items, mut tests, mut others): (Vec<Listed>, Vec<String>, usize) = (Vec::new(), Vec::new(), 0);
    for resource in resources {
        let kind = resource.attribute("type").unwrap_or_default().to_lowercase();
        let href = resource.attribute("href").map(str::to_owned).or_else(|| {
            resource
                .children("file")
                .filter_map(|file| file.attribute("href"))
                .find(|href| href.ends_with(".xml"))
                .map(str::to_owned)
        });
        let href =
            format!("{base}{}{}", resource.attribute("base").unwrap_or_default(), href.unwrap_or_default());
        let path = resolve(manifest_path, &href, known);
        if kind.starts_with("imsqti_item") {
            items.push(Listed { path, metadata: resource.child("metadata").cloned(), section: None });
        } else if kind.starts_with("imsqti_test") || kind.starts_with("imsqti_assessment") {
            tests.extend(path);
        } else {
            others += usize::from(kind.starts_with("imsqti_xmlv1"));
        }
    }
    if items.is_empty() {
        if others > 0 {
            return Err(older());
        }
        items = unlisted(archive, known, warnings);
    }
    let mut order: HashMap<String, (usize, Option<String>)> = HashMap::new();
    for test in tests {
        let Ok(mut tree) = parse(archive, &test) else {
            let message = message!(
                "试卷文件读不出，题目按清单的顺序",
                "the test cannot be read; the manifest's order holds"
            );
            warnings.push(Place { at: test, message });
            continue;
        };
        item::to_version_2(&mut tree);
        let mut references = Vec::new();
        sections(&tree, None, &mut references);
        for (href, section) in references {
            if let Ok(path) = resolve(&test, &href, known) {
                let place = order.len();
                order.entry(path).or_insert((place, section));
            }
        }
    }
    for item in &mut items {
        if let Some((_, section)) = item.path.as_ref().ok().and_then(|path| order.get(path)) {
            item.section.clone_from(section);
        }
    }
    items.sort_by_key(|item| {
        let place = item.path.as_ref().ok().and_then(|path| order.get(path));
        place.map_or(usize::MAX, |(place, _)| *place)
    });
    Ok(items)
}

/// The items that lie in the archive when its manifest calls none an item.
fn unlisted(archive: &mut Archive<'_>, known: &HashSet<&str>, warnings: &mut Vec<Place>) -> Vec<Listed> {
    let mut paths: Vec<&str> = known.iter().copied().filter(|name| name.ends_with(".xml")).collect();
    paths.sort_unstable();
    paths.retain(|path| {
        let root = archive.read(path).ok().and_then(|content| xml::root_name(&content));
        root.is_some_and(|name| item::is_item(&name))
    });
    if !paths.is_empty() {
        let message = message!(
            "清单没有列出题目，按文件名的顺序读取包里的题目",
            "the manifest lists no items; those in the archive were read in the order of their names"
        );
        warnings.push(Place { at: MANIFEST.to_owned(), message });
    }
    paths
        .into_iter()
        .map(|path| Listed { path: Ok(path.to_owned()), metadata: None, section: None })
        .collect()
}

/// The references of a test, each with the title of its section.
fn sections(element: &Element, title: Option<&str>, found: &mut Vec<(String, Option<String>)>) {
    for inner in element.elements() {
        match inner.name.as_str() {
            "assessmentItemRef" => {
                let href = inner.attribute("href").unwrap_or_default().to_owned();
                found.push((href, title.map(str::to_owned)));
            }
            "assessmentSection" => {
                let own = inner.attribute("title").map(str::trim).filter(|title| !title.is_empty());
                sections(inner, own.or(title), found);
            }
            "testPart" => sections(inner, title, found),
            _ => {}
        }
    }
}

/// The path of an entry that `href` in the file at `from` names, or `href` when there is none: paths that
/// lead out of the archive have none.
fn resolve(from: &str, href: &str, known: &HashSet<&str>) -> Result<String, String> {
    let decoded = percent_encoding::percent_decode_str(href).decode_utf8_lossy().into_owned();
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    for href in [href, &decoded] {
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        for part in href.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let path = parts.join("/");
        if known.contains(path.as_str()) {
            return Ok(path);
        }
    }
    Err(href.to_owned())
}
