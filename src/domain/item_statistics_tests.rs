use proptest::prelude::*;

use super::*;

/// Ten papers: what the item earned (0 or 1) and what the rest earned, in percent.
const WORKED: [(i64, i64); 10] =
    [(1, 90), (1, 80), (1, 85), (0, 60), (1, 70), (0, 40), (0, 55), (1, 65), (0, 50), (1, 95)];

fn sums(papers: &[(i64, i64)]) -> ItemSums {
    let mut sums = ItemSums::default();
    for &(item, rest) in papers {
        sums.add(&ItemSums::of(item * WHOLE, rest * 100, true, [u8::from(item == 0)]), 1);
    }
    sums
}

/// Worked by hand: n = 10, Σx = 6, Σy = 690, Σxy = 90 + 80 + 85 + 70 + 65 + 95 = 485, Σx² = 6,
/// Σy² = 50 600. r = (10·485 − 6·690) ÷ √((10·6 − 36)(10·50 600 − 690²)) = 710 ÷ √(24 · 29 900)
/// = 710 ÷ 847.11 = 0.8381.
#[test]
fn the_indices_of_ten_papers_as_worked_by_hand() {
    let sums = sums(&WORKED);
    assert_eq!(sums.facility_percent(), Some(60.0));
    assert_eq!(sums.discrimination_percent(), Some(83.81));
    assert_eq!((sums.chosen(0), sums.chosen(1)), (6, 4));
}

/// The same papers with the key the wrong way round: the correlation changes its sign.
#[test]
fn a_wrong_key_shows_in_its_sign() {
    let wrong: Vec<(i64, i64)> = WORKED.iter().map(|&(item, rest)| (1 - item, rest)).collect();
    let mut sums = sums(&wrong);
    assert_eq!(sums.discrimination_percent(), Some(-83.81));
    sums.chosen = [(0, 4), (1, 6)].into();
    assert_eq!(sums.flags(&[true, false]), [ItemFlag::NegativeDiscrimination, ItemFlag::DistractorOverKey]);
}

#[test]
fn half_points_count_as_halves() {
    let mut sums = ItemSums::default();
    for (item, rest) in [(5_000, 4_000), (10_000, 8_000), (0, 0)] {
        sums.add(&ItemSums::of(item, rest, item > 0, []), 1);
    }
    assert_eq!((sums.facility_percent(), sums.shown, sums.answered), (Some(50.0), 3, 2));
}

#[test]
fn few_answers_and_equal_ones_have_no_discrimination() {
    assert_eq!(sums(&WORKED[..9]).discrimination_percent(), None);
    assert_eq!(sums(&[(1, 50); 10]).discrimination_percent(), None);
    let all_right: Vec<(i64, i64)> = WORKED.iter().map(|&(_, rest)| (1, rest)).collect();
    assert_eq!(sums(&all_right).discrimination_percent(), None);
    assert_eq!(ItemSums::default().facility_percent(), None);
    assert!(sums(&WORKED[..9]).flags(&[true, false]).is_empty());
}

#[test]
fn flags_come_worst_first_and_only_where_they_hold() {
    let mut hard = sums(&[(0, 50); 10]);
    hard.chosen = [(0, 1), (1, 9)].into();
    assert_eq!(
        hard.flags(&[true, false, false]),
        [ItemFlag::DistractorOverKey, ItemFlag::TooHard, ItemFlag::NeverChosenOption]
    );
    assert_eq!(sums(&[(1, 50); 10]).flags(&[true]), [ItemFlag::TooEasy]);
    // An item to fill in has no options.
    assert!(sums(&WORKED).flags(&[]).is_empty());
}

/// Pearson's correlation as textbooks have it, by the means and the deviations from them.
fn correlation(papers: &[(i64, i64)]) -> Option<f64> {
    let n = papers.len() as f64;
    let mean =
        |value: fn(&(i64, i64)) -> i64| papers.iter().map(|paper| value(paper) as f64).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(|paper| paper.0), mean(|paper| paper.1));
    let mut moments = [0.0; 3];
    for &(x, y) in papers {
        let (x, y) = (x as f64 - mean_x, y as f64 - mean_y);
        moments = [moments[0] + x * x, moments[1] + y * y, moments[2] + x * y];
    }
    (moments[0] > 1e-9 && moments[1] > 1e-9).then(|| moments[2] / (moments[0] * moments[1]).sqrt() * 100.0)
}

proptest! {
    #[test]
    fn the_sums_give_the_correlation_of_the_papers(
        papers in proptest::collection::vec((0_i64..=10_000, 0_i64..=10_000), 10..60),
    ) {
        let mut sums = ItemSums::default();
        for &(item, rest) in &papers {
            sums.add(&ItemSums::of(item, rest, true, []), 1);
        }
        match (sums.discrimination_percent(), correlation(&papers)) {
            (Some(found), Some(expected)) => prop_assert!((found - expected).abs() < 0.006, "{found} {expected}"),
            (found, expected) => prop_assert_eq!(found, expected),
        }
    }

    #[test]
    fn what_is_taken_out_was_never_there(
        papers in proptest::collection::vec((0_i64..=10_000, 0_i64..=10_000, 0_u8..4), 1..20),
        out in 0_usize..20,
    ) {
        let out = out % papers.len();
        let (mut all, mut rest) = (ItemSums::default(), ItemSums::default());
        for (index, &(item, y, option)) in papers.iter().enumerate() {
            let one = ItemSums::of(item, y, true, [option]);
            all.add(&one, 1);
            if index != out {
                rest.add(&one, 1);
            }
        }
        let (item, y, option) = papers[out];
        all.add(&ItemSums::of(item, y, true, [option]), -1);
        prop_assert_eq!(all, rest);
    }
}
