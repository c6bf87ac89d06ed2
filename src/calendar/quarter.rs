//! US federal fiscal quarters. Fiscal year 2026 starts on 1 October 2025.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;

/// The years a quarter may lie in; beyond them a typing slip is likelier than a wish.
const FISCAL_YEARS: std::ops::RangeInclusive<i32> = 1977..=2200;

/// One quarter of a US federal fiscal year; `FY2026Q1` is October to December 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quarter {
    fiscal_year: i32,
    quarter: u8,
}

/// Why a text is not a quarter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuarterRefusal {
    /// The text has another shape.
    #[error("\"{0}\" is not a fiscal quarter. Write it like FY2026Q1: fiscal year 2026 starts on October 1, 2025.")]
    Unclear(String),
}

impl Refusal for QuarterRefusal {}

impl Quarter {
    /// The quarter `quarter` (1 to 4) of `fiscal_year` (1977 to 2200); `None` outside these.
    #[must_use]
    pub fn new(fiscal_year: i32, quarter: u8) -> Option<Self> {
        (FISCAL_YEARS.contains(&fiscal_year) && (1..=4).contains(&quarter)).then_some(Self { fiscal_year, quarter })
    }

    /// The quarter that `date` lies in.
    #[must_use]
    pub fn of(date: NaiveDate) -> Self {
        let (fiscal_year, quarter) = match date.month() {
            10..=12 => (date.year() + 1, 1),
            1..=3 => (date.year(), 2),
            4..=6 => (date.year(), 3),
            _ => (date.year(), 4),
        };
        Self { fiscal_year, quarter }
    }

    /// The quarter in which `at` lies for somebody in `zone`.
    #[must_use]
    pub fn at(at: DateTime<Utc>, zone: Tz) -> Self {
        Self::of(at.with_timezone(&zone).date_naive())
    }

    /// The fiscal year, for example 2026.
    #[must_use]
    pub fn fiscal_year(self) -> i32 {
        self.fiscal_year
    }

    /// 1 to 4.
    #[must_use]
    pub fn quarter(self) -> u8 {
        self.quarter
    }

    /// The quarter before.
    #[must_use]
    pub fn previous(self) -> Self {
        match self.quarter {
            1 => Self { fiscal_year: self.fiscal_year - 1, quarter: 4 },
            quarter => Self { fiscal_year: self.fiscal_year, quarter: quarter - 1 },
        }
    }

    /// The quarter after.
    #[must_use]
    pub fn next(self) -> Self {
        match self.quarter {
            4 => Self { fiscal_year: self.fiscal_year + 1, quarter: 1 },
            quarter => Self { fiscal_year: self.fiscal_year, quarter: quarter + 1 },
        }
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> NaiveDate {
        let (year, month) = match self.quarter {
            1 => (self.fiscal_year - 1, 10),
            2 => (self.fiscal_year, 1),
            3 => (self.fiscal_year, 4),
            _ => (self.fiscal_year, 7),
        };
        NaiveDate::from_ymd_opt(year, month, 1).expect("the first of a month in a year that chrono knows")
    }

    /// Its last day.
    #[must_use]
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day().pred_opt().expect("every quarter has a day before it in a year that chrono knows")
    }

    /// The quarter with its months, for people who do not count in fiscal years: `FY2026Q1 (October to December 2025)`.
    #[must_use]
    pub fn words(self) -> String {
        let (first, last) = (self.first_day(), self.last_day());
        format!("{self} ({} to {} {})", first.format("%B"), last.format("%B"), last.year())
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FY{}Q{}", self.fiscal_year, self.quarter)
    }
}

impl From<Quarter> for String {
    fn from(quarter: Quarter) -> Self {
        quarter.to_string()
    }
}

