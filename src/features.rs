//! The register: which features there are, one line each, and what they give to the dispatcher, the schedule and `cxbot check`.

use std::sync::Arc;

use crate::config::{Content, Problem, Settings};
use crate::cx_index::{self, CxIndex, Figures, PostIndex, RecomputeIndex};
use crate::discord::{Feature, Gate};
use crate::error::Result;
use crate::help::{Group, Help};
use crate::learning::{self, Learning};
use crate::people::{self, Me, PeopleGate, PersonalData, Roster, Setup};
use crate::programs;
use crate::pulse::{self, Pulses};
use crate::recognition::{self, Recognition, RecognitionData};
use crate::schedule::{self, Job};
use crate::sealed::Sealed;
use crate::services::Services;

/// Every feature of a running cxbot.
#[derive(Clone, Debug)]
pub struct Features {
    learning: Arc<Learning>,
    pulses: Pulses,
    recognition: Recognition,
}

impl Features {
    /// The features, keeping what they must keep outside the database in these settings' data folder.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let sealed = Sealed::in_data_folder(&settings.data.dir);
        Self { learning: Arc::default(), pulses: Pulses::new(sealed.clone()), recognition: Recognition::new(sealed) }
    }

    /// For the dispatcher. Help comes last, since it describes the others.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<dyn Feature>> {
        let named: [(&str, Arc<dyn Feature>); 8] = [
            ("Lessons", self.learning.clone()),
            ("Pulses", Arc::new(self.pulses.clone())),
            ("Recognition", Arc::new(self.recognition.clone())),
            ("CX index", Arc::new(CxIndex)),
            ("Figures of the index", Arc::new(Figures)),
            ("The group", Arc::new(Roster)),
            ("This server", Arc::new(Setup)),
            ("You", Arc::new(Me::new(Self::personal_data()))),
        ];
        let groups = named.iter().map(|(title, feature)| Group::of(title, feature.as_ref())).collect();
        let help = Help::new(groups).watching(self.jobs());
        named.into_iter().map(|(_, feature)| feature).chain([Arc::new(help) as Arc<dyn Feature>]).collect()
    }

    /// What each part holds on a person, for `/me`. What is being taken down must still be found, so deliveries come last.
    #[must_use]
    pub fn personal_data() -> Vec<Arc<dyn PersonalData>> {
        vec![
            Arc::new(learning::PERSONAL),
            Arc::new(pulse::PERSONAL),
            Arc::new(RecognitionData),
            Arc::new(cx_index::PERSONAL),
            Arc::new(people::ROSTER),
            Arc::new(people::DELIVERIES),
        ]
    }

    /// For the schedule.
    #[must_use]
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        [
            self.learning.jobs(),
            self.pulses.jobs(),
            self.recognition.jobs(),
            vec![Arc::new(RecomputeIndex), Arc::new(PostIndex)],
        ]
        .concat()
    }

    /// Decides who is a lead and who an administrator.
    #[must_use]
    pub fn gate(&self) -> Arc<dyn Gate> {
        Arc::new(PeopleGate::default())
    }

    /// What must be true before anything is answered: the inventory as in the files, no definition edited that scores rest on.
    ///
    /// # Errors
    /// A sentence that names the file and what to do.
    pub async fn start(&self, services: &Services) -> Result<()> {
        cx_index::start(services).await
    }

    /// Waits for work that features do beside their handlers and jobs.
    pub async fn settle(&self) {
        self.pulses.settle().await;
        self.recognition.settle().await;
    }
}

/// Every problem in the content files, feature by feature.
#[must_use]
pub fn check(content: &Content) -> Vec<Problem> {
    let pulses = pulse::check(content).unwrap_or_else(|error| {
        vec![Problem { file: "pulses".into(), line: 1, key: "folder".into(), expected: error.to_string() }]
    });
    [
        schedule::check_holidays(content),
        learning::check(content),
        pulses,
        recognition::check(content),
        programs::check(content),
        cx_index::check(content),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::Overrides;

    fn features() -> Features {
        Features::new(&Settings::load(&Overrides::default()).unwrap())
    }

    #[test]
    fn names_of_features_and_jobs_are_unique() {
        let features = features();
        let names: BTreeSet<_> = features.all().iter().map(|feature| feature.name()).collect();
        assert_eq!(names.len(), features.all().len());
        let jobs: BTreeSet<_> = features.jobs().iter().map(|job| job.name()).collect();
        assert_eq!(jobs.len(), features.jobs().len());
    }

    #[test]
    fn the_built_in_content_is_right() {
        let problems = check(&Content::built_in());
        assert!(problems.is_empty(), "{problems:#?}");
    }
}
