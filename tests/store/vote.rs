//! Votes of a round: who is chosen, who stands aside, and that nothing tells who voted for what.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::discord::{Feature, Joined, Tier};
use cxbot::ids::{ChannelId, UserId};
use cxbot::on_db;
use cxbot::people;
use cxbot::post::Post;
use cxbot::recognition::{self, NominationId, Recognition, State, Vote};
use cxbot::sealed::Sealed;
use cxbot::services::Services;
use cxbot::store::{Store, Tx};

use crate::adversary::everything;
use crate::stage::{GUILD, Player, noon};

crate::on_both!(
    the_group_chooses_and_nothing_left_tells_who_voted,
    a_copy_of_an_open_vote_tells_nothing_without_its_key,
    nobody_ticks_what_is_about_themselves,
    who_withdraws_is_off_the_ballot,
    below_five_ballots_the_reviewers_scores_decide,
    a_lost_key_leaves_it_to_the_reviewers_scores,
    a_closing_that_was_interrupted_is_taken_up,
    who_was_chosen_rests_for_two_rounds,
    a_vote_waits_for_reviews_and_answers,
    the_calendar_opens_the_vote,
    how_a_round_ends_is_settled_with_the_first_acceptance,
    what_was_not_chosen_is_forgotten,
    a_late_press_is_told_kindly,
    everybody_reads_the_ballot_in_an_order_of_their_own,
    a_lot_is_kept_with_its_inputs,
    who_erases_their_data_is_off_the_ballot,
    two_processes_end_a_vote_once,
    two_first_ticks_at_once_are_both_kept,
    a_vote_without_a_channel_waits_for_one_and_forgets_who_withdrew,
    a_round_from_before_votes_opens_its_vote_by_itself,
);

const LEAD: u64 = 900;

/// The people of these tests; their ids are long enough to be found in a text.
fn person(number: u64) -> u64 {
    700_000_000 + number
}

struct Hall {
    services: Services,
    recognition: Recognition,
    data: Arc<tempfile::TempDir>,
}

impl Hall {
    async fn new(store: Store) -> Self {
        let data = Arc::new(tempfile::tempdir().unwrap());
        let overrides = Overrides { data_dir: Some(data.path().to_owned()), ..Overrides::default() };
        let services = Services {
            store,
            clock: Clock::manual(noon()),
            settings: Arc::new(Settings::load(&overrides).unwrap()),
            content: Content::built_in(),
        };
        services
            .store
            .write(|tx| {
                Box::pin(async move {
                    people::record_guild(tx, GUILD, "CX group", chrono_tz::America::New_York).await?;
                    people::choose_channel(tx, GUILD, people::Purpose::Recognition, ChannelId(5)).await
                })
            })
            .await
            .unwrap();
        let recognition = Recognition::new(Sealed::in_data_folder(data.path()));
        Self { services, recognition, data }
    }

    /// The same data, nothing in memory.
    async fn restarts(&mut self) {
        self.recognition = Recognition::new(Sealed::in_data_folder(self.data.path()));
        let joined =
            Joined { guild: GUILD, name: "CX group".into(), owner: UserId(LEAD), first_channel: None, accounts: 0 };
        self.recognition.on_joined(&self.services, &joined).await.unwrap();
        self.recognition.settle().await;
    }

