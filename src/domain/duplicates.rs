//! Stems that ask the same: exactly, or nearly.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

/// Stems this alike are near-duplicates: Sørensen's coefficient over pairs of neighbouring characters
/// (twice the shared pairs ÷ all pairs), once width, case, punctuation and white space are taken out.
pub const NEAR_DUPLICATE: f64 = 0.9;
/// Most stems that one stem is compared with, pair by pair: those that share its rarest pairs.
const MOST_COMPARED: usize = 200;
/// Most mentions of a stem's rare pairs in other stems that are looked at.
const MOST_MENTIONS: usize = 4_000;

/// Two stems that are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alike {
    /// The position of the later one.
    pub this: usize,
    /// The position of the earlier one.
    pub earlier: usize,
    /// How alike they are, from [`NEAR_DUPLICATE`] to 1.
    pub likeness: f64,
}

/// The form in which texts are compared: width and case folded, only letters and digits left. A text that
/// has neither stays as it is.
pub fn compared(text: &str) -> String {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect();
    if folded.is_empty() { text.trim().to_owned() } else { folded }
}

/// The pairs of neighbouring characters, in order; the second of two equal pairs is another one than the
/// first.
fn pairs(compared: &str) -> Vec<u64> {
    let mut pairs: Vec<u64> = compared
        .chars()
        .zip(compared.chars().skip(1))
        .map(|(first, second)| u64::from(u32::from(first)) << 42 | u64::from(u32::from(second)) << 21)
        .collect();
    pairs.sort_unstable();
    let (mut last, mut seen) = (u64::MAX, 0);
    for pair in &mut pairs {
        seen = if *pair == last { seen + 1 } else { 0 };
        last = *pair;
        *pair += seen;
    }
    pairs
}

/// How many entries two ascending lists share.
fn shared<T: Ord>(one: &[T], other: &[T]) -> usize {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut shared = 0;
    while let (Some(left), Some(right)) = (one.peek(), other.peek()) {
        let order = left.cmp(right);
        shared += usize::from(order.is_eq());
        if order.is_le() {
            one.next();
        }
        if order.is_ge() {
            other.next();
        }
    }
    shared
}

fn coefficient(shared: usize, total: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    if total == 0 { 0.0 } else { 2.0 * number(shared) / number(total) }
}

/// How alike two stems are, 0 to 1; see [`NEAR_DUPLICATE`].
pub fn likeness(one: &str, other: &str) -> f64 {
    let (one, other) = (pairs(&compared(one)), pairs(&compared(other)));
    coefficient(shared(&one, &other), one.len() + other.len())
}

/// How many of the rarest of `size` pairs two stems that are near-duplicates must have at least one in
/// common of: a partner has at least t ÷ (2 − t) of the size, so that they share at least as many pairs.
fn telling(size: usize) -> usize {
    // 0.9 ÷ 1.1 is 9 ÷ 11.
    size - (size * 9).div_ceil(11) + usize::from(size > 0)
}

/// Finds for each of `stems` from the position `first` on the earlier one that it is most like, if that is
/// a near-duplicate. Equal stems are always found. Others are found unless more than [`MOST_COMPARED`]
/// stems share the pairs that tell a stem apart, as where thousands differ by a number only.
pub fn find_alike(stems: &[&str], first: usize) -> Vec<Alike> {
    let compared: Vec<String> = stems.iter().map(|stem| compared(stem)).collect();
    let lists = by_rarity(&compared);
    let mut equal: HashMap<&str, usize> = HashMap::new();
    let mut mentions: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut looked: Vec<usize> = vec![usize::MAX; stems.len()];
    let mut found = Vec::new();
    for (this, (text, list)) in compared.iter().zip(&lists).enumerate() {
        let rare = list.get(..telling(list.len())).unwrap_or_default();
        if this >= first {
            let best = match equal.get(text.as_str()) {
                Some(&earlier) => Some((earlier, 1.0)),
                None => most_alike(this, rare, &lists, &mentions, &mut looked),
            };
            found.extend(best.map(|(earlier, likeness)| Alike { this, earlier, likeness }));
        }
        equal.entry(text).or_insert(this);
        for pair in rare {
            mentions.entry(*pair).or_default().push(this);
        }
    }
    found
}

