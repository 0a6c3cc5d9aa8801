//! Points and scores, exact to a hundredth.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Points in hundredths: `Points(250)` is 2.5. On the wire a JSON number with at most two decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Points(pub i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);

    /// `self × numerator ÷ denominator`, rounded half up to a hundredth. Zero for a denominator of 0.
    #[must_use]
    pub fn share(self, numerator: u32, denominator: u32) -> Self {
        if denominator == 0 {
            return Self::ZERO;
        }
        let (numerator, denominator) = (i64::from(numerator), i64::from(denominator));
        Self((self.0 * numerator * 2 + denominator) / (denominator * 2))
    }

    /// Half of these points, rounded half up to a hundredth.
    #[must_use]
    pub fn half(self) -> Self {
        self.share(1, 2)
    }
}

impl Add for Points {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Self>>(points: I) -> Self {
        points.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 100 == 0 {
            serializer.serialize_i64(self.0 / 100)
        } else {
            // The nearest double of a number with two decimals prints as that number.
            #[expect(clippy::cast_precision_loss, reason = "points are far below 2^53")]
            serializer.serialize_f64(self.0 as f64 / 100.0)
        }
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        let hundredths = number * 100.0;
        let rounded = hundredths.round();
        if !(0.0..=1e9).contains(&rounded) {
            return Err(de::Error::custom("points are a number from 0 to 10000000"));
        }
        if (hundredths - rounded).abs() > 1e-6 {
            return Err(de::Error::custom("points have at most two decimals"));
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
        Ok(Self(rounded as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_half_up_to_a_hundredth() {
        assert_eq!(Points(200).share(1, 3), Points(67));
        assert_eq!(Points(200).share(2, 3), Points(133));
        assert_eq!(Points(200).share(3, 3), Points(200));
        assert_eq!(Points(25).half(), Points(13));
        assert_eq!(Points(100).share(1, 0), Points::ZERO);
    }

    #[test]
    fn json_keeps_two_decimals_exactly() {
        for (points, json) in
            [(0, "0"), (100, "1"), (250, "2.5"), (67, "0.67"), (1, "0.01"), (123_456_789, "1234567.89")]
        {
            assert_eq!(serde_json::to_string(&Points(points)).unwrap(), json);
            assert_eq!(serde_json::from_str::<Points>(json).unwrap(), Points(points));
        }
    }

    #[test]
    fn every_hundredth_survives_the_round_trip() {
        for hundredths in 0..200_000 {
            let json = serde_json::to_string(&Points(hundredths)).unwrap();
            assert_eq!(serde_json::from_str::<Points>(&json).unwrap(), Points(hundredths), "{json}");
        }
    }

    #[test]
    fn more_than_two_decimals_and_negative_points_are_refused() {
        for json in ["0.001", "1.005", "-1", "1e20", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Points>(json).is_err(), "{json}");
        }
    }
}