    fn player(&self, user: u64, tier: Tier) -> Player<'_, Recognition> {
        Player::new(&self.recognition, &self.services, user, tier)
    }

    /// A round of this quarter that ends with a vote, over, with these nominees: accepted, and agreed to with their names. Each got the
    /// score beside them.
    async fn stands(&self, quarter: &'static str, nominees: &[(u64, i64)]) -> Vec<NominationId> {
        let nominees = nominees.to_vec();
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let round: i64 = on_db!(tx, conn => sqlx::query_scalar(
                        "insert into recognition_rounds (guild_id, quarter, opened_at, closed_at, by_vote)
                         values ($1, $2, $3, $3, true) returning id")
                        .bind(GUILD.db()).bind(quarter).bind(noon()).fetch_one(conn).await?);
                    let mut ids = Vec::new();
                    for (nominee, score) in nominees {
                        ids.push(standing(tx, round, nominee, score).await?);
                    }
                    Ok(ids)
                })
            })
            .await
            .unwrap()
    }

    async fn opens(&self) -> Result<String, String> {
        let mut lead = self.player(LEAD, Tier::Lead);
        lead.runs("recognition vote", None).await?;
        Ok(lead.shown.text.clone())
    }

    /// Somebody in front of the newest vote's post.
    async fn voter(&self, user: u64) -> Player<'_, Recognition> {
        let mut voter = self.player(user, Tier::Member);
        voter.shown = self.post().await;
        voter
    }

    async fn post(&self) -> Post {
        let body = self
            .services
            .store
            .read(|tx| {
                Box::pin(async move {
                    let sql = "select body from outbox where key like 'recognition:vote:%' order by id desc limit 1";
                    let body: String = on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?);
                    Ok(body)
                })
            })
            .await
            .unwrap();
        serde_json::from_str(&body).unwrap()
    }

    /// Turns to each story about these people and ticks it.
    async fn ticks(&self, user: u64, about: &[NominationId]) {
        let mut voter = self.voter(user).await;
        voter.presses("Vote").await.unwrap();
        for nomination in about {
            let place = self.place(*nomination).await;
            voter.picks("Go to a story", &place.to_string()).await.unwrap();
            voter.presses("Tick: it is deserving").await.unwrap();
        }
    }

    async fn place(&self, nomination: NominationId) -> i64 {
        self.count(&format!("select max(place) from recognition_candidates where nomination_id = {nomination}")).await
    }

    async fn count(&self, sql: &str) -> i64 {
        let sql = sql.to_owned();
        self.services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    Ok(on_db!(tx, conn => sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(conn).await?))
                })
            })
            .await
            .unwrap()
    }

    async fn passes(&self, time: TimeDelta) {
        self.services.clock.advance(time);
        let runner = cxbot::schedule::Runner::new(self.services.clone(), self.recognition.jobs());
        runner.tick(self.services.clock.now()).await.unwrap();
        self.recognition.settle().await;
    }

    async fn state(&self, id: NominationId) -> (State, Vote) {
        let found = self.services.store.read(move |tx| Box::pin(recognition::find(tx, id))).await.unwrap().unwrap();
        (found.state, found.vote)
    }

    async fn does(&self, sql: &'static str) {
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    async fn set(&self, id: NominationId, state: &'static str) {
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "update nominations set state = $1 where id = $2";
                    on_db!(tx, conn => sqlx::query(sql).bind(state).bind(id.0).execute(conn).await?.rows_affected());
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    fn keys_on_disk(&self) -> usize {
        std::fs::read_dir(self.data.path().join("keys")).map_or(0, Iterator::count)
    }
}

async fn standing(tx: &mut Tx, round: i64, nominee: u64, score: i64) -> cxbot::error::Result<NominationId> {
    let id: i64 = on_db!(tx, conn => sqlx::query_scalar(
        "insert into nominations (guild_id, round_id, nominator_id, state, vote, tag, tag_name, relation, happened, customer, changed,
             evidence, revision, stories, drafted_at, sent_at, decided_at)
         values ($1, $2, 800000000, 'standing', 'ahead', 'outside-in', 'Principle: Design from the outside in', 'other', 'Rewrote the letter.',
             'applicants', 'Fewer calls.', 'Counts.', 4, 0, $3, $3, $3) returning id")
        .bind(GUILD.db()).bind(round).bind(noon()).fetch_one(conn).await?);
    on_db!(tx, conn => sqlx::query("insert into nomination_people (nomination_id, user_id, place, consent, answered_at) values ($1, $2, 0, 'named', $3)")
        .bind(id).bind(UserId(nominee).db()).bind(noon()).execute(conn).await?.rows_affected());
    on_db!(tx, conn => sqlx::query("insert into nomination_reviews (nomination_id, reviewer_id, seated_at, effect, evidence, principle, copyable, verdict, revision)
         values ($1, 900, $2, $3, 0, 0, 0, 'accept', 4)")
        .bind(id).bind(noon()).bind(score).execute(conn).await?.rows_affected());
    Ok(NominationId(id))
}

/// 60 people, of whom 40 vote, change their minds and take ballots back; the attacker gets every table and the folder of keys.
async fn the_group_chooses_and_nothing_left_tells_who_voted(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall
        .stands("FY2026Q4", &[(person(901), 1), (person(902), 2), (person(903), 0), (person(904), 2), (person(905), 1)])
        .await;
    assert!(hall.opens().await.unwrap().contains("is open on 5 stories"));
    for number in 0..40 {
        let mut wanted = vec![ids[0]];
        wanted.extend((number % 2 == 0).then_some(ids[1]));
        wanted.extend((number % 3 == 0).then_some(ids[2]));
        wanted.extend((number % 8 == 0).then_some(ids[3]));
        hall.ticks(person(number), &wanted).await;
    }
    // Changed minds: one takes a tick back, one the whole ballot and votes again, one takes it back for good.
    let mut fickle = hall.voter(person(1)).await;
    fickle.presses("Vote").await.unwrap();
    fickle.picks("Go to a story", &hall.place(ids[0]).await.to_string()).await.unwrap();
    fickle.presses("Ticked. Take the tick back").await.unwrap();
    fickle.presses("Take my vote back").await.unwrap();
    fickle.presses("Look at the stories again").await.unwrap();
    assert!(fickle.shown.text.contains("not ticked anything"), "{}", fickle.shown.text);
    hall.ticks(person(1), &[ids[0]]).await;
    let mut gone = hall.voter(person(40)).await;
    gone.presses("Vote").await.unwrap();
    gone.picks("Go to a story", &hall.place(ids[4]).await.to_string()).await.unwrap();
    gone.presses("Tick: it is deserving").await.unwrap();
    gone.presses("Take my vote back").await.unwrap();
    assert_eq!(hall.count("select count(*) from sealed_ballots").await, 40);

    hall.passes(TimeDelta::days(7)).await;
    // 40, 20, 14, 5 and 0 of 40: the first three are at 30 % or above.
    let mut states = Vec::new();
    for id in &ids {
        states.push(hall.state(*id).await);
    }
    let (chosen, over) = ((State::Published, Vote::Chosen), (State::Private, Vote::Over));
    assert_eq!(states, [chosen, chosen, chosen, over, over]);
    assert!(hall.post().await.text.contains("ballots are counted and destroyed"));

    // Nothing is left of a ballot, and no tally was kept.
    assert_eq!(hall.count("select count(*) from sealed_ballots").await, 0);
    assert_eq!(hall.keys_on_disk(), 0, "the key is gone");
    assert_eq!(hall.count("select count(*) from recognition_votes where lots is not null").await, 0);
    let all = everything(&hall.services.store).await;
    for (table, rows) in all.iter().filter(|(table, _)| table.starts_with("recognition_")) {
        for row in rows {
            assert!(
                !row.iter().any(|field| ["40", "20", "14"].contains(&field.as_str())),
                "a tally in {table}: {row:?}"
            );
        }
    }
    // No row of any table knows more of those who voted than of those who did not.
    assert_eq!(mentions(&all, 0..40), mentions(&all, 41..60), "somebody who voted can be told");
    // And the chosen are told as they agreed, without numbers.
    let stories = all["outbox"].iter().filter(|row| row.iter().any(|field| field.contains(":story:"))).count();
    assert_eq!(stories, 3);
}

/// In which tables each of these people appears.
fn mentions(all: &BTreeMap<String, Vec<Vec<String>>>, people: std::ops::Range<u64>) -> BTreeSet<Vec<&String>> {
    people
        .map(|number| {
            let id = person(number).to_string();
            all.iter()
                .filter(|(_, rows)| rows.iter().flatten().any(|field| field.contains(&id)))
                .map(|(table, _)| table)
                .collect()
        })
        .collect()
}

async fn a_copy_of_an_open_vote_tells_nothing_without_its_key(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 1), (person(902), 2)]).await;
    hall.opens().await.unwrap();
    for number in 0..30 {
        hall.ticks(person(number), if number % 3 == 0 { &ids } else { &ids[..1] }).await;
    }
    let ballots: Vec<(Vec<u8>, Vec<u8>)> = hall
        .services
        .store
        .read(|tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query_as("select tag, payload from sealed_ballots").fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(ballots.len(), 30);
    assert_eq!(ballots.iter().map(|(_, payload)| payload.len()).collect::<BTreeSet<_>>().len(), 1, "all of one size");
    let different: BTreeSet<&Vec<u8>> = ballots.iter().map(|(_, payload)| payload).collect();
    assert_eq!(different.len(), 30, "equal ballots do not look equal");
    let all = everything(&hall.services.store).await;
    assert_eq!(mentions(&all, 0..30), mentions(&all, 30..60));
}

