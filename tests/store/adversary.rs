//! Somebody who wants to know who answered what, and gets everything: the whole database, after the close and while a pulse is open.
//!
//! **The group.** 240 people on the roster; 200 of them answer over a week, in an order, with answers, changes and withdrawals drawn from
//! a seed, while reminders go out; 40 never answer. The pulse has a rating and a comment that carries a word only its writer used.
//!
//! **The attacker** is given more than any real one: the exact order in which people answered (a log of Discord's traffic) and when each
//! changed an answer. They try to find an order in what is left, and to tell people who answered from people who did not.
//!
//! **The measure.** For every column of every table that has a row for each comment (its id, its words' length, its place in the table as
//! the database returns it, its place on the disk), the rank correlation between that column and the order of answering. By chance it is
//! distributed around 0 with a standard deviation of 1/√(n−1). [`MOST_SIGMAS`] = 5.5 of them is the threshold: one such column passes it
//! by chance once in 26 million runs. And of the pairs "k-th comment, k-th person" chance makes one right on average (Poisson): more than
//! [`MOST_PAIRS`] = 12 happens once in 10¹⁰ runs. The seed fixes what people do; keys, ids and nonces come from the operating system.

#![expect(clippy::cast_precision_loss, reason = "ranks of a few hundred rows")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use chrono::TimeDelta;
use cxbot::ids::UserId;
use cxbot::on_db;
use cxbot::pulse::State;
use cxbot::store::{Conn, Store, Tx};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;

use crate::pulse::{GUILD, LEAD, World, find_in_files};

const PEOPLE: u64 = 240;
const ANSWER: usize = 200;
const MOST_SIGMAS: f64 = 5.5;
const MOST_PAIRS: usize = 12;

crate::on_both!(
    after_the_close_nothing_left_finds_anybody,
    a_backup_of_an_open_pulse_tells_no_answer_without_its_key,
    with_the_key_of_an_open_pulse_answers_can_be_linked_as_we_say,
);

/// A small generator with a seed: what people do is the same in every run.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        // Knuth's multiplier; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap();
            items.swap(last, other);
        }
    }
}

fn person(number: u64) -> UserId {
    UserId(1_555_000_111_222_330_000 + number)
}

/// What somebody finally sent.
#[derive(Clone)]
struct Sent {
    person: UserId,
    rating: u64,
    word: String,
}

/// Lets the group answer for a week; what was sent in the end, in the order in which people last sent.
async fn a_week(world: &World) -> Vec<Sent> {
    let mut seeded = Seeded(20_261_123);
    for number in 1..=PEOPLE {
        world
            .on_roster(person(number), ["Appeals", "Claims", "Front desk"][usize::try_from(number % 3).unwrap()])
            .await;
    }
    // A third wants direct messages: people who answer and people who do not alike.
    world.changes(format!("update people set direct_messages = true where user_id % 3 = {}", person(0).0 % 3)).await;
    let told = world
        .runs(
            LEAD,
            "open",
            json!([
                { "name": "pulse", "type": 3, "value": "group-health" },
                { "name": "by-division", "type": 5, "value": true },
                { "name": "days", "type": 4, "value": 7 },
            ]),
        )
        .await;
    assert!(told.contains("is on its way"), "{told}");
    let mut order: Vec<u64> = (1..=PEOPLE).collect();
    seeded.shuffle(&mut order);
    order.truncate(ANSWER);
    let mut sent: Vec<Sent> = Vec::new();
    for (place, number) in order.iter().enumerate() {
        if place % 29 == 28 {
            world.services.clock.advance(TimeDelta::hours(23));
            world.ticks().await;
        }
        let again = if place > 20 && seeded.below(5) == 0 {
            Some(sent[usize::try_from(seeded.below(sent.len() as u64)).unwrap()].person)
        } else {
            None
        };
        for user in [Some(person(*number)), again].into_iter().flatten() {
            sent.retain(|earlier| earlier.person != user);
            sent.push(answers(world, user, seeded.below(5)).await);
        }
        if seeded.below(20) == 0 && place > 20 {
            // Withdraws, and answers once more: nobody is missing in the end.
            let back = sent.remove(usize::try_from(seeded.below(sent.len() as u64)).unwrap());
            assert!(world.presses(back.person, "v1:pulse:withdraw:1").await.contains("withdrawn"));
            sent.push(answers(world, back.person, seeded.below(5)).await);
        }
    }
    assert_eq!(sent.len(), ANSWER);
    sent
}

