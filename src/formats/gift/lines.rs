//! A GIFT file falls into pieces at its blank lines: categories, comments and questions.

/// A piece of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Its text, comments left out; of a category the path.
    pub text: String,
    /// The comments before and in it, without their slashes.
    pub comments: Vec<&'a str>,
    /// Whether it says to which category the following questions belong.
    pub is_category: bool,
}

/// The pieces of a file, in order.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut pieces, mut current, mut open) = (Vec::new(), Piece::default(), false);
    for (index, &line) in lines.iter().enumerate() {
        let trimmed = line.trim();
        if let Some(comment) = trimmed.strip_prefix("//") {
            current.comments.push(comment);
        } else if let Some(path) = trimmed.strip_prefix("$CATEGORY:") {
            end(&mut pieces, &mut current);
            open = false;
            let text = path.trim().to_owned();
            pieces.push(Piece { line: index + 1, text, comments: vec![], is_category: true });
        } else if trimmed.is_empty() {
            if !(open && goes_on(lines.get(index + 1..).unwrap_or_default())) {
                end(&mut pieces, &mut current);
                open = false;
            }
        } else {
            if current.text.is_empty() {
                current.line = index + 1;
            } else {
                current.text.push('\n');
            }
            current.text.push_str(line);
            open = is_open_after(open, line);
        }
    }
    end(&mut pieces, &mut current);
    pieces
}

/// Ends the piece that is being read. Comments alone belong to what follows only without a blank line between.
fn end<'a>(pieces: &mut Vec<Piece<'a>>, current: &mut Piece<'a>) {
    let piece = std::mem::take(current);
    if !piece.text.is_empty() {
        pieces.push(piece);
    }
}

/// Whether a question with open braces goes on after a blank line: an answer or their end follows. People
/// leave blank lines between answers, which the format does not know.
fn goes_on(following: &[&str]) -> bool {
    let next = following.iter().take(3).map(|line| line.trim()).find(|line| !line.is_empty());
    next.is_some_and(|line| line.starts_with(['~', '=', '}', '#']))
}

/// Whether braces are open after `line` when they were `open` before it.
fn is_open_after(open: bool, line: &str) -> bool {
    let (mut open, mut escaped) = (open, false);
    for character in line.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => open = true,
            '}' => open = false,
            _ => {}
        }
    }
    open
}
