//! One field of cron text: checked, explained, and rewritten for the `cron` crate.

use super::CronRefusal;

/// Which of the five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Minute,
    Hour,
    Day,
    Month,
    Weekday,
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

impl Field {
    /// The field as the crate reads it: a list of plain numbers, or of names for weekdays, whose numbers the crate reads differently.
    pub(super) fn for_crate(self, text: &str) -> Result<String, CronRefusal> {
        if text == "*" {
            return Ok(text.to_owned());
        }
        let refuse = |advice: String| CronRefusal::Field { field: self.name(), text: text.to_owned(), advice };
        let mut values = Vec::new();
        for item in text.split(',') {
            values.extend(self.values(item).map_err(refuse)?);
        }
        let names = values.into_iter().map(|value| match self {
            Self::Weekday => WEEKDAYS[value as usize % 7].to_owned(),
            _ => value.to_string(),
        });
        Ok(names.collect::<Vec<_>>().join(","))
    }

    /// The values that one part between commas stands for, or what to write instead.
    fn values(self, item: &str) -> Result<Vec<u32>, String> {
        if item.is_empty() {
            return Err("Something is missing beside a comma.".to_owned());
        }
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let (low, high) = self.limits();
        let (first, last) = if range == "*" {
            // Seven is a second name for Sunday, not an eighth day.
            (low, if self == Self::Weekday { 6 } else { high })
        } else if let Some((first_text, last_text)) = range.split_once('-') {
            let first = self.value(first_text)?;
            // "fri-sun" ends with the week, as "5-7" does.
            let last = match self.value(last_text)? {
                0 if self == Self::Weekday && first > 0 => 7,
                last => last,
            };
            if first > last {
                return Err(format!("It runs backwards; write `{}`.", self.split_at_the_turn(first, last)));
            }
            (first, last)
        } else {
            let value = self.value(range)?;
            if let Some(step) = step {
                return Err(format!("A step needs a range before it; write `{value}-{high}/{step}`."));
            }
            (value, value)
        };
        let step = match step {
            None => 1,
            Some(step) => number(step)
                .filter(|step| (1..=high).contains(step))
                .ok_or_else(|| format!("A step is a number from 1 to {high}."))?,
        };
        Ok((first..=last).step_by(step as usize).collect())
    }

    fn value(self, text: &str) -> Result<u32, String> {
        let (low, high) = self.limits();
        if let Some(value) = number(text) {
            return if (low..=high).contains(&value) { Ok(value) } else { Err(self.expected()) };
        }
        let (names, first): (&[&str], u32) = match self {
            Self::Month => (&MONTHS, 1),
            Self::Weekday => (&WEEKDAYS, 0),
            _ => (&[], 0),
        };
        let text = text.to_ascii_lowercase();
        // "tue" and "tuesday", also "tues" and "thurs".
        let named = (text.len() >= 3).then(|| names.iter().position(|name| name.starts_with(&text))).flatten();
        match named {
            Some(index) => Ok(first + u32::try_from(index).unwrap_or_default()),
            None if matches!(self, Self::Day | Self::Weekday)
                && text.contains(['l', 'w', '#', '?'])
                && text.len() < 6 =>
            {
                Err("cxbot does not know L, W, # or ?; choose days of the month (1 to 31) or weekdays (mon to sun)."
                    .to_owned())
            }
            None => Err(self.expected()),
        }
    }

    /// A range over the turn of the hour, day, week, month or year, written as cron wants it.
    fn split_at_the_turn(self, first: u32, last: u32) -> String {
        let (low, high) = self.limits();
        if self == Self::Weekday {
            let days = (first..=last + 7).map(|day| &WEEKDAYS[day as usize % 7][..3]);
            return days.collect::<Vec<_>>().join(",");
        }
        let part = |from: u32, to: u32| if from == to { from.to_string() } else { format!("{from}-{to}") };
        format!("{},{}", part(first, high), part(low, last))
    }

    fn expected(self) -> String {
        let (low, high) = self.limits();
        match self {
            Self::Month => format!("Write a number from {low} to {high}, or jan to dec."),
            Self::Weekday => {
                format!("Write mon to sun, or a number from {low} to {high} (0 and 7 are Sunday).")
            }
            _ => format!("Write a number from {low} to {high}."),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day of the month",
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }

    fn limits(self) -> (u32, u32) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, 7),
        }
    }
}

/// A plain number; no sign, at most three digits.
fn number(text: &str) -> Option<u32> {
    let plain = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}
