//! Certificates, and what a code says about one.

use super::action::Action;
use crate::calendar::date_words;
use crate::learning::certificate::{Certificate, MOST_NAME_CHARS};
use crate::learning::library::Series;
use crate::post::{Form, Input, Post};
use crate::text::escape;

/// The form that asks for the name.
pub(in crate::learning) fn name_form(series: &Series, name: &str) -> Form {
    let most = u16::try_from(MOST_NAME_CHARS).unwrap_or(u16::MAX);
    let input =
        Input::short("name", "Name on the certificate", most).filled(crate::text::shorten(name, MOST_NAME_CHARS));
    Form::new(Action::Certify { series: series.name.clone() }.to_id(), "Your certificate", [input])
}

/// The certificate for its owner, with the picture.
pub(in crate::learning) fn certificate(certificate: &Certificate, picture: Vec<u8>) -> Post {
    Post::text(format!(
        "**Certificate**\n{} has finished the learning series **{}** on {}.\nCode: `{}`. Anybody can check it with /learn verify.\n\n-# Only \
         you can see this: download the picture to share it. /learn certificate gives it to you again at any time, with another name if \
         you like.",
        escape(&certificate.name),
        escape(&certificate.series_title),
        date_words(certificate.finished_on),
        certificate.code
    ))
    .with_file("certificate.png", certificate.words(), picture)
}

/// What a code says.
pub(in crate::learning) fn verified(certificate: &Certificate) -> Post {
    Post::text(format!(
        "The code `{}` is genuine: {} has finished the learning series **{}** on {}.",
        certificate.code,
        escape(&certificate.name),
        escape(&certificate.series_title),
        date_words(certificate.finished_on)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::model::tests::series;

    #[test]
    fn a_certificate_says_name_series_and_day_and_nothing_else() {
        let paper = Certificate {
            code: "7K3M-9QPT-2WXA".into(),
            name: "Ana *Ruiz*".into(),
            series_title: "The basics".into(),
            finished_on: chrono::NaiveDate::from_ymd_opt(2027, 3, 16).unwrap(),
        };
        let text = [
            name_form(&series(), "Ana Ruiz").as_text(),
            certificate(&paper, vec![1]).as_text(),
            verified(&paper).as_text(),
        ];
        insta::assert_snapshot!(text.join("\n---\n"));
    }
}