async fn nobody_ticks_what_is_about_themselves(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(1), 1), (person(2), 2)]).await;
    hall.opens().await.unwrap();
    let mut own = hall.voter(person(1)).await;
    own.presses("Vote").await.unwrap();
    let (mine, other) = (hall.place(ids[0]).await, hall.place(ids[1]).await);
    own.picks("Go to a story", &mine.to_string()).await.unwrap();
    assert!(own.shown.as_text().contains("[ Tick: it is deserving (off) ]"), "{}", own.shown.as_text());
    // Whoever sends the press all the same is refused, and nothing is in the box.
    let forged = own.presses_id(&format!("v1:recognition:ballot:1:tick:{mine}")).await.unwrap_err();
    assert!(forged.contains("about you"), "{forged}");
    assert_eq!(hall.count("select count(*) from sealed_ballots").await, 0);
    own.presses_id(&format!("v1:recognition:ballot:1:tick:{other}")).await.unwrap();
    for wrong in [2, 255, 100_000] {
        let refused = own.presses_id(&format!("v1:recognition:ballot:1:tick:{wrong}")).await.unwrap_err();
        assert!(refused.contains("no longer on the ballot"), "{refused}");
    }
    // A vote of another server is not there.
    let mut stranger = hall.voter(person(9)).await;
    stranger.guild = Some(cxbot::ids::GuildId(2));
    assert!(stranger.presses("Vote").await.unwrap_err().contains("not there"));
}