/// The pairs of each text as numbers, the rarest of all texts first.
fn by_rarity(compared: &[String]) -> Vec<Vec<u32>> {
    let lists: Vec<Vec<u64>> = compared.iter().map(|text| pairs(text)).collect();
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for pair in lists.iter().flatten() {
        *counts.entry(*pair).or_default() += 1;
    }
    let mut ordered: Vec<(u32, u64)> = counts.into_iter().map(|(pair, count)| (count, pair)).collect();
    ordered.sort_unstable();
    let ranks: HashMap<u64, u32> = ordered.iter().map(|&(_, pair)| pair).zip(0..).collect();
    let ranked = |list: &Vec<u64>| {
        let mut list: Vec<u32> = list.iter().filter_map(|pair| ranks.get(pair).copied()).collect();
        list.sort_unstable();
        list
    };
    lists.iter().map(ranked).collect()
}

fn most_alike(
    this: usize,
    rare: &[u32],
    lists: &[Vec<u32>],
    mentions: &HashMap<u32, Vec<usize>>,
    looked: &mut [usize],
) -> Option<(usize, f64)> {
    let own = lists.get(this)?;
    let mut best: Option<(usize, f64)> = None;
    let mut left = MOST_COMPARED;
    for &earlier in rare.iter().filter_map(|pair| mentions.get(pair)).flatten().take(MOST_MENTIONS) {
        let (Some(mark), Some(other)) = (looked.get_mut(earlier), lists.get(earlier)) else { continue };
        let possible = coefficient(own.len().min(other.len()), own.len() + other.len());
        if std::mem::replace(mark, this) == this || possible < NEAR_DUPLICATE {
            continue;
        }
        if left == 0 {
            break;
        }
        left -= 1;
        let likeness = coefficient(shared(own, other), own.len() + other.len());
        if likeness >= NEAR_DUPLICATE && best.is_none_or(|(_, most)| likeness > most) {
            best = Some((earlier, likeness));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn width_case_and_punctuation_make_no_difference() {
        assert_eq!(compared("预备期，ＡＢ（　　）。"), "预备期ab");
        assert_eq!(compared(" ？！ "), "？！");
        assert!((likeness("甲乙丙丁", "甲、乙、丙、丁。") - 1.0).abs() < 1e-9);
        assert!(likeness("甲甲甲甲", "甲甲") < 0.6, "a pair counts as often as it stands there");
        assert!(likeness("", "").abs() < 1e-9);
    }

    #[test]
    fn the_most_alike_of_the_earlier_ones_is_told() {
        let stems = [
            "党员预备期一般为一年对不对的说法正确吗",
            "另外一个与它毫无关系的题干写在这里",
            "党员预备期一般为一年对不对的说法正确吧",
            "党员预备期，一般为一年；对不对的说法，正确吗？",
            "",
        ];
        let found: Vec<(usize, usize)> =
            find_alike(&stems, 0).iter().map(|alike| (alike.this, alike.earlier)).collect();
        assert_eq!(found, [(2, 0), (3, 0)]);
        assert_eq!(find_alike(&stems, 3).len(), 1, "those before the first are only looked up");
        let likeness: Vec<f64> = find_alike(&stems, 0).iter().map(|alike| alike.likeness).collect();
        assert!(likeness[0] < 1.0 && (likeness[1] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn thousands_that_differ_by_a_number_are_done_in_bounded_work() {
        let stems: Vec<String> =
            (0..3000).map(|n| format!("关于某规定第{n}条的表述下列哪一项是正确的请选出来")).collect();
        let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
        assert!(find_alike(&stems, 0).len() > 2000);
    }

    proptest! {
        /// The index finds what comparing everything with everything finds.
        #[test]
        fn nothing_is_missed(stems in prop::collection::vec("[甲乙丙丁]{0,14}", 0..40)) {
            let stems: Vec<&str> = stems.iter().map(String::as_str).collect();
            let found: Vec<usize> = find_alike(&stems, 0).iter().map(|alike| alike.this).collect();
            let wanted: Vec<usize> = (0..stems.len())
                .filter(|&this| {
                    stems[..this].iter().any(|earlier| {
                        compared(earlier) == compared(stems[this])
                            || likeness(earlier, stems[this]) >= NEAR_DUPLICATE
                    })
                })
                .collect();
            prop_assert_eq!(found, wanted);
        }
    }
}
