//! The index as leads and members live it, from a typed figure to a published quarter and its correction.

use cxbot::{cx_index, on_db};

use crate::harness::{Database, World, days};

crate::stories!(
    a_lead_registers_measures_types_a_figure_and_confirms_it,
    a_lead_attaches_a_file_sees_what_it_would_change_and_takes_it_in,
    a_wrong_file_is_refused_in_words,
    a_quarter_is_reviewed_published_posted_and_corrected,
    the_only_lead_publishes_alone_and_the_edition_says_so,
    members_look_closer_and_share,
);

async fn examples(world: &World) {
    let text = world.services.content.read("examples/figures-tidy.csv").unwrap().text;
    let reader = std::io::Cursor::new(text);
    cx_index::import(&world.services, reader, "figures-tidy.csv", "command line", false).await.unwrap();
}

/// The number that a report names: "This is import 7; …".
fn number_of(report: &str) -> String {
    let (_, after) = report.split_once("This is import ").unwrap_or_else(|| panic!("no number in:\n{report}"));
    after.chars().take_while(char::is_ascii_digit).collect()
}

async fn a_lead_registers_measures_types_a_figure_and_confirms_it(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea");
    lea.runs("/program add name:\"Permit desk\" audience:agency").await.is_private().says("`permit-desk`");
    lea.runs("/program add name:\"permit desk\" audience:agency").await.says("already");
    lea.runs("/measure add program:permit-desk name:Ease category:quality source:customer wording:\"It was easy.\" options:5")
        .await
        .says("is a measure of Permit desk");
    lea.runs("/measure add program:permit-desk name:\"Days to a permit\" category:timeliness source:operational wording:\"Median days.\" unit:days worst:30 target:14 best:7")
        .await
        .says("`days-to-a-permit`");
    lea.runs("/measure add program:permit-desk name:Wrong category:timeliness source:operational wording:x unit:days worst:30 target:40 best:7")
        .await
        .says("must run one way");
    world.restart().await;
    lea.runs("/measure record program:permit-desk measure:ease figure:1,2,3 population:40").await.says("5 options");
    let asked = lea.runs("/measure record program:permit-desk measure:ease figure:1,1,2,9,7 population:40").await;
    insta::assert_snapshot!("confirm_figure", asked.text());
    world.restart().await;
    lea.presses("Save this figure").await.says("1 new");
    lea.runs("/measure record program:permit-desk measure:ease figure:1,1,2,9,7 population:40")
        .await
        .says("on record already");
    lea.runs("/measure record program:permit-desk measure:days-to-a-permit figure:18").await;
    lea.presses("Do not save").await.says("Nothing was saved");
    lea.runs("/measure record program:permit-desk measure:days-to-a-permit figure:18").await;
    let saved = lea.presses("Save this figure").await;
    saved.says("68.8");
    let import = number_of(&saved.text());
    let ana = world.member("Ana");
    ana.runs("/index program:permit-desk").await.is_private().says("Permit desk");
    ana.runs("/measure gaps").await.is_private().says("measures nothing about responsiveness, adoption");
    lea.runs("/program list file:true").await.says("programs.toml");
    ana.runs(&format!("/measure undo import:{import}")).await.says("Only leads can do this");
    lea.runs(&format!("/measure undo import:{import}")).await.says(&format!("undo of import {import}"));
    lea.runs(&format!("/measure undo import:{import}")).await.says("Nothing of import");
    world.end().await;
}