async fn answers(world: &World, user: UserId, rating: u64) -> Sent {
    // Letters only: numbers would be masked.
    let hashed = user.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 36;
    let word: String = format!("{hashed:07x}").bytes().map(|digit| char::from(b'a' + digit % 48 % 26)).collect();
    let word = format!("word{word}");
    world.presses(user, &format!("v1:pulse:give:1:0:{rating}")).await;
    let written = format!("{word} {}", "more ".repeat(usize::try_from(rating).unwrap() * 3));
    assert!(world.writes(user, "v1:pulse:wrote:1:6", &written).await.contains("check your answers"));
    assert!(world.presses(user, "v1:pulse:send:1").await.contains("Your answers are sealed."));
    Sent { person: user, rating, word }
}

fn is_sqlite(tx: &mut Tx) -> bool {
    matches!(tx.conn(), Conn::Sqlite(_))
}

/// Every table with every row: first what every database calls a row's place, then its columns, all as text.
pub async fn everything(store: &Store) -> BTreeMap<String, Vec<Vec<String>>> {
    let tables: Vec<String> = store
        .read(|tx| {
            Box::pin(async move {
                Ok(if is_sqlite(tx) {
                    let sql = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'";
                    on_db!(tx, conn => sqlx::query_scalar(sql).fetch_all(conn).await?)
                } else {
                    let sql = "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'";
                    on_db!(tx, conn => sqlx::query_scalar(sql).fetch_all(conn).await?)
                })
            })
        })
        .await
        .unwrap();
    let mut all = BTreeMap::new();
    for table in tables {
        let rows = rows_of(store, &table).await;
        all.insert(table, rows);
    }
    all
}

async fn rows_of(store: &Store, table: &str) -> Vec<Vec<String>> {
    let table = table.to_owned();
    store
        .read(move |tx| {
            Box::pin(async move {
                let lines: Vec<String> = if is_sqlite(tx) {
                        let columns = format!("select name from pragma_table_info('{table}')");
                        let columns: Vec<String> =
                            on_db!(tx, conn => sqlx::query_scalar(sqlx::AssertSqlSafe(columns)).fetch_all(conn).await?);
                        let each: Vec<String> = columns
                            .iter()
                            .map(|name| format!("case typeof({name}) when 'blob' then hex({name}) else coalesce(cast({name} as text), '') end"))
                            .collect();
                        let sql = format!("select {} from {table}", each.join(" || char(31) || "));
                        on_db!(tx, conn => sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?)
                    } else {
                        // ctid is the row's page and place on it.
                        let sql = format!("select t.ctid::text || chr(31) || replace(t::text, ',', chr(31)) from {table} t");
                        on_db!(tx, conn => sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await?)
                };
                Ok(lines.into_iter().map(|line| line.split('\u{1f}').map(str::to_owned).collect()).collect())
            })
        })
        .await
        .unwrap()
}

/// The rank correlation of two columns, in standard deviations of what chance does.
fn sigmas(keys: &[impl PartialOrd]) -> f64 {
    let count = keys.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|one, other| keys[*one].partial_cmp(&keys[*other]).unwrap());
    let mut rank = vec![0.0; count];
    let mut start = 0;
    while start < count {
        let mut end = start + 1;
        while end < count && keys[order[end]] == keys[order[start]] {
            end += 1;
        }
        for place in &order[start..end] {
            rank[*place] = (start + end - 1) as f64 / 2.0;
        }
        start = end;
    }
    let mean = (count - 1) as f64 / 2.0;
    let (mut both, mut own, mut other) = (0.0, 0.0, 0.0);
    for (place, rank) in rank.iter().enumerate() {
        let (left, right) = (place as f64 - mean, rank - mean);
        both += left * right;
        own += left * left;
        other += right * right;
    }
    if other == 0.0 { 0.0 } else { both / (own * other).sqrt() * ((count - 1) as f64).sqrt() }
}