async fn who_withdraws_is_off_the_ballot(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 1), (person(902), 2), (person(903), 2)]).await;
    hall.opens().await.unwrap();
    for number in 0..6 {
        hall.ticks(person(number), &ids).await;
    }
    // One wants it private after all, one withdraws; neither can come back onto the ballot.
    let mut shy = hall.player(person(901), Tier::Member);
    shy.runs("recognition mine", None).await.unwrap();
    shy.picks("Look at one", &ids[0].to_string()).await.unwrap();
    assert!(shy.shown.text.contains("this is on the ballot"), "{}", shy.shown.text);
    shy.presses("Keep it private").await.unwrap();
    let refused = shy.presses_id(&format!("v1:recognition:answer:{}:4:named", ids[0])).await.unwrap_err();
    assert!(refused.contains("vote of this round has begun"), "{refused}");
    let mut gone = hall.player(person(902), Tier::Member);
    gone.runs("recognition mine", None).await.unwrap();
    gone.picks("Look at one", &ids[1].to_string()).await.unwrap();
    let corrected = gone.presses_id(&format!("v1:recognition:correct:{}:4", ids[1])).await.unwrap_err();
    assert!(corrected.contains("voting on this text"), "{corrected}");
    gone.presses("Withdraw and erase it").await.unwrap();
    gone.presses("Withdraw and erase").await.unwrap();
    let mut voter = hall.voter(person(7)).await;
    voter.presses("Vote").await.unwrap();
    assert!(voter.shown.text.contains("Story 1 of 1"), "{}", voter.shown.text);
    hall.passes(TimeDelta::days(7)).await;
    assert_eq!(hall.state(ids[0]).await, (State::Private, Vote::Over));
    assert_eq!(hall.state(ids[1]).await.0, State::Withdrawn);
    assert_eq!(hall.state(ids[2]).await, (State::Published, Vote::Chosen));
}

async fn below_five_ballots_the_reviewers_scores_decide(store: Store) {
    let hall = Hall::new(store).await;
    let nominees = [(person(901), 0), (person(902), 1), (person(903), 2), (person(904), 2)];
    let ids = hall.stands("FY2026Q4", &nominees).await;
    hall.opens().await.unwrap();
    for number in 0..4 {
        hall.ticks(person(number), &ids[..1]).await;
    }
    hall.passes(TimeDelta::days(7)).await;
    let mut chosen = Vec::new();
    for id in &ids {
        chosen.push(hall.state(*id).await.1 == Vote::Chosen);
    }
    assert_eq!(chosen, [false, true, true, true]);
    let post = hall.post().await.text;
    assert!(post.contains("Fewer than 5 people voted, so the reviewers' scores decided"), "{post}");
}

