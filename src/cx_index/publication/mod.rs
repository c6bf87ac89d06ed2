//! How a quarter goes out: draft, reviewed, published.
//!
//! A lead reviews the scores as they stand, and publishes exactly what was reviewed: when figures came in between, the review counts no
//! more. Who reviews does not publish: two people look at every number that goes out. Only when there is one lead may the reviewer
//! publish too, and the edition says so. From then on `/index` shows the published revision for ever. Later figures still make revisions; publishing those is an
//! erratum, a new edition with a reason, and the editions before it stay.

pub mod store;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::model::definition::hash_of;
use super::record::Record;
use crate::calendar::Quarter;
use crate::error::Refusal;
use crate::ids::UserId;

/// How far a quarter is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// Who reviewed it, when, and the fingerprint of what was reviewed; `None` before, and after publishing.
    pub reviewed: Option<(UserId, DateTime<Utc>, String)>,
    /// The newest edition.
    pub edition: Option<Edition>,
}

/// One publication of a quarter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// From 1; a later one is an erratum.
    pub number: i64,
    /// Who published it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why it was corrected; empty for the first.
    pub reason: String,
    /// Its publisher had reviewed it too, being the only lead.
    pub alone: bool,
}

/// Who wants to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// Who.
    pub person: UserId,
    /// They say that they are the only lead.
    pub says_alone: bool,
    /// The other leads that cxbot knows of.
    pub other_leads: Vec<UserId>,
}

/// What may go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The number of the edition.
    pub edition: i64,
    /// The revision of each score.
    pub revisions: BTreeMap<String, i64>,
    /// The publisher had reviewed it too.
    pub alone: bool,
}

/// Why a quarter was not reviewed or published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublicationRefusal {
    /// There is nothing to publish.
    #[error("{0} has no scores yet. Bring figures in first, with /measure record or a file.")]
    Nothing(Quarter),
    /// Nobody reviewed it.
    #[error("{0} has not been reviewed. Look at it with /index, then run /quarter review, then publish.")]
    NotReviewed(Quarter),
    /// One person reviewed it and wants to publish it.
    #[error(
        "You reviewed {0} yourself, so another lead publishes it: two people look at every number that goes out. If you are the only lead, say so with alone:True."
    )]
    SamePerson(Quarter),
    /// They say they are the only lead, and are not.
    #[error(
        "You are not the only lead: <@{1}> is one too. Ask them to run /quarter publish for {0}, which you reviewed."
    )]
    NotAlone(Quarter, UserId),
    /// Figures came in after the review.
    #[error(
        "Figures for {0} have come in since it was reviewed, so what was reviewed is not what would go out. Run /quarter review again."
    )]
    Moved(Quarter),
    /// Published as it stands.
    #[error("{0} is published as it stands: nothing has changed since edition {1}.")]
    Same(Quarter, i64),
    /// An erratum says why.
    #[error("{0} is published. A correction is a new edition that says why: add the reason.")]
    NeedsReason(Quarter),
    /// The quarter still runs.
    #[error("{0} is still running. It can be published from its last day on; until then its scores can move.")]
    Running(Quarter),
}

impl Refusal for PublicationRefusal {}

/// A fingerprint of scores: changes when any figure, program or definition behind them does.
#[must_use]
pub fn fingerprint(records: &[Record]) -> String {
    let lines: Vec<String> = records
        .iter()
        .map(|record| format!("{} {} {}", record.scope.key(), record.definition_hash, record.input_hash))
        .collect();
    hash_of(&lines.join("\n"))
}

/// What may be published now, and by this person. `newest` are the newest revisions, `shown` those of the
/// edition before.
///
/// # Errors
/// What stands in the way.
pub fn may_publish(
    quarter: Quarter,
    current: Quarter,
    stage: &Stage,
    newest: &[Record],
    shown: &[Record],
    reason: &str,
    publisher: &Publisher,
) -> Result<Permit, PublicationRefusal> {
    if newest.is_empty() {
        return Err(PublicationRefusal::Nothing(quarter));
    }
    if quarter >= current {
        return Err(PublicationRefusal::Running(quarter));
    }
    let revisions: BTreeMap<String, i64> = newest.iter().map(|record| (record.scope.key(), record.revision)).collect();
    if let Some(edition) = &stage.edition {
        let before: BTreeMap<String, i64> = shown.iter().map(|record| (record.scope.key(), record.revision)).collect();
        if before == revisions {
            return Err(PublicationRefusal::Same(quarter, edition.number));
        }
        if reason.trim().is_empty() {
            return Err(PublicationRefusal::NeedsReason(quarter));
        }
    }
    let Some((reviewer, _, reviewed)) = &stage.reviewed else { return Err(PublicationRefusal::NotReviewed(quarter)) };
    if *reviewed != fingerprint(newest) {
        return Err(PublicationRefusal::Moved(quarter));
    }
    let alone = *reviewer == publisher.person;
    if alone && !publisher.says_alone {
        return Err(PublicationRefusal::SamePerson(quarter));
    }
    if let (true, Some(other)) = (alone, publisher.other_leads.iter().find(|lead| **lead != publisher.person)) {
        return Err(PublicationRefusal::NotAlone(quarter, *other));
    }
    let edition = stage.edition.as_ref().map_or(1, |edition| edition.number + 1);
    Ok(Permit { edition, revisions, alone })
}
