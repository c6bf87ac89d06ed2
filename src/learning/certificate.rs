//! Certificates: the name as the member chose it, the series, the day, and a code that anybody can check. Nothing else.

use chrono::NaiveDate;

use crate::calendar::date_words;
use crate::chart;
use crate::error::{Error, Result};
use crate::text::clean;

/// Longest name on a certificate, in characters.
pub const MOST_NAME_CHARS: usize = 60;

/// Crockford's alphabet: no letter that is taken for a digit, and hardly a word to be embarrassed by.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Twelve characters in groups of four: `7K3M-9QPT-2WXA`.
    pub code: String,
    /// As the member chose it.
    pub name: String,
    /// The series' title when it was finished.
    pub series_title: String,
    /// The day, in the group's time zone.
    pub finished_on: NaiveDate,
}

/// A new code: sixty random bits, so that none can be guessed.
pub(super) fn new_code() -> Result<String> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes)
        .map_err(|fault| Error::internal(format!("the operating system gave no random numbers: {fault}")))?;
    Ok(grouped(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))))
}

fn grouped(letters: impl Iterator<Item = char>) -> String {
    let mut code = String::new();
    for (place, letter) in letters.enumerate() {
        if place > 0 && place % 4 == 0 {
            code.push('-');
        }
        code.push(letter);
    }
    code
}

/// The code that somebody meant who typed `text`, with the letters that are taken for digits read as those; `None` when it cannot be one.
pub(super) fn read_code(text: &str) -> Option<String> {
    let letters: Vec<char> = text
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect();
    let known = letters.iter().all(|letter| ALPHABET.iter().any(|known| char::from(*known) == *letter));
    (letters.len() == 12 && known).then(|| grouped(letters.into_iter()))
}

/// The name as it goes on the certificate; `None` when nothing is left of it.
pub(super) fn read_name(text: &str) -> Option<String> {
    let name = clean(text).split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= MOST_NAME_CHARS).then_some(name)
}

impl Certificate {
    /// Everything on it, in the order a screen reader should say it.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "Certificate. {} has finished the learning series {} on {}. Code: {}.",
            self.name,
            self.series_title,
            date_words(self.finished_on),
            self.code
        )
    }

    /// The picture, as SVG: 1,200 by 800.
    #[must_use]
    pub fn svg(&self) -> String {
        let name_size = fitting(&self.name, 72.0);
        let series_size = fitting(&self.series_title, 46.0);
        let [name, series, date, code] =
            [&self.name, &self.series_title, &date_words(self.finished_on), &self.code].map(|text| chart::escape(text));
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800" viewBox="0 0 1200 800" font-family="Inter" text-anchor="middle">
<rect width="1200" height="800" fill="#ffffff"/>
<rect x="28" y="28" width="1144" height="744" fill="none" stroke="#1f4fbf" stroke-width="4"/>
<rect x="40" y="40" width="1120" height="720" fill="none" stroke="#9db4e6" stroke-width="1.5"/>
<text x="600" y="150" font-size="30" font-weight="600" letter-spacing="8" fill="#1f4fbf">CERTIFICATE</text>
<rect x="560" y="178" width="80" height="4" fill="#1f4fbf"/>
<text x="600" y="330" font-size="{name_size}" font-weight="600" fill="#14213d">{name}</text>
<text x="600" y="410" font-size="30" fill="#44506a">has finished the learning series</text>
<text x="600" y="490" font-size="{series_size}" font-weight="600" fill="#14213d">{series}</text>
<text x="600" y="560" font-size="30" fill="#44506a">{date}</text>
<text x="600" y="672" font-size="24" font-weight="600" fill="#14213d">{code}</text>
<text x="600" y="710" font-size="20" fill="#44506a">Check this code with /learn verify</text>
</svg>"##
        )
    }
}

/// The size at which `text` fits across the page, at most `most`.
fn fitting(text: &str, most: f32) -> f32 {
    const ROOM: f32 = 1_040.0;
    let width = chart::width(text, most, 600);
    if width > ROOM { (most * ROOM / width).floor() } else { most }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(name: &str) -> Certificate {
        Certificate {
            code: "7K3M-9QPT-2WXA".into(),
            name: name.into(),
            series_title: "CX foundations".into(),
            finished_on: NaiveDate::from_ymd_opt(2027, 3, 16).unwrap(),
        }
    }

    #[test]
    fn codes_are_new_each_time_and_read_as_people_write_them() {
        let code = new_code().unwrap();
        assert_ne!(code, new_code().unwrap());
        assert_eq!(code.len(), 14);
        assert_eq!(read_code(&code.to_lowercase().replace('-', " ")).as_ref(), Some(&code));
        assert_eq!(read_code("O0Il-9QPT-2WXA").as_deref(), Some("0011-9QPT-2WXA"));
        for wrong in ["", "7K3M-9QPT", "7K3M-9QPT-2WXAA", "7K3M-9QPT-2WXU", "é".repeat(12).as_str()] {
            assert_eq!(read_code(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_is_one_line_without_tricks() {
        assert_eq!(read_name("  Zoë\n de la  Cruz "), Some("Zoë de la Cruz".into()));
        assert_eq!(read_name("\u{202e}Ben"), Some("Ben".into()));
        assert_eq!(read_name(" \u{200b} "), None);
        assert_eq!(read_name(&"x".repeat(61)), None);
    }

    #[test]
    fn what_a_screen_reader_says() {
        insta::assert_snapshot!(certificate("Ana Ruiz").words(), @"Certificate. Ana Ruiz has finished the learning series CX foundations on Tuesday, March 16, 2027. Code: 7K3M-9QPT-2WXA.");
    }

    #[test]
    fn any_name_fits_on_the_picture() {
        for name in ["Ana Ruiz", "W".repeat(60).as_str(), "<b> & \"co\"", "Ωμέγα Ψ"] {
            let picture = chart::png(&certificate(name).svg()).unwrap();
            assert_eq!(&picture[16..24], [0, 0, 4, 176, 0, 0, 3, 32], "1,200 by 800");
        }
        assert!(chart::width(&"W".repeat(60), fitting(&"W".repeat(60), 72.0), 600) <= 1_041.0);
        assert!((fitting("Ana Ruiz", 72.0) - 72.0).abs() < 0.1);
    }
}
