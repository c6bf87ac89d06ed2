//! How numbers are printed and said.
//!
//! Full precision inside, halves away from zero when printing; differences are computed first and rounded last. The words come
//! from the answer scale itself, not from a traffic light.

/// What people answered on average, in the words of an agree scale.
#[must_use]
pub fn in_words(score: f64) -> &'static str {
    if score < 12.5 {
        "strongly disagree"
    } else if score < 37.5 {
        "disagree"
    } else if score < 62.5 {
        "mixed"
    } else if score < 87.5 {
        "agree"
    } else {
        "strongly agree"
    }
}

/// A program's or index score as people see it: a whole number.
#[must_use]
pub fn whole(value: f64) -> String {
    format!("{:.0}", tidy(value.round()))
}

/// A measure's score as people see it: one decimal.
#[must_use]
pub fn one_decimal(value: f64) -> String {
    format!("{:.1}", tidy((value * 10.0).round() / 10.0))
}

/// A difference as people see it: a whole number with its sign.
#[must_use]
pub fn signed_whole(points: f64) -> String {
    match tidy(points.round()) {
        0.0 => "0".into(),
        rounded if rounded > 0.0 => format!("+{rounded:.0}"),
        rounded => format!("−{:.0}", rounded.abs()),
    }
}

/// A share from 0 to 1 as a whole percentage.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", whole(share * 100.0))
}

/// A count with separators: 1,234.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// No minus sign before a zero.
fn tidy(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero_and_zero_has_no_sign() {
        assert_eq!(
            ["74.5", "68.0402", "0.49", "-0.3"].map(|text| whole(text.parse().unwrap())),
            ["75", "68", "0", "0"]
        );
        assert_eq!([78.25, 0.05, -0.04].map(one_decimal), ["78.3", "0.1", "0.0"]);
        assert_eq!([2.5, -2.5, 0.4, -0.4].map(signed_whole), ["+3", "−3", "0", "0"]);
        assert_eq!([0.6, 1.0].map(percent), ["60 %", "100 %"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn words_change_midway_between_the_options() {
        let words = [0.0, 12.4999, 12.5, 37.5, 62.4999, 62.5, 87.4999, 87.5, 100.0].map(in_words);
        let expected = [
            "strongly disagree",
            "strongly disagree",
            "disagree",
            "mixed",
            "mixed",
            "agree",
            "agree",
            "strongly agree",
            "strongly agree",
        ];
        assert_eq!(words, expected);
    }
}