async fn a_lost_key_leaves_it_to_the_reviewers_scores(store: Store) {
    let mut hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 0), (person(902), 1)]).await;
    hall.opens().await.unwrap();
    for number in 0..6 {
        hall.ticks(person(number), &ids[..1]).await;
    }
    std::fs::remove_dir_all(hall.data.path().join("keys")).unwrap();
    hall.restarts().await;
    assert_eq!(hall.state(ids[1]).await, (State::Published, Vote::Chosen));
    assert_eq!(hall.count("select count(*) from sealed_ballots").await, 0, "nobody can read them any more");
    let post = hall.post().await.text;
    assert!(post.contains("the key that sealed them is missing"), "{post}");
    // Nothing happens twice.
    hall.restarts().await;
    hall.passes(TimeDelta::days(8)).await;
    assert_eq!(hall.count("select count(*) from outbox where key like '%:story:%'").await, 2);
}

async fn a_closing_that_was_interrupted_is_taken_up(store: Store) {
    let mut hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 0), (person(902), 1)]).await;
    hall.opens().await.unwrap();
    for number in 0..5 {
        hall.ticks(person(number), &ids[..1]).await;
    }
    // The first step is done, and then the process is gone.
    hall.services.clock.advance(TimeDelta::days(7));
    hall.services
        .store
        .write(|tx| {
            Box::pin(async move {
                let sql = "update recognition_votes set state = 'closing'";
                on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                Ok(())
            })
        })
        .await
        .unwrap();
    hall.restarts().await;
    assert_eq!(hall.state(ids[0]).await, (State::Published, Vote::Chosen));
    assert_eq!(hall.state(ids[1]).await, (State::Private, Vote::Over));
    hall.passes(TimeDelta::hours(2)).await;
    assert_eq!(hall.count("select count(*) from outbox where key like '%:story:%'").await, 1, "published once");
}

async fn who_was_chosen_rests_for_two_rounds(store: Store) {
    let hall = Hall::new(store).await;
    let quarters = ["FY2026Q1", "FY2026Q2", "FY2026Q3", "FY2026Q4"];
    let mut outcome = Vec::new();
    for quarter in quarters {
        let ids = hall.stands(quarter, &[(person(901), 2)]).await;
        let said = hall.opens().await.unwrap();
        hall.passes(TimeDelta::days(7)).await;
        outcome.push((said.contains("is open"), hall.state(ids[0]).await.1));
    }
    // Chosen; then two rounds of rest, each of which has nothing to vote on; then free again.
    assert_eq!(outcome, [(true, Vote::Chosen), (false, Vote::Rests), (false, Vote::Rests), (true, Vote::Chosen)]);
}

async fn a_vote_waits_for_reviews_and_answers(store: Store) {
    let hall = Hall::new(store).await;
    assert!(hall.opens().await.unwrap_err().contains("No round waits for a vote"));
    let ids = hall.stands("FY2026Q4", &[(person(901), 2), (person(902), 2)]).await;
    hall.set(ids[0], "waiting").await;
    hall.set(ids[1], "asked").await;
    let refused = hall.opens().await.unwrap_err();
    assert!(refused.contains("1 still with the reviewers, 1 with the people"), "{refused}");
    assert_eq!(hall.keys_on_disk(), 0, "no key is left of what was not opened");
    hall.set(ids[0], "standing").await;
    hall.set(ids[1], "private").await;
    assert!(hall.opens().await.unwrap().contains("1 story"));
    assert_eq!(
        hall.state(ids[1]).await,
        (State::Private, Vote::Over),
        "who did not agree in time is not on the ballot"
    );
    assert!(hall.opens().await.unwrap_err().contains("No round waits"), "one vote a round");
}