impl TryFrom<String> for Quarter {
    type Error = QuarterRefusal;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Quarter {
    type Err = QuarterRefusal;

    /// Reads `FY2026Q1`, and forgives small letters, spaces, hyphens and a two-digit year.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unclear = || QuarterRefusal::Unclear(text.trim().chars().take(40).collect());
        let plain: String =
            text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect::<String>().to_uppercase();
        let (year, quarter) = plain.strip_prefix("FY").and_then(|rest| rest.split_once('Q')).ok_or_else(unclear)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year) || !digits(quarter) || quarter.len() != 1 {
            return Err(unclear());
        }
        let year = match (year.len(), year.parse::<i32>()) {
            (4, Ok(year)) => year,
            (2, Ok(year)) => 2000 + year,
            _ => return Err(unclear()),
        };
        quarter.parse().ok().and_then(|quarter| Self::new(year, quarter)).ok_or_else(unclear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_boundary_day_of_two_centuries_lies_in_the_right_quarter() {
        for fiscal_year in FISCAL_YEARS {
            for number in 1..=4 {
                let quarter = Quarter::new(fiscal_year, number).unwrap();
                assert_eq!(Quarter::of(quarter.first_day()), quarter);
                assert_eq!(Quarter::of(quarter.last_day()), quarter);
                assert_eq!(Quarter::of(quarter.first_day().pred_opt().unwrap()), quarter.previous());
                assert_eq!(Quarter::of(quarter.last_day().succ_opt().unwrap()), quarter.next());
                assert_eq!(quarter.next().previous(), quarter);
                assert!(quarter.previous() < quarter && quarter < quarter.next());
            }
        }
    }

    #[test]
    fn the_fiscal_year_starts_in_october() {
        for (date, quarter) in [
            ("2025-09-30", "FY2025Q4"),
            ("2025-10-01", "FY2026Q1"),
            ("2025-12-31", "FY2026Q1"),
            ("2026-01-01", "FY2026Q2"),
            ("2026-03-31", "FY2026Q2"),
            ("2026-04-01", "FY2026Q3"),
            ("2026-06-30", "FY2026Q3"),
            ("2026-07-01", "FY2026Q4"),
            ("2026-11-23", "FY2027Q1"),
        ] {
            assert_eq!(Quarter::of(day(date)).to_string(), quarter, "{date}");
        }
        let quarter: Quarter = "FY2026Q1".parse().unwrap();
        assert_eq!((quarter.first_day(), quarter.last_day()), (day("2025-10-01"), day("2025-12-31")));
        assert_eq!(quarter.words(), "FY2026Q1 (October to December 2025)");
    }

    #[test]
    fn the_zone_decides_at_the_turn_of_a_quarter() {
        let at = "2026-10-01T03:00:00Z".parse().unwrap();
        assert_eq!(Quarter::at(at, chrono_tz::America::New_York).to_string(), "FY2026Q4");
        assert_eq!(Quarter::at(at, chrono_tz::UTC).to_string(), "FY2027Q1");
    }

    #[test]
    fn a_quarter_is_read_kindly_and_a_wrong_one_is_explained() {
        for text in ["FY2026Q1", "fy2026 q1", "FY26-Q1", " FY 2026 Q1 "] {
            assert_eq!(text.parse(), Ok(Quarter::new(2026, 1).unwrap()), "{text}");
        }
        for text in ["", "2026Q1", "FY2026", "FY2026Q5", "FY2026Q0", "FY226Q1", "FY+026Q1", "FY2026Q+1", "FY1492Q1"] {
            assert_eq!(text.parse::<Quarter>(), Err(QuarterRefusal::Unclear(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_quarter_survives_json() {
        let quarter = Quarter::new(2027, 1).unwrap();
        let json = serde_json::to_string(&quarter).unwrap();
        assert_eq!(json, "\"FY2027Q1\"");
        assert_eq!(serde_json::from_str::<Quarter>(&json).unwrap(), quarter);
        assert!(serde_json::from_str::<Quarter>("\"FY2027\"").is_err());
    }
}
