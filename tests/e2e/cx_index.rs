//! The index as leads and members live it, from a typed figure to a published quarter and its correction.

use cxbot::cx_index;

use crate::harness::{Database, World, days};

crate::stories!(
    a_lead_registers_measures_types_a_figure_and_confirms_it,
    a_quarter_is_reviewed_published_posted_and_corrected,
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

async fn a_quarter_is_reviewed_published_posted_and_corrected(on: Database) {
    let world = World::start(on).await;
    examples(&world).await;
    let lea = world.member("Lea");
    lea.runs("/quarter publish quarter:FY2026Q4").await.says("has not been reviewed");
    lea.runs("/quarter review quarter:FY2027Q1").await.says("reviewed");
    lea.runs("/quarter publish quarter:FY2027Q1").await.says("still running");
    lea.runs("/quarter review quarter:FY2026Q4").await.says("is reviewed as it stands");
    lea.runs("/quarter publish quarter:FY2026Q4").await.says("published, edition 1");
    lea.runs("/quarter post channel:#general every-quarter:true").await.says("FY2026Q4 is posted");
    world.settle().await;
    let ana = world.member("Ana");
    insta::assert_snapshot!("published_post", ana.sees());

    lea.runs("/measure record program:cloud-hosting measure:restore-hours figure:20 quarter:FY2026Q4").await;
    lea.presses("Save this figure").await.says("revision 2");
    let shown = ana.runs("/index quarter:FY2026Q4").await.text();
    lea.runs("/quarter state quarter:FY2026Q4").await.says("Figures have come in since");
    lea.runs("/quarter review quarter:FY2026Q4").await;
    lea.runs("/quarter publish quarter:FY2026Q4").await.says("add the reason");
    lea.runs("/quarter publish quarter:FY2026Q4 reason:\"The hosting team counted again.\"").await.says("edition 2");
    assert_ne!(shown, ana.runs("/index quarter:FY2026Q4").await.text(), "the correction shows");
    lea.runs("/quarter publish quarter:FY2026Q4 reason:again").await.says("nothing has changed since edition 2");
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