async fn the_calendar_opens_the_vote(store: Store) {
    let hall = Hall::new(store).await;
    let mut lead = hall.player(LEAD, Tier::Lead);
    lead.runs_with("recognition open", None, &[("closes", "2026-12-11")]).await.unwrap();
    assert!(lead.shown.text.contains("There is no vote"), "{}", lead.shown.text);
    let ids = {
        let round = hall.count("select max(id) from recognition_rounds").await;
        hall.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "update recognition_rounds set by_vote = true";
                    on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                    Ok([standing(tx, round, person(901), 2).await?, standing(tx, round, person(902), 1).await?])
                })
            })
            .await
            .unwrap()
    };
    assert!(
        hall.opens().await.unwrap_err().contains("Nominations for FY2027Q1 (October to December 2026) are still open")
    );
    // The round ends after 11 December. A day later something still waits for reviewers, so it is looked at again.
    hall.set(ids[1], "waiting").await;
    hall.passes(TimeDelta::days(20)).await;
    assert_eq!(hall.count("select count(*) from recognition_votes").await, 0);
    hall.set(ids[1], "standing").await;
    hall.passes(TimeDelta::days(1)).await;
    assert_eq!(hall.count("select count(*) from recognition_votes where state = 'open'").await, 1);
    assert_eq!(hall.state(ids[0]).await, (State::Standing, Vote::Open));
    assert!(hall.player(LEAD, Tier::Lead).runs("recognition audit", None).await.is_ok());
    hall.passes(TimeDelta::days(7)).await;
    assert_eq!(hall.state(ids[0]).await, (State::Published, Vote::Chosen));
}

async fn how_a_round_ends_is_settled_with_the_first_acceptance(store: Store) {
    let hall = Hall::new(store).await;
    let mut lead = hall.player(LEAD, Tier::Lead);
    lead.runs_flagged("recognition open", ("vote", true)).await.unwrap();
    assert!(lead.shown.text.contains("It ends with a vote"), "{}", lead.shown.text);
    lead.runs_flagged("recognition open", ("vote", false)).await.unwrap();
    assert!(lead.shown.text.contains("There is no vote"), "{}", lead.shown.text);
    lead.runs_flagged("recognition open", ("vote", true)).await.unwrap();
    let round = hall.count("select max(id) from recognition_rounds").await;
    hall.services
        .store
        .write(move |tx| Box::pin(async move { standing(tx, round, person(901), 2).await }))
        .await
        .unwrap();
    let refused = lead.runs_flagged("recognition open", ("vote", false)).await.unwrap_err();
    assert!(refused.contains("can no longer change"), "{refused}");
    lead.runs("recognition close", None).await.unwrap();
    hall.opens().await.unwrap();
    let refused = lead.runs("recognition open", None).await.unwrap_err();
    assert!(refused.contains("nominations for it stay closed"), "{refused}");
}

async fn what_was_not_chosen_is_forgotten(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 0), (person(902), 1)]).await;
    hall.opens().await.unwrap();
    for number in 0..5 {
        hall.ticks(person(number), &ids[1..]).await;
    }
    hall.passes(TimeDelta::days(7)).await;
    // 90 days after 30 September.
    hall.passes(TimeDelta::days(28)).await;
    assert_eq!(hall.state(ids[0]).await.0, State::Private);
    hall.passes(TimeDelta::days(3)).await;
    assert_eq!(hall.state(ids[0]).await.0, State::Expired, "not chosen, so its words are gone");
    assert_eq!(hall.count("select count(*) from nominations where state = 'expired' and happened <> ''").await, 0);
    assert_eq!(hall.state(ids[1]).await.0, State::Published);
}

async fn a_late_press_is_told_kindly(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 0), (person(902), 1)]).await;
    hall.opens().await.unwrap();
    let mut voter = hall.voter(person(1)).await;
    voter.presses("Vote").await.unwrap();
    let place = hall.place(ids[0]).await;
    // The clock has passed the close, and nobody has closed it yet.
    hall.services.clock.advance(TimeDelta::days(7));
    voter.presses_id(&format!("v1:recognition:ballot:1:tick:{place}")).await.unwrap();
    assert!(voter.shown.text.contains("This vote is over"), "{}", voter.shown.text);
    assert_eq!(hall.count("select count(*) from sealed_ballots").await, 0);
    hall.passes(TimeDelta::zero()).await;
    for late in [format!("tick:{place}"), "take-back".into(), "begin".into(), format!("show:{place}")] {
        voter.presses_id(&format!("v1:recognition:ballot:1:{late}")).await.unwrap();
        assert!(voter.shown.text.contains("This vote is over"), "{late}: {}", voter.shown.text);
    }
}

