//! The steps of building, as controls carry them.

use super::form::Form;

/// What a control of the builder means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pulse) enum Step {
    Show,
    About,
    AboutWritten,
    Add,
    Pick,
    Edit { place: usize },
    Retype { place: usize },
    Written { place: Option<usize>, form: Form },
    Up { place: usize },
    Remove { place: usize },
    Preview,
    Save,
    ThrowAway,
    ThrownAway,
}

impl Step {
    /// The control id's last part: draft and step.
    pub(in crate::pulse) fn to_text(self, draft: i64) -> String {
        let what = match self {
            Self::Show => "show".to_owned(),
            Self::About => "about".to_owned(),
            Self::AboutWritten => "about-written".to_owned(),
            Self::Add => "add".to_owned(),
            Self::Pick => "pick".to_owned(),
            Self::Edit { place } => format!("edit:{place}"),
            Self::Retype { place } => format!("retype:{place}"),
            Self::Written { place: Some(place), form } => format!("written:{}:{place}", form.key()),
            Self::Written { place: None, form } => format!("written:{}", form.key()),
            Self::Up { place } => format!("up:{place}"),
            Self::Remove { place } => format!("remove:{place}"),
            Self::Preview => "preview".to_owned(),
            Self::Save => "save".to_owned(),
            Self::ThrowAway => "throw-away".to_owned(),
            Self::ThrownAway => "thrown-away".to_owned(),
        };
        format!("{draft}:{what}")
    }

    /// Reads [`to_text`](Self::to_text) back.
    pub(in crate::pulse) fn parse(text: &str) -> Option<(i64, Self)> {
        let mut parts = text.splitn(4, ':');
        let draft = parts.next()?.parse().ok()?;
        let what = parts.next()?;
        let (first, second) = (parts.next(), parts.next());
        let place = || first.and_then(|place| place.parse::<usize>().ok());
        let step = match what {
            "show" => Self::Show,
            "about" => Self::About,
            "about-written" => Self::AboutWritten,
            "add" => Self::Add,
            "pick" => Self::Pick,
            "edit" => Self::Edit { place: place()? },
            "retype" => Self::Retype { place: place()? },
            "written" => {
                let place = match second {
                    Some(place) => Some(place.parse().ok()?),
                    None => None,
                };
                Self::Written { place, form: Form::parse(first?)? }
            }
            "up" => Self::Up { place: place()? },
            "remove" => Self::Remove { place: place()? },
            "preview" => Self::Preview,
            "save" => Self::Save,
            "throw-away" => Self::ThrowAway,
            "thrown-away" => Self::ThrownAway,
            _ => return None,
        };
        Some((draft, step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_means_what_it_says_both_ways() {
        for step in [
            Step::Show,
            Step::About,
            Step::AboutWritten,
            Step::Add,
            Step::Pick,
            Step::Edit { place: 6 },
            Step::Retype { place: 0 },
            Step::Written { place: Some(6), form: Form::OneToSeven },
            Step::Written { place: None, form: Form::Several },
            Step::Up { place: 1 },
            Step::Remove { place: 2 },
            Step::Preview,
            Step::Save,
            Step::ThrowAway,
            Step::ThrownAway,
        ] {
            assert_eq!(Step::parse(&step.to_text(i64::MAX)), Some((i64::MAX, step)));
        }
        for foreign in ["", "7", "x:show", "7:edit", "7:edit:x", "7:written", "7:written:smiley", "7:burn"] {
            assert_eq!(Step::parse(foreign), None, "{foreign}");
        }
    }
}