#[test]
fn the_measure_finds_an_order_where_there_is_one() {
    let forward: Vec<u32> = (0..200).collect();
    assert!(sigmas(&forward) > 14.0 && sigmas(&[1, 1, 1]).abs() < 1e-9);
    let mut seeded = Seeded(1);
    let mut mixed = forward;
    seeded.shuffle(&mut mixed);
    assert!(sigmas(&mixed).abs() < 4.0, "{}", sigmas(&mixed));
    // A weak leak is found too: one in three in its place.
    let weak: Vec<u32> = (0..200_u32).map(|place| if place % 3 == 0 { place } else { mixed[place as usize] }).collect();
    assert!(sigmas(&weak) > MOST_SIGMAS - 2.0, "{}", sigmas(&weak));
}

async fn after_the_close_nothing_left_finds_anybody(store: Store) {
    let world = World::new(store).await;
    let sent = a_week(&world).await;
    world.services.clock.advance(TimeDelta::days(7));
    world.ticks().await;
    assert_eq!(world.state().await, State::Closed);
    let all = everything(&world.services.store).await;
    assert!(all["sealed_ballots"].is_empty() && all["pulse_asked"].is_empty() && all["pulse_division_of"].is_empty());

    // Comments are all that is left of single people: is there any order in them?
    let comments = &all["pulse_comments"];
    let last_sent = |row: &[String]| {
        let line = row.join(" ");
        sent.iter().position(|sent| line.contains(&sent.word))
    };
    assert_eq!(comments.iter().filter_map(|row| last_sent(row)).count(), ANSWER, "every comment is there once");
    let mut in_order: Vec<(usize, usize, &Vec<String>)> =
        comments.iter().enumerate().map(|(place, row)| (last_sent(row).unwrap(), place, row)).collect();
    in_order.sort_by_key(|(sent, ..)| *sent);
    let places: Vec<usize> = in_order.iter().map(|(_, place, _)| *place).collect();
    assert!(sigmas(&places).abs() < MOST_SIGMAS, "the order of the rows tells: {} sigmas", sigmas(&places));
    let pairs = places.iter().enumerate().filter(|(sent, place)| sent == *place).count();
    assert!(pairs <= MOST_PAIRS, "{pairs} of {ANSWER} comments stand where their writer came");
    let columns = comments.iter().map(Vec::len).min().unwrap();
    for column in 0..columns {
        let values: Vec<&String> = in_order.iter().map(|(.., row)| &row[column]).collect();
        assert!(sigmas(&values).abs() < MOST_SIGMAS, "column {column} tells: {} sigmas", sigmas(&values));
    }
    // Two comments of people who came one after the other do not stand together either.
    let together = places.windows(2).filter(|two| two[0].abs_diff(two[1]) == 1).count();
    assert!(together <= MOST_PAIRS + 2, "{together} neighbours stand together");

    // Whoever answered is mentioned exactly where everybody else is.
    let answered: BTreeSet<UserId> = sent.iter().map(|sent| sent.person).collect();
    let mut traces: BTreeMap<bool, BTreeMap<Vec<(String, usize)>, usize>> = BTreeMap::new();
    for number in 1..=PEOPLE {
        let id = person(number).0.to_string();
        let trace: Vec<(String, usize)> = all
            .iter()
            .map(|(table, rows)| (table.clone(), rows.iter().flatten().filter(|field| field.contains(&id)).count()))
            .filter(|(_, count)| *count > 0)
            .collect();
        *traces.entry(answered.contains(&person(number))).or_default().entry(trace).or_default() += 1;
    }
    let kinds = |answered| traces[&answered].keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(kinds(true), kinds(false), "a trace tells who answered: {traces:?}");
    assert!(kinds(true).len() >= 2, "people with and without reminders: {traces:?}");
}

