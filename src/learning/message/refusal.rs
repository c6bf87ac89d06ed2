//! What learning declines, in the words that are shown.

use crate::error::Refusal;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(in crate::learning) enum LearningRefusal {
    #[error("There is no lesson “{0}”. Start typing in the lesson field and pick one from the list.")]
    UnknownLesson(String),
    #[error("There is no series “{0}”. Start typing in the series field and pick one from the list.")]
    UnknownSeries(String),
    #[error(
        "This lesson has been taken out of its series. What you finished stays finished; /learn next shows what comes next."
    )]
    LessonGone,
    #[error("This button belongs to an older lesson. /learn next shows what comes next.")]
    OldControl,
    #[error(
        "No learning channel has been chosen yet. Name a channel in the command, or ask an administrator to choose one with /setup."
    )]
    NoChannel,
    #[error(
        "“{title}” was posted in {channel} less than a minute ago, so it was not posted again. To repeat it on purpose, wait a minute."
    )]
    JustPosted { title: String, channel: String },
    #[error(
        "“{0}” has been posted here to the end, so there is nothing left to schedule. /lesson post repeats a single lesson."
    )]
    SeriesPosted(String),
    #[error("“{0}” has no schedule here. /lesson schedule gives it a day and an hour.")]
    NotScheduled(String),
    #[error("“{0}” is paused already. /lesson resume lets it go on.")]
    PausedAlready(String),
    #[error("“{0}” is not paused. /lesson list shows when the next lesson comes.")]
    NotPaused(String),
    #[error("“{0}” is paused, so there is no date to leave out. /lesson resume lets it go on.")]
    NothingToSkip(String),
    #[error(
        "“{0}” is not finished yet: /learn next shows the lesson that is open. The certificate waits for the last one."
    )]
    SeriesOpen(String),
    #[error("Please give a name of 1 to 60 characters for the certificate. Run /learn certificate again.")]
    NoName,
    #[error("This is not a certificate code. A code looks like 7K3M-9QPT-2WXA; please check it letter by letter.")]
    NotACode,
    #[error(
        "No certificate has the code {0}. Please check it letter by letter, and ask its owner if it still does not match."
    )]
    NoSuchCertificate(String),
    #[error("Choose from 1 to 10 working days between two lessons.")]
    NoSuchPace,
    #[error("No lessons of this series are being sent to you.")]
    NotCatchingUp,
    #[error("You do not get these messages any more.")]
    NotReminded,
    #[error("This works on your group's server: go there and run /learn next.")]
    NotHere,
    #[error("The hour must be from 0 to 23, for example 9 for 09:00.")]
    NoSuchHour,
}

impl Refusal for LearningRefusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ChannelId;

    #[test]
    fn what_is_declined_says_what_to_do() {
        let refusals = [
            LearningRefusal::UnknownLesson("x".into()),
            LearningRefusal::UnknownSeries("x".into()),
            LearningRefusal::LessonGone,
            LearningRefusal::OldControl,
            LearningRefusal::NoChannel,
            LearningRefusal::JustPosted { title: "Asking".into(), channel: ChannelId(5).mention() },
            LearningRefusal::SeriesPosted("The basics".into()),
            LearningRefusal::NotScheduled("The basics".into()),
            LearningRefusal::PausedAlready("The basics".into()),
            LearningRefusal::NotPaused("The basics".into()),
            LearningRefusal::NothingToSkip("The basics".into()),
            LearningRefusal::NoSuchHour,
            LearningRefusal::SeriesOpen("The basics".into()),
            LearningRefusal::NoName,
            LearningRefusal::NotACode,
            LearningRefusal::NoSuchCertificate("7K3M-9QPT-2WXA".into()),
            LearningRefusal::NoSuchPace,
            LearningRefusal::NotCatchingUp,
            LearningRefusal::NotReminded,
            LearningRefusal::NotHere,
        ];
        insta::assert_snapshot!(refusals.map(|refusal| refusal.to_string()).join("\n"), @r"
        There is no lesson “x”. Start typing in the lesson field and pick one from the list.
        There is no series “x”. Start typing in the series field and pick one from the list.
        This lesson has been taken out of its series. What you finished stays finished; /learn next shows what comes next.
        This button belongs to an older lesson. /learn next shows what comes next.
        No learning channel has been chosen yet. Name a channel in the command, or ask an administrator to choose one with /setup.
        “Asking” was posted in <#5> less than a minute ago, so it was not posted again. To repeat it on purpose, wait a minute.
        “The basics” has been posted here to the end, so there is nothing left to schedule. /lesson post repeats a single lesson.
        “The basics” has no schedule here. /lesson schedule gives it a day and an hour.
        “The basics” is paused already. /lesson resume lets it go on.
        “The basics” is not paused. /lesson list shows when the next lesson comes.
        “The basics” is paused, so there is no date to leave out. /lesson resume lets it go on.
        The hour must be from 0 to 23, for example 9 for 09:00.
        “The basics” is not finished yet: /learn next shows the lesson that is open. The certificate waits for the last one.
        Please give a name of 1 to 60 characters for the certificate. Run /learn certificate again.
        This is not a certificate code. A code looks like 7K3M-9QPT-2WXA; please check it letter by letter.
        No certificate has the code 7K3M-9QPT-2WXA. Please check it letter by letter, and ask its owner if it still does not match.
        Choose from 1 to 10 working days between two lessons.
        No lessons of this series are being sent to you.
        You do not get these messages any more.
        This works on your group's server: go there and run /learn next.
        ");
    }
}