async fn a_lead_attaches_a_file_sees_what_it_would_change_and_takes_it_in(on: Database) {
    const PUBLISHED: &str = "/measure import file:a11-published-sample.csv format:a11-published";
    let mut world = World::start(on).await;
    let (lea, ana) = (world.member("Lea"), world.member("Ana"));
    ana.runs(PUBLISHED).await.says("Only leads can do this");
    let shown = lea.runs(PUBLISHED).await;
    shown.is_private().says("report.txt");
    insta::assert_snapshot!("confirm_file", shown.text());
    lea.presses("Do not take in").await.says("Nothing was saved");
    ana.runs("/index quarter:FY2022Q2").await.says("no data");

    lea.runs(PUBLISHED).await.says("161 figures read, 161 new");
    world.restart().await;
    let taken = lea.presses("Take these figures in").await;
    taken.says("161 new").says("SHA-256");
    ana.runs("/index quarter:FY2022Q2").await.says("Public-facing: 83");
    lea.runs(PUBLISHED).await.says("Nothing to take in").says("161 known already");

    // A response file: only counts wait and stay, no word that anybody wrote.
    let header = "external_id,question_1,positive_effectiveness,positive_ease,positive_efficiency,positive_transparency,positive_humanity,positive_employee,positive_other,negative_effectiveness,negative_ease,negative_efficiency,negative_transparency,negative_humanity,negative_employee,negative_other,question_4";
    let row = |number: u32| format!("r{number},1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,call me at 555-0100");
    let file = format!("{header}\n{}\n", (0..12).map(row).collect::<Vec<_>>().join("\n"));
    let asked = format!(
        "/measure import \"file:responses.csv={file}\" format:touchpoints-v2 program:va-outpatient quarter:FY2022Q1"
    );
    lea.runs(&asked).await.says("column question_1: holds only 1").says("nothing was changed");
    lea.runs(&format!("{asked} survey-type:likert_scale")).await.says("Take this file in?").says("1 figure read");
    let waiting: Vec<String> = world
        .services
        .store
        .read(|tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query_scalar("select document from index_drafts").fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    assert!(waiting.iter().all(|document| !document.contains("555-0100")), "a comment waits with the figures");
    lea.runs("/measure edit program:va-outpatient measure:trust owner:\"Veterans team\"").await.says("is changed");
    lea.presses("Take these figures in").await.says("have changed since responses.csv was looked at");
    lea.runs(&format!("{asked} survey-type:likert_scale")).await;
    let import = number_of(&lea.presses("Take these figures in").await.says("1 new").text());
    lea.runs(&format!("/measure undo import:{import}")).await.says(&format!("undo of import {import}"));
    world.end().await;
}

async fn a_wrong_file_is_refused_in_words(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea");
    lea.runs("/measure import file:a11-published-sample.csv")
        .await
        .is_private()
        .says("This looks like a file of the format a11-published; choose that format.")
        .says("nothing was changed");
    let three = lea.runs("/measure import file:refused/tidy/three-problems.csv").await;
    insta::assert_snapshot!("refused_file", three.text());
    lea.runs("/measure import file:empty.csv=").await.says("the file is empty");
    lea.runs("/measure import file:picture.png=notatable format:touchpoints-v2")
        .await
        .says("which program is it about?");
    lea.runs("/measure import file:a11-published-sample.csv format:a11-published \"map:map.toml=[[survey]]\"")
        .await
        .says("map.toml:1: missing field");
    lea.runs("/measure import file:a11-published-sample.csv program:nobody").await.says("No program is called");
    let many = format!("{}\n{}", cx_index::COLUMNS.join(","), "nobody,,,,,,,,,,,,,,,,,,,,,,,,,,,\n".repeat(30));
    let told = lea.runs(&format!("/measure import \"file:many.csv={many}\"")).await;
    told.says("The whole list is in problems.txt").says("is not a registered program");
    world.end().await;
}

async fn the_only_lead_publishes_alone_and_the_edition_says_so(on: Database) {
    let world = World::start(on).await;
    examples(&world).await;
    let lea = world.member("Lea");
    lea.runs("/quarter review quarter:FY2026Q4").await.says("another lead runs");
    lea.runs("/quarter publish quarter:FY2026Q4").await.says("so another lead publishes it").says("alone:True");
    // A second lead is known once they have used cxbot, and no longer when they come back without the role.
    let ben = world.member("Ben");
    let role = world.emulator.world(|seed| seed.role_by_name(world.guild, "CX lead")).unwrap();
    world.emulator.change(|seed| seed.set_member_roles(world.guild, ben.id, &[role]));
    ben.runs("/index").await;
    lea.runs("/quarter publish quarter:FY2026Q4 alone:true").await.says("You are not the only lead");
    world.emulator.change(|seed| seed.set_member_roles(world.guild, ben.id, &[]));
    ben.runs("/index").await;
    lea.runs("/quarter publish quarter:FY2026Q4 alone:true").await.says("published, edition 1");
    lea.runs("/quarter state quarter:FY2026Q4").await.says("Reviewed and published by the same person, the only lead");
    world.end().await;
}

async fn a_quarter_is_reviewed_published_posted_and_corrected(on: Database) {
    let world = World::start(on).await;
    examples(&world).await;
    // Lea reviews, Ada publishes: two people look at every number that goes out.
    let (lea, ada) = (world.member("Lea"), world.member("Ada"));
    ada.runs("/quarter publish quarter:FY2026Q4").await.says("has not been reviewed");
    lea.runs("/quarter review quarter:FY2027Q1").await.says("reviewed");
    ada.runs("/quarter publish quarter:FY2027Q1").await.says("still running");
    lea.runs("/quarter review quarter:FY2026Q4").await.says("is reviewed as it stands");
    ada.runs("/quarter publish quarter:FY2026Q4").await.says("published, edition 1");
    lea.runs("/quarter post channel:#general every-quarter:true").await.says("FY2026Q4 is posted");
    world.settle().await;
    let ana = world.member("Ana");
    insta::assert_snapshot!("published_post", ana.sees());

    lea.runs("/measure record program:cloud-hosting measure:restore-hours figure:20 quarter:FY2026Q4").await;
    lea.presses("Save this figure").await.says("revision 2");
    let shown = ana.runs("/index quarter:FY2026Q4").await.text();
    lea.runs("/quarter state quarter:FY2026Q4").await.says("Figures have come in since");
    lea.runs("/quarter review quarter:FY2026Q4").await;
    ada.runs("/quarter publish quarter:FY2026Q4").await.says("add the reason");
    ada.runs("/quarter publish quarter:FY2026Q4 reason:\"The hosting team counted again.\"").await.says("edition 2");
    assert_ne!(shown, ana.runs("/index quarter:FY2026Q4").await.text(), "the correction shows");
    ada.runs("/quarter publish quarter:FY2026Q4 reason:again").await.says("nothing has changed since edition 2");
    world.advance(days(90)).await;
    assert!(ana.sees().contains("A correction to the CX index"), "{}", ana.sees());
    lea.runs("/quarter pack quarter:FY2026Q4").await.says("SHA256SUMS");
    world.end().await;
}

async fn members_look_closer_and_share(on: Database) {
    let world = World::start(on).await;
    examples(&world).await;
    let ana = world.member("Ana");
    ana.runs("/index").await.is_private().says("Public-facing");
    ana.runs("/index view:trend").await.is_private().says("trend.png");
    ana.runs("/index view:explain program:cloud-hosting").await.is_private().says("worst to best");
    ana.runs("/index view:compare").await.is_private().says("Together");
    ana.runs("/index view:missing").await.is_private().says("would help most");
    ana.runs("/index program:nothing-such").await.says("No program is called");
    ana.runs("/index view:compare against:FY2027Q1").await.says("earlier quarter");
    let shared = ana.runs("/index share:true").await;
    assert!(shared.message().only_for.is_none());
    world.end().await;
}