/// The rows of a backup: keyed tag and sealed payload.
async fn backup(store: &Store) -> Vec<(Vec<u8>, Vec<u8>)> {
    store
        .read(|tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query_as("select tag, payload from sealed_ballots").fetch_all(conn).await?))
            })
        })
        .await
        .unwrap()
}

async fn a_backup_of_an_open_pulse_tells_no_answer_without_its_key(store: Store) {
    let world = World::new(store).await;
    let sent = a_week(&world).await;
    let rows = backup(&world.services.store).await;
    assert_eq!(rows.len(), ANSWER);
    let key = the_key(world.data.path());
    assert!(rows.iter().all(|(tag, payload)| !contains(tag, &key) && !contains(payload, &key)));

    // The attacker is even told whose row is whose, which without the key nobody can compute. Size, nonce and every byte of the payload
    // still say nothing of the answer: each is put in the order of the answers and looked at for a trend.
    assert_eq!(rows.iter().map(|(_, payload)| payload.len()).collect::<BTreeSet<_>>().len(), 1, "all of one size");
    let nonces: BTreeSet<&[u8]> = rows.iter().map(|(_, payload)| &payload[..24]).collect();
    assert_eq!(nonces.len(), ANSWER, "no nonce comes twice");
    let keys = Keys::derive(&key);
    let id = box_id(&world).await;
    let of_person: BTreeMap<Vec<u8>, &Sent> = sent.iter().map(|sent| (keys.tag(&id, sent.person), sent)).collect();
    let mut by_answer: Vec<(u64, &Vec<u8>, &Vec<u8>)> =
        rows.iter().map(|(tag, payload)| (of_person[tag].rating, tag, payload)).collect();
    by_answer.sort_by_key(|(rating, tag, _)| (*rating, (*tag).clone()));
    let bytes = rows[0].1.len().min(512);
    let worst = (0..bytes)
        .map(|at| sigmas(&by_answer.iter().map(|(.., payload)| payload[at]).collect::<Vec<_>>()).abs())
        .fold(0.0, f64::max);
    assert!(worst < MOST_SIGMAS, "a byte of the payload goes with the answer: {worst} sigmas");
    // Nor does the tag, by which SQLite orders the rows, go with the order of answering.
    let in_order: Vec<Vec<u8>> = sent.iter().map(|sent| keys.tag(&id, sent.person)).collect();
    assert!(sigmas(&in_order).abs() < MOST_SIGMAS);
    // No row of any table beside the ballots knows more of those who answered than of those who did not.
    let all = everything(&world.services.store).await;
    let answered: BTreeSet<UserId> = sent.iter().map(|sent| sent.person).collect();
    let mentions = |number: u64| {
        let id = person(number).0.to_string();
        all.iter()
            .filter(|(_, rows)| rows.iter().flatten().any(|field| field.contains(&id)))
            .map(|(table, _)| table)
            .collect::<Vec<_>>()
    };
    let kinds = |wanted: bool| {
        let group = (1..=PEOPLE).filter(|number| answered.contains(&person(*number)) == wanted);
        group.map(mentions).collect::<BTreeSet<_>>()
    };
    assert_eq!(kinds(true), kinds(false));
}

async fn with_the_key_of_an_open_pulse_answers_can_be_linked_as_we_say(store: Store) {
    let world = World::new(store).await;
    let sent = a_week(&world).await;
    let rows: BTreeMap<Vec<u8>, Vec<u8>> = backup(&world.services.store).await.into_iter().collect();
    let keys = Keys::derive(&the_key(world.data.path()));
    let id = box_id(&world).await;
    // The members of a server are a short list: try everybody.
    let mut linked = 0;
    for number in 1..=PEOPLE {
        let tag = keys.tag(&id, person(number));
        let Some(payload) = rows.get(&tag) else { continue };
        let paper = String::from_utf8_lossy(&keys.open(&id, &tag, payload)).into_owned();
        let theirs = sent.iter().find(|sent| sent.person == person(number)).expect("only they have a ballot");
        assert!(paper.contains(&theirs.word), "the ballot is that person's");
        linked += 1;
    }
    assert_eq!(linked, ANSWER, "the promise says that it is possible while a pulse is open, and so it is");
    // Closed, the same attacker holds nothing: no key, no rows.
    world.services.clock.advance(TimeDelta::days(7));
    world.ticks().await;
    assert!(backup(&world.services.store).await.is_empty());
    assert_eq!(world.keys(), 0);
}

