//! HTML and Markdown as other systems export them.

use html5gum::{DefaultEmitter, Token, Tokenizer};

use super::flow::Flow;
use crate::domain::message::Message;
use crate::message;

/// The text that HTML shows, and what was lost.
pub fn to_text(html: &str) -> (String, Vec<Message>) {
    let mut flow = Flow::default();
    pour(html, &mut flow);
    flow.finish()
}

/// Pours HTML into a text that is being built.
pub fn pour(html: &str, flow: &mut Flow) {
    let mut emitter = DefaultEmitter::default();
    // The content of a script or style is no markup.
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(html, emitter) {
        match token {
            Token::StartTag(tag) => flow.open(&String::from_utf8_lossy(&tag.name), |name| {
                tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
            }),
            Token::EndTag(tag) => flow.close(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) => flow.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
}

/// The text that Markdown shows, and what was lost.
pub fn from_markdown(markdown: &str) -> (String, Vec<Message>) {
    let mut html = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(markdown));
    let (text, mut losses) = to_text(&html);
    if text != markdown.trim() {
        losses.insert(0, message!("Markdown 已转为文字，请核对", "Markdown became plain text; check it"));
    }
    (text, losses)
}

/// Elements that people write into text fields of learning systems.
const ELEMENTS: &[&str] = &[
    "a",
    "b",
    "blockquote",
    "br",
    "center",
    "code",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "tr",
    "u",
    "ul",
];

/// Whether a text of unstated form holds HTML: a known element or a named or numbered character.
pub fn is_html(text: &str) -> bool {
    let tag = text.split('<').skip(1).any(|rest| {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let name: String = rest.chars().take(12).take_while(char::is_ascii_alphanumeric).collect();
        let after = rest.get(name.len()..).unwrap_or_default();
        ELEMENTS.contains(&name.to_ascii_lowercase().as_str())
            && after.starts_with([' ', '>', '/', '\n', '\t', '\r'])
            && after.contains('>')
    });
    tag || text.split('&').skip(1).any(|rest| {
        let name: String = rest.chars().take(10).take_while(|&c| c != ';').collect();
        rest.get(name.len()..).is_some_and(|after| after.starts_with(';'))
            && (name.strip_prefix('#').is_some_and(|number| {
                let digits = number.strip_prefix(['x', 'X']).unwrap_or(number);
                !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit())
            }) || quick_xml::escape::resolve_html5_entity(&name).is_some())
    })
}

/// A text of unstated form: HTML when it looks like it, with its lines kept, and else as it stands.
pub fn automatic(text: &str) -> (String, Vec<Message>) {
    if is_html(text) { to_text(&text.replace('\n', "<br>")) } else { (text.trim().to_owned(), vec![]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        to_text(html).0
    }

    #[test]
    fn html_becomes_the_text_that_a_browser_shows() {
        for (html, text) in [
            ("<p>一</p><p>二</p>", "一\n二"),
            ("<p dir=\"ltr\">一<br></p>\n\n<p>二  三&nbsp;&nbsp;四</p>", "一\n二 三  四"),
            ("甲&lt;乙&gt;&amp;丙&hellip;&#8220;丁&#x201D;", "甲<乙>&丙…“丁”"),
            ("x<sup>2</sup>+H<sub>2</sub>O+y<sup>n+k</sup>", "x²+H₂O+y^(n+k)"),
            ("<ul><li>一</li><li>二</li></ul>三", "一\n二\n三"),
            ("a<script>alert('x')</script>b<style>p{}</style>", "ab"),
            ("<b>粗</b><span lang=\"EN-US\">体</span><!-- no -->", "粗体"),
            ("<pre>a  b\n c</pre>", "a  b\n c"),
            ("一<br><br>二", "一\n\n二"),
            ("<p>未完", "未完"),
            ("5 < 6 且 7 > 6", "5 < 6 且 7 > 6"),
        ] {
            assert_eq!(shown(html), text, "{html}");
        }
    }

    #[test]
    fn what_is_lost_is_told() {
        let (text, losses) = to_text(
            "<p>看图<img src=\"@@PLUGINFILE@@/a.png\" alt=\"党徽\"></p><table><tr><td>1</td><td>2</td></tr></table>",
        );
        assert_eq!(text, "看图党徽\n1 2");
        assert_eq!(losses.len(), 2);
        assert!(to_text("<b>x</b>").1.is_empty());
    }

    #[test]
    fn html_is_told_from_plain_text() {
        for html in ["<p>x</p>", "a<br/>b", "&nbsp;x", "&#160;", "<SPAN style=''>", "a &lt; b"] {
            assert!(is_html(html), "{html}");
        }
        for text in ["a < b > c", "《章程》", "A&B; C", "<甲>", "x<y", "&", "<p", "AT&T;"] {
            assert!(!is_html(text), "{text}");
        }
    }

    #[test]
    fn markdown_loses_its_marks() {
        assert_eq!(from_markdown("**粗** 和 *斜*\n\n- 一\n- 二").0, "粗 和 斜\n一\n二");
        assert!(from_markdown("平常").1.is_empty());
    }
}
