//! Posting what was published.

use std::fmt::Write;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::super::brief::talking_points;
use super::super::publication::store as publications;
use super::super::record::{Detail, Record, Scope};
use super::super::{bridge, message, store, trend};
use crate::calendar::Quarter;
use crate::chart;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId};
use crate::outbox::{self, Queue, To};
use crate::post::Post;
use crate::programs::Audience;
use crate::schedule::{Due, Job};
use crate::services::Services;
use crate::store::Tx;

/// The name of the job.
pub(super) const POST_JOB: &str = "post-index";

/// Posts the newest published quarter, once for each edition.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostIndex;

/// What the job receives.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) channel: ChannelId,
}

impl Job for PostIndex {
    fn name(&self) -> &'static str {
        POST_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let Payload { channel } = serde_json::from_value(due.payload.clone())
                .map_err(|fault| Error::internal(format!("{POST_JOB} was left a payload it cannot read: {fault}")))?;
            post_newest(services, tx, due.guild, channel).await.map(|_| ())
        })
    }
}

/// Leaves the newest published quarter to be posted; `None` when nothing is published. The same edition is posted once.
pub(super) async fn post_newest(
    services: &Services,
    tx: &mut Tx,
    guild: GuildId,
    channel: ChannelId,
) -> Result<Option<Quarter>> {
    let now = services.clock.now();
    let current = Quarter::at(now, services.settings.time.zone);
    for quarter in store::list_scored_quarters(tx, 12).await? {
        let Some(edition) = publications::find_stage(tx, quarter).await?.edition else { continue };
        let records = store::list_scores(tx, quarter, false).await?;
        let post = published(tx, quarter, current, &records, &edition.reason).await?;
        let key = format!("index:{quarter}:{}:{channel}", edition.number);
        outbox::queue(tx, Queue { guild, key: &key, to: To::Channel(channel), post: &post, due_at: now }).await?;
        return Ok(Some(quarter));
    }
    Ok(None)
}

async fn published(tx: &mut Tx, quarter: Quarter, current: Quarter, records: &[Record], reason: &str) -> Result<Post> {
    let mut indexes: Vec<Record> = records
        .iter()
        .filter(|record| matches!((&record.scope, &record.detail), (Scope::Audience(_), Detail::Audience(_))))
        .cloned()
        .collect();
    indexes.sort_by(|a, b| a.scope.cmp(&b.scope));
    let quarters = trend::quarters(quarter);
    let bridges = bridge::store::list(tx, quarters[0], quarter).await?;
    let mut all = Vec::new();
    for audience in Audience::ALL {
        let scope = Scope::Audience(audience);
        let course = store::list_course(tx, &scope, quarters[0], quarter).await?;
        all.push(trend::series(&audience.to_string(), &scope, &quarters, &course, &bridges));
    }
    trend::leave_out_empty_beginning(&mut all);
    let picture = chart::draw(trend::svg(&format!("CX index up to {quarter}"), &all)).await?;
    let mut post = message::both_indexes(quarter, current, &indexes, &bridge::breaks(tx, &indexes).await?);
    let mut text = format!("**The CX index for {} is published.** For the staff meeting:\n", quarter.words());
    if !reason.is_empty() {
        text = format!("**A correction to the CX index for {}.** Why: {reason}\n", quarter.words());
    }
    for point in talking_points(quarter, &indexes) {
        let _ = writeln!(text, "• {point}");
    }
    post.text = text.trim_end().chars().take(1_990).collect();
    Ok(post.with_file("trend.png", trend::alt(&all), picture))
}