#[tokio::test]
async fn after_a_week_of_answers_no_file_holds_a_ballot_or_a_word_of_one_person_beside_their_id() {
    let fixture = crate::support::sqlite().await;
    let world = World::new(fixture.store.clone()).await;
    let sent = a_week(&world).await;
    let rows = backup(&world.services.store).await;
    // A long payload goes on in other pages, so it is looked for piece by piece, to its last byte; a piece of 16 random bytes is nowhere
    // by chance.
    let pieces = |payload: &[u8]| -> Vec<Vec<u8>> { payload.rchunks_exact(16).map(<[u8]>::to_vec).collect() };
    let needles: Vec<Vec<u8>> =
        rows.into_iter().flat_map(|(tag, payload)| [vec![tag], pieces(&payload)].concat()).collect();
    let database = Path::new(fixture.url.strip_prefix("sqlite:").unwrap()).parent().unwrap().to_owned();
    // Where a payload crosses from one page to the next, a piece is cut in two: one in 255 at most.
    let found = find_in_files(&database, &needles);
    assert!(found * 10 > needles.len() * 9, "the search must find what is there: {found} of {}", needles.len());
    world.services.clock.advance(TimeDelta::days(7));
    world.ticks().await;
    assert_eq!(find_in_files(&database, &needles), 0);
    // Words of comments stand in the file, since leads read them. Never within a page of an id of the person who wrote them.
    let file = std::fs::read(fixture.url.strip_prefix("sqlite:").unwrap()).unwrap();
    let mut pages_with_both = 0;
    for page in file.chunks(4096) {
        let holds = |needle: &[u8]| page.windows(needle.len()).any(|window| window == needle);
        let words = sent.iter().filter(|sent| holds(sent.word.as_bytes()));
        pages_with_both += words
            .filter(|sent| holds(sent.person.0.to_string().as_bytes()) || holds(&sent.person.0.to_be_bytes()))
            .count();
    }
    assert_eq!(pages_with_both, 0);
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn the_key(data: &Path) -> [u8; 32] {
    let file = std::fs::read_dir(data.join("keys")).unwrap().next().unwrap().unwrap().path();
    std::fs::read(file).unwrap().try_into().unwrap()
}

async fn box_id(world: &World) -> String {
    world.column::<String>("select box_id from sealed_boxes").await.remove(0)
}

/// The scheme, written once more from its description: an attacker has no use for our functions.
struct Keys {
    tag: [u8; 32],
    seal: [u8; 32],
}

impl Keys {
    fn derive(key: &[u8; 32]) -> Self {
        let expand = |label: &str| {
            let mut derived = [0; 32];
            Hkdf::<Sha256>::new(Some(&[0; 32]), key).expand(label.as_bytes(), &mut derived).unwrap();
            derived
        };
        Self { tag: expand("cx-pulse/v1/tag"), seal: expand("cx-pulse/v1/seal") }
    }

    fn tag(&self, id: &str, person: UserId) -> Vec<u8> {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.tag).unwrap();
        mac.update(format!("{id}|{GUILD}|{person}").as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    fn open(&self, id: &str, tag: &[u8], payload: &[u8]) -> Vec<u8> {
        let cipher = XChaCha20Poly1305::new((&self.seal).into());
        let aad = [id.as_bytes(), tag].concat();
        let sealed = Payload { msg: &payload[24..], aad: &aad };
        cipher.decrypt(XNonce::from_slice(&payload[..24]), sealed).expect("the right key opens it")
    }
}