async fn everybody_reads_the_ballot_in_an_order_of_their_own(store: Store) {
    let hall = Hall::new(store).await;
    let nominees: Vec<(u64, i64)> = (901..=906).map(|number| (person(number), 1)).collect();
    hall.stands("FY2026Q4", &nominees).await;
    hall.opens().await.unwrap();
    let mut orders = BTreeMap::new();
    for again in [false, true] {
        for number in 0..12 {
            let mut voter = hall.voter(person(number)).await;
            voter.presses("Vote").await.unwrap();
            let order: Vec<String> = voter.options("Go to a story");
            assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 6, "every story, each once");
            if again {
                assert_eq!(orders[&number], order, "it stays the same for one person");
            }
            orders.insert(number, order);
        }
    }
    // 720 orders: that twelve people share fewer than six of them by chance does not happen.
    assert!(orders.values().collect::<BTreeSet<_>>().len() >= 6, "{orders:?}");
}

async fn a_lot_is_kept_with_its_inputs(store: Store) {
    let hall = Hall::new(store).await;
    let nominees: Vec<(u64, i64)> = (901..=905).map(|number| (person(number), 1)).collect();
    let ids = hall.stands("FY2026Q4", &nominees).await;
    hall.opens().await.unwrap();
    for number in 0..5 {
        hall.ticks(person(number), &ids).await;
    }
    hall.passes(TimeDelta::days(7)).await;
    let (run, lots): (String, String) = hall
        .services
        .store
        .read(|tx| {
            Box::pin(async move {
                let sql = "select box_id, lots from recognition_votes";
                Ok(on_db!(tx, conn => sqlx::query_as(sql).fetch_one(conn).await?))
            })
        })
        .await
        .unwrap();
    // Three places among five equals: drawn again by hand from what was kept.
    let mut left: Vec<NominationId> = ids.clone();
    let mut drawn = Vec::new();
    let tally = ids.iter().map(|id| format!("{id}:5")).collect::<Vec<_>>().join(",");
    for line in lots.lines() {
        let listed = left.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        assert_eq!(line, format!("{run} {listed} 5 ballots {tally}"));
        let digest = <sha2::Sha256 as sha2::Digest>::digest(line.as_bytes());
        let first = u64::from_be_bytes(digest[..8].try_into().unwrap());
        drawn.push(left.remove(usize::try_from(first % left.len() as u64).unwrap()));
    }
    assert_eq!(drawn.len(), 3);
    for id in ids {
        assert_eq!(hall.state(id).await.1 == Vote::Chosen, drawn.contains(&id), "nomination {id}");
    }
}

