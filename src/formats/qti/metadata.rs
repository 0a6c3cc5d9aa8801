//! What the metadata of a resource says of a question (IMS MD 1.2 and IEEE LOM).

use crate::domain::message::Message;
use crate::domain::question::Draft;
use crate::formats::markup::tags;
use crate::formats::markup::xml::Element;

/// The words of LOM for a difficulty, from 1 to 5.
pub const DIFFICULTIES: [&str; 5] = ["very easy", "easy", "medium", "difficult", "very difficult"];

/// Whether the element's name is one of these, in any case: `taxonpath` is `taxonPath` in LOM.
fn is(element: &Element, name: &str) -> bool {
    element.name.eq_ignore_ascii_case(name)
}

fn inside<'a>(element: &'a Element, path: &[&str]) -> Vec<&'a Element> {
    path.iter().fold(vec![element], |found, name| {
        found.into_iter().flat_map(Element::elements).filter(|element| is(element, name)).collect()
    })
}

fn texts(element: &Element, path: &[&str]) -> Vec<String> {
    let texts = inside(element, path).into_iter().map(|element| element.text().trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

/// The title that metadata gives.
pub fn title(metadata: &Element) -> Option<String> {
    texts(metadata, &["lom", "general", "title"]).into_iter().next()
}

/// Takes chapter, difficulty, source and the like into a draft.
pub fn take(metadata: &Element, draft: &mut Draft, warnings: &mut Vec<Message>) {
    for difficulty in texts(metadata, &["lom", "educational", "difficulty", "value"]) {
        let place = DIFFICULTIES.iter().position(|word| *word == difficulty.to_lowercase());
        draft.difficulty = place.and_then(|place| i64::try_from(place + 1).ok());
    }
    if let Some(chapter) = texts(metadata, &["lom", "classification", "taxonpath", "taxon", "entry"]).pop() {
        draft.chapter = Some(chapter);
    }
    let keywords = inside(metadata, &["lom", "general", "keyword"]);
    for keyword in keywords.iter().flat_map(|keyword| keyword.elements()) {
        tags::take(&keyword.text(), draft, warnings);
    }
}