async fn who_erases_their_data_is_off_the_ballot(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 1), (person(902), 2)]).await;
    hall.opens().await.unwrap();
    for number in 0..5 {
        hall.ticks(person(number), &ids).await;
    }
    hall.services
        .store
        .write(|tx| {
            Box::pin(async move {
                for part in cxbot::features::Features::personal_data() {
                    part.erase(tx, GUILD, UserId(person(901)), noon()).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    hall.passes(TimeDelta::days(7)).await;
    assert_eq!(hall.state(ids[0]).await.0, State::Withdrawn);
    assert_eq!(hall.state(ids[1]).await, (State::Published, Vote::Chosen));
    let all = everything(&hall.services.store).await;
    let named = |rows: &Vec<Vec<String>>| rows.iter().flatten().any(|field| field.contains(&person(901).to_string()));
    let where_named: Vec<_> = all.iter().filter(|(_, rows)| named(rows)).map(|(table, _)| table).collect();
    assert_eq!(where_named, ["outbox"], "only where their private message stands, as /me says");
}

async fn two_processes_end_a_vote_once(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 1), (person(902), 2)]).await;
    hall.opens().await.unwrap();
    for number in 0..5 {
        hall.ticks(person(number), &ids[..1]).await;
    }
    // A second process on the same data, which knows the key too.
    let other = Recognition::new(Sealed::in_data_folder(hall.data.path()));
    let joined =
        Joined { guild: GUILD, name: "CX group".into(), owner: UserId(LEAD), first_channel: None, accounts: 0 };
    other.on_joined(&hall.services, &joined).await.unwrap();
    hall.services.clock.advance(TimeDelta::days(7));
    let runner = cxbot::schedule::Runner::new(hall.services.clone(), hall.recognition.jobs());
    runner.tick(hall.services.clock.now()).await.unwrap();
    other.on_joined(&hall.services, &joined).await.unwrap();
    tokio::join!(hall.recognition.settle(), other.settle());
    assert_eq!(hall.state(ids[0]).await, (State::Published, Vote::Chosen));
    assert_eq!(hall.state(ids[1]).await, (State::Private, Vote::Over));
    assert_eq!(hall.count("select count(*) from outbox where key like '%:story:%'").await, 1);
    let post = hall.post().await.text;
    assert!(post.contains("ballots are counted and destroyed"), "{post}");
}

/// From two devices, before there is a ballot whose row could be locked.
async fn two_first_ticks_at_once_are_both_kept(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 1), (person(902), 2)]).await;
    hall.opens().await.unwrap();
    for number in 0..10 {
        let (mut phone, mut desk) = (hall.voter(person(number)).await, hall.voter(person(number)).await);
        let (one, other) = tokio::join!(
            phone.presses_id("v1:recognition:ballot:1:tick:0"),
            desk.presses_id("v1:recognition:ballot:1:tick:1")
        );
        one.unwrap();
        other.unwrap();
        phone.presses_id("v1:recognition:ballot:1:begin").await.unwrap();
        assert!(phone.shown.text.contains("You have ticked 2"), "{}", phone.shown.text);
    }
    assert_eq!(ids.len(), 2);
}

/// The ballots are counted, and the outcome has nowhere to go; meanwhile one of the chosen withdraws.
async fn a_vote_without_a_channel_waits_for_one_and_forgets_who_withdrew(store: Store) {
    let hall = Hall::new(store).await;
    let ids = hall.stands("FY2026Q4", &[(person(901), 1), (person(902), 2)]).await;
    hall.opens().await.unwrap();
    for number in 0..5 {
        hall.ticks(person(number), &ids).await;
    }
    hall.does("update guilds set recognition_channel_id = null").await;
    hall.passes(TimeDelta::days(7)).await;
    assert_eq!(hall.count("select count(*) from recognition_candidates where chosen").await, 2, "counted");
    assert_eq!(hall.count("select count(*) from sealed_ballots").await, 0, "and destroyed");
    assert_eq!(hall.count("select count(*) from recognition_votes where state = 'closing'").await, 1, "and not told");
    assert_eq!(hall.count("select count(*) from outbox where key like '%:story:%'").await, 0);

    let mut gone = hall.player(person(901), Tier::Member);
    gone.runs("recognition mine", None).await.unwrap();
    gone.picks("Look at one", &ids[0].to_string()).await.unwrap();
    gone.presses("Withdraw and erase it").await.unwrap();
    gone.presses("Withdraw and erase").await.unwrap();
    hall.does("update guilds set recognition_channel_id = 5").await;
    hall.passes(TimeDelta::hours(2)).await;
    assert_eq!(hall.state(ids[0]).await.0, State::Withdrawn);
    assert_eq!(hall.state(ids[1]).await, (State::Published, Vote::Chosen));
    assert_eq!(hall.count("select count(*) from outbox where key like '%:story:%'").await, 1);
    assert_eq!(hall.count("select count(*) from recognition_votes where state = 'closed'").await, 1);
}

async fn a_round_from_before_votes_opens_its_vote_by_itself(store: Store) {
    let hall = Hall::new(store).await;
    let mut lead = hall.player(LEAD, Tier::Lead);
    lead.runs_with("recognition open", None, &[("closes", "2026-12-11")]).await.unwrap();
    hall.does("delete from occurrences where job = 'recognition_open_vote'").await;
    lead.runs_flagged("recognition open", ("vote", true)).await.unwrap();
    let round = hall.count("select max(id) from recognition_rounds").await;
    hall.services
        .store
        .write(move |tx| Box::pin(async move { standing(tx, round, person(901), 2).await }))
        .await
        .unwrap();
    hall.passes(TimeDelta::days(21)).await;
    assert_eq!(hall.count("select count(*) from recognition_votes where state = 'open'").await, 1);
}
